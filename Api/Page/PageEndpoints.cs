using HmsOrleans.Api.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Scalar.AspNetCore;

namespace HmsOrleans.Api.Page;

/// <summary>What people open in a browser. Nothing of it comes from the internet.</summary>
internal static class PageEndpoints
{
    public static void MapPages(this IEndpointRouteBuilder app)
    {
        var pages = app.MapGroup("").WithMetadata(new ForBrowsers()).ExcludeFromDescription();
        pages.MapLivePage();
        pages.MapScalarApiReference("/scalar", (scalar, http) => scalar
            .WithTitle("HmsOrleans API")
            .WithNonce(ForeignPages.Allow(http.Response))
            .DisableDefaultFonts()
            .HideDeveloperTools()
            .HideClientButton()
            .DisableAgent()
            .DisableMcp()
            .DisableTelemetry());
        pages.MapMethods(Dashboard.Path + "/{**path}", [HttpMethods.Get], new Dashboard(app.ServiceProvider).Invoke);
    }
}
