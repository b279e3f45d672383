using Microsoft.AspNetCore.Http;

namespace HmsOrleans.Api.Security;

/// <summary>Headers that keep browsers from doing with replies what they are not for; an endpoint may have set stricter or other ones.</summary>
internal static class SecurityHeaders
{
    /// <summary>For replies that are no page: nothing in them is loaded or run.</summary>
    private const string NoPage = "default-src 'none'; frame-ancestors 'none'";

    public static Task Invoke(HttpContext context, RequestDelegate next)
    {
        // On starting: the exception handler clears what was set before.
        context.Response.OnStarting(static state =>
        {
            var headers = ((HttpResponse)state).Headers;
            headers.XContentTypeOptions = "nosniff";
            headers.XFrameOptions = "DENY";
            headers["Referrer-Policy"] = "same-origin";
            headers.TryAdd("Cross-Origin-Resource-Policy", "same-origin");
            headers.TryAdd("Content-Security-Policy", NoPage);
            headers.TryAdd("Cache-Control", "no-store");
            return Task.CompletedTask;
        }, context.Response);
        return next(context);
    }
}
