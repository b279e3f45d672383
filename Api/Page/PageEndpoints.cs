using System.Security.Claims;
using HmsOrleans.Api.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Scalar.AspNetCore;

namespace HmsOrleans.Api.Page;

/// <summary>What people open in a browser. Nothing of it comes from the internet.</summary>
internal static class PageEndpoints
{
    private static readonly EmbeddedPage Overview = EmbeddedPage.Load("overview.html");

    private static readonly EmbeddedPage SignedIn = Overview.With(
        "<!--signout-->", "<form method=\"post\" action=\"signout\"><button>Sign out</button></form>");

    public static void MapPages(this IEndpointRouteBuilder app)
    {
        var pages = app.MapGroup("").WithMetadata(new ForBrowsers()).ExcludeFromDescription();
        pages.MapGet("/", (ClaimsPrincipal user) => user.Identity?.AuthenticationType == Visitor.BySession ? SignedIn : Overview);
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
