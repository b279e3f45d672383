using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Orleans.Dashboard;

namespace HmsOrleans.Api.Page;

/// <summary>
/// Orleans' dashboard, made when it is first opened: it compresses all its files as it is mapped, which takes a second and
/// 40 MB of every node, and most nodes' dashboards are never opened.
/// </summary>
internal sealed class Dashboard(IServiceProvider services)
{
    public const string Path = "/dashboard";

    private readonly Lazy<RequestDelegate> _pages = new(() => Make(services));

    public Task Invoke(HttpContext http)
    {
        ForeignPages.Allow(http.Response);
        // The inner routing finds the endpoint anew.
        http.SetEndpoint(null);
        http.Request.RouteValues.Clear();
        return _pages.Value(http);
    }

    private static RequestDelegate Make(IServiceProvider services)
    {
        // Routes of its own, so that they are in no list of ours; whoever comes here was let in already.
        var pages = new ApplicationBuilder(services);
        pages.UseRouting();
        pages.UseEndpoints(endpoints => endpoints.MapOrleansDashboard(Path).ExcludeFromDescription());
        return pages.Build();
    }
}
