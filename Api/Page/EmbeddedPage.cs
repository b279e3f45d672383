using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace HmsOrleans.Api.Page;

/// <summary>A page out of this assembly. Its own style and script are all that a browser may run, by their hashes.</summary>
internal sealed record EmbeddedPage(string Html, string Policy, int Status = StatusCodes.Status200OK) : IResult
{
    public static EmbeddedPage Load(string name)
    {
        using var stream = typeof(EmbeddedPage).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"{name} is not in the assembly.");
        using var reader = new StreamReader(stream);
        return Of(reader.ReadToEnd());
    }

    /// <summary>The page with a part replaced.</summary>
    public EmbeddedPage With(string part, string replacement) => Of(Html.Replace(part, replacement, StringComparison.Ordinal));

    public Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = Status;
        response.ContentType = "text/html; charset=utf-8";
        response.Headers.ContentSecurityPolicy = Policy;
        response.Headers.CacheControl = "no-cache";
        return response.WriteAsync(Html, httpContext.RequestAborted);
    }

    private static EmbeddedPage Of(string html) => new(
        html,
        $"default-src 'none'; script-src {Hash(html, "script")}; style-src {Hash(html, "style")}; connect-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'");

    private static string Hash(string html, string element)
    {
        var start = html.IndexOf($"<{element}>", StringComparison.Ordinal);
        var end = html.IndexOf($"</{element}>", StringComparison.Ordinal);
        return start < 0 ? "'none'" : $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(html[(start + element.Length + 2)..end])))}'";
    }
}
