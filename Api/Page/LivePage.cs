using System.Collections.Frozen;
using System.Security.Claims;
using System.Security.Cryptography;
using HmsOrleans.Api.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;

namespace HmsOrleans.Api.Page;

/// <summary>The live page: static files out of this assembly, which a browser keeps and asks about each time, so that a new node's page is never mixed with an old one's.</summary>
internal static class LivePage
{
    private const string Folder = "web/";

    private const string Index = Folder + "index.html";

    /// <summary>Nothing but these files is loaded or run, and they talk to this node only.</summary>
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    private static readonly FrozenDictionary<string, File> Files = typeof(LivePage).Assembly.GetManifestResourceNames()
        .Where(name => name.StartsWith(Folder, StringComparison.Ordinal))
        .ToFrozenDictionary(name => name, File.Load);

    private static readonly File Start = Files[Index].With("<!--modules-->", string.Concat(Files.Keys
        .Where(name => name.EndsWith(".js", StringComparison.Ordinal)).Order(StringComparer.Ordinal)
        .Select(name => $"<link rel=\"modulepreload\" href=\"{name}\">")));

    private static readonly File SignedIn = Start.With("<!--signout-->", "<form method=\"post\" action=\"signout\"><button class=\"link\">Sign out</button></form>");

    public static void MapLivePage(this RouteGroupBuilder pages)
    {
        pages.MapGet("/", (ClaimsPrincipal user, HttpResponse response) =>
            (user.Identity?.AuthenticationType == Visitor.BySession ? SignedIn : Start).For(response));
        pages.MapGet($"/{Folder}{{**path}}", Results<FileContentHttpResult, NotFound> (string path, HttpResponse response) =>
            Files.TryGetValue(Folder + path, out var file) ? file.For(response) : TypedResults.NotFound());
    }

    private sealed record File(byte[] Content, string ContentType, EntityTagHeaderValue Tag)
    {
        public static File Load(string name)
        {
            using var stream = typeof(LivePage).Assembly.GetManifestResourceStream(name)!;
            var content = new byte[stream.Length];
            stream.ReadExactly(content);
            return Of(content, Path.GetExtension(name) switch
            {
                ".html" => "text/html; charset=utf-8",
                ".js" => "text/javascript; charset=utf-8",
                ".css" => "text/css; charset=utf-8",
                ".svg" => "image/svg+xml",
                _ => throw new InvalidOperationException($"{name} has no content type: name it here."),
            });
        }

        /// <summary>The file with a part replaced.</summary>
        public File With(string part, string replacement) => Of(
            System.Text.Encoding.UTF8.GetBytes(System.Text.Encoding.UTF8.GetString(Content).Replace(part, replacement, StringComparison.Ordinal)), ContentType);

        public FileContentHttpResult For(HttpResponse response)
        {
            response.Headers.ContentSecurityPolicy = Policy;
            response.Headers.CacheControl = "no-cache";
            return TypedResults.Bytes(Content, ContentType, entityTag: Tag);
        }

        private static File Of(byte[] content, string contentType) =>
            new(content, contentType, new($"\"{Convert.ToHexString(SHA256.HashData(content), 0, 8)}\""));
    }
}
