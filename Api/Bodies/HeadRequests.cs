using Microsoft.AspNetCore.Http;

namespace HmsOrleans.Api.Bodies;

/// <summary>HEAD asks for what GET would answer, without the body (RFC 9110, 9.3.2): load balancers and supervisors like it.</summary>
internal static class HeadRequests
{
    /// <summary>Nobody gets the body: a reply that has no end need not begin.</summary>
    public static bool IsHead(HttpContext http) => http.Response.Body == Stream.Null;

    public static async Task Invoke(HttpContext http, RequestDelegate next)
    {
        if (!HttpMethods.IsHead(http.Request.Method))
        {
            await next(http);
            return;
        }
        http.Request.Method = HttpMethods.Get;
        http.Response.Body = Stream.Null;
        try
        {
            await next(http);
        }
        finally
        {
            // The server sends the headers now; to GET it would say that the body is empty.
            http.Request.Method = HttpMethods.Head;
        }
    }
}
