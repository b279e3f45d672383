using HmsOrleans.Api.Problems;
using Microsoft.AspNetCore.Http;

namespace HmsOrleans.Api.Security;

/// <summary>
/// Refuses what a page of another site asks for through a visitor's browser. A request with a key of its own in a header is
/// exempt: a browser never adds that by itself, as it does the session's cookie and the way to 127.0.0.1. So is what is there for
/// other sites.
/// </summary>
internal sealed class OriginGuard(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context) =>
        context.User.Identity?.AuthenticationType != Visitor.ByKey
            && context.GetEndpoint()?.Metadata.GetMetadata<ForOtherSites>() is null
            && Foreign(context.Request) is { } origin
            ? ProblemType.OriginRefused.With(
                $"The request comes from {origin}. Pages of other sites may not use this API through a visitor's browser.").ExecuteAsync(context)
            : next(context);

    /// <summary>Where the request comes from, when that is a page of another site; else null. Programs send none of these headers.</summary>
    private static string? Foreign(HttpRequest request)
    {
        var origin = request.Headers.Origin.ToString();
        if (origin.Length > 0 && !IsOf(origin, request.Host))
        {
            // Also "null": a sandboxed frame or a file.
            return $"a page of '{origin}'";
        }
        // same-site is foreign too: another port of localhost is the same site.
        var site = request.Headers["Sec-Fetch-Site"].ToString();
        var isOwn = site is "" or "none" or "same-origin";
        return isOwn || IsVisit(request) ? null : "a page of another site";
    }

    /// <summary>Somebody follows a link to here; the page that has it sees nothing of the reply.</summary>
    private static bool IsVisit(HttpRequest request) =>
        HttpMethods.IsGet(request.Method)
        && request.Headers["Sec-Fetch-Mode"] == "navigate"
        && request.Headers["Sec-Fetch-Dest"] == "document";

    private static bool IsOf(string origin, HostString host) =>
        Uri.TryCreate(origin, UriKind.Absolute, out var uri)
        && host.HasValue
        && Uri.TryCreate($"{uri.Scheme}://{host.Value}", UriKind.Absolute, out var own)
        && uri.Authority.Equals(own.Authority, StringComparison.OrdinalIgnoreCase);
}

/// <summary>On endpoints whose replies pages of other sites may show.</summary>
internal sealed class ForOtherSites;
