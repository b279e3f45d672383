using HmsOrleans.Api.Page;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace HmsOrleans.Api.Security;

/// <summary>A browser signs in once with a key; a cookie stands for it from then on.</summary>
internal static partial class SignInEndpoints
{
    public const string SchemeName = "session";

    private const string Path = "/signin";

    private static readonly EmbeddedPage Form = EmbeddedPage.Load("signin.html");

    private static readonly EmbeddedPage Refused = Form.With("<!--message-->", "<p role=\"alert\">That key is not known.</p>");

    public static void Configure(CookieAuthenticationOptions options)
    {
        options.Cookie.Name = "hms-session";
        options.Cookie.HttpOnly = true;
        options.Cookie.SameSite = SameSiteMode.Strict;
        options.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        options.ExpireTimeSpan = TimeSpan.FromHours(12);
        options.SlidingExpiration = true;
    }

    /// <summary>The sign-in page, which leads back to what was asked for.</summary>
    public static string PathFor(HttpRequest request) =>
        $"{request.PathBase}{Path}?returnUrl={Uri.EscapeDataString(request.PathBase + request.Path + request.QueryString)}";

    public static void MapSignIn(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("").AllowAnonymous().ExcludeFromDescription();
        group.MapGet(Path, Show);
        group.MapPost(Path, SignIn);
        group.MapPost("/signout", (Delegate)SignOut);
    }

    private static Results<EmbeddedPage, RedirectHttpResult> Show(string? returnUrl, HttpContext http) =>
        http.User.Identity is { IsAuthenticated: true } ? TypedResults.LocalRedirect(Local(returnUrl)) : Form;

    private static async Task<Results<EmbeddedPage, RedirectHttpResult>> SignIn(
        string? returnUrl, HttpContext http, KeyRing keys, ILogger<KeyRing> logger, CancellationToken cancellationToken)
    {
        var form = http.Request.HasFormContentType ? await http.Request.ReadFormAsync(cancellationToken) : FormCollection.Empty;
        if (keys.Find(form["key"].ToString().Trim()) is not { } key)
        {
            LogRefused(logger, http.Connection.RemoteIpAddress);
            return Refused with { Status = StatusCodes.Status401Unauthorized };
        }
        await http.SignInAsync(SchemeName, Visitor.Of(key, Visitor.BySession));
        LogSignedIn(logger, key.Name, http.Connection.RemoteIpAddress);
        return TypedResults.LocalRedirect(Local(returnUrl));
    }

    private static async Task<RedirectHttpResult> SignOut(HttpContext http)
    {
        await http.SignOutAsync(SchemeName);
        return TypedResults.LocalRedirect(Path);
    }

    /// <summary>Only to a path of this node, wherever the link to the sign-in page came from.</summary>
    private static string Local(string? returnUrl) => RedirectHttpResult.IsLocalUrl(returnUrl) ? returnUrl! : "/";

    [LoggerMessage(LogLevel.Information, "{Name} signed in from {Address}")]
    private static partial void LogSignedIn(ILogger logger, string name, System.Net.IPAddress? address);

    [LoggerMessage(LogLevel.Warning, "{Address} tried to sign in with an unknown key")]
    private static partial void LogRefused(ILogger logger, System.Net.IPAddress? address);
}
