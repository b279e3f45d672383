using HmsOrleans.Api.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace HmsOrleans.Api.Page;

/// <summary>The first view for people.</summary>
internal static class PageEndpoints
{
    private static readonly EmbeddedPage Overview = EmbeddedPage.Load("overview.html");

    public static void MapPage(this IEndpointRouteBuilder app) =>
        app.MapGet("/", () => Overview).WithMetadata(new ForBrowsers()).ExcludeFromDescription();
}
