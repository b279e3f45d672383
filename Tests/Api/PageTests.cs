using System.Net;
using System.Text.RegularExpressions;
using Xunit;

namespace HmsOrleans.Tests.Api;

public sealed partial class PageTests
{
    [Fact]
    public async Task The_page_runs_its_own_files_and_nothing_else()
    {
        await using var node = await ApiNode.Start();

        var page = await node.Get("/");

        Assert.Equal((HttpStatusCode.OK, "text/html"), (page.Status, page.ContentType));
        var policy = page.Headers["Content-Security-Policy"];
        Assert.StartsWith("default-src 'none'; script-src 'self'; style-src 'self'; ", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("http://", page.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("https://", page.Text, StringComparison.Ordinal);
        var links = Links().Matches(page.Text).Select(link => link.Groups[1].Value).ToHashSet();
        Assert.Contains("web/js/main.js", links);
        foreach (var link in links)
        {
            var file = await node.Get("/" + link);
            var type = Path.GetExtension(link) switch { ".js" => "text/javascript", ".css" => "text/css", _ => "image/svg+xml" };
            Assert.Equal((link, HttpStatusCode.OK, type, "no-cache"), (link, file.Status, file.ContentType, file.Headers["Cache-Control"]));
            Assert.DoesNotContain("innerHTML", file.Text, StringComparison.Ordinal);
            Assert.DoesNotContain("https://", file.Text, StringComparison.Ordinal);
        }
        (await node.Get("/web/js/none.js")).MustBeProblem(HttpStatusCode.NotFound, "path-unknown");
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/web/js/main.js")]
    public async Task A_file_that_has_not_changed_is_not_sent_again(string path)
    {
        await using var node = await ApiNode.Start();
        var first = await node.Get(path);

        var again = await node.Get(path, ("If-None-Match", first.Headers["ETag"]));

        Assert.Equal((HttpStatusCode.NotModified, ""), (again.Status, again.Text));
        Assert.Equal(HttpStatusCode.OK, (await node.Get(path, ("If-None-Match", "\"other\""))).Status);
    }

    [Fact]
    public async Task The_page_and_its_files_are_for_those_who_have_signed_in()
    {
        await using var node = await ApiNode.Start(keys: true);

        Assert.Equal(HttpStatusCode.Found, (await node.Get("/", ("Accept", "text/html"))).Status);
        (await node.Get("/web/js/main.js")).MustBeProblem(HttpStatusCode.Unauthorized, "key-required");
    }

    [Fact]
    public async Task The_page_leads_to_the_reference_and_the_dashboard()
    {
        await using var node = await ApiNode.Start();
        var page = await node.Get("/");

        foreach (var path in (string[])["scalar/", "dashboard/"])
        {
            Assert.Contains($"href=\"{path}\"", page.Text, StringComparison.Ordinal);
            Assert.Equal(HttpStatusCode.OK, (await node.Get("/" + path)).Status);
        }
        Assert.DoesNotContain("Sign out", page.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/containers")]
    [InlineData("/")]
    [InlineData("/nothing")]
    [InlineData("/dashboard/")]
    public async Task Every_reply_keeps_browsers_from_guessing_and_framing(string path)
    {
        await using var node = await ApiNode.Start();

        var reply = await node.Get(path);

        Assert.Equal(("nosniff", "DENY"), (reply.Headers["X-Content-Type-Options"], reply.Headers["X-Frame-Options"]));
        Assert.Contains("frame-ancestors 'none'", reply.Headers["Content-Security-Policy"], StringComparison.Ordinal);
        Assert.False(reply.Headers.ContainsKey("Server"));
    }

    [GeneratedRegex("(?:href|src)=\"(web/[^\"]+)\"")]
    private static partial Regex Links();
}
