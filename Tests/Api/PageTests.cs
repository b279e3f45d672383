using System.Net;
using System.Security.Cryptography;
using System.Text;
using Xunit;

namespace HmsOrleans.Tests.Api;

public sealed class PageTests
{
    [Fact]
    public async Task The_page_runs_its_own_script_and_nothing_else()
    {
        await using var node = await ApiNode.Start();

        var page = await node.Get("/");

        Assert.Equal((HttpStatusCode.OK, "text/html"), (page.Status, page.ContentType));
        var policy = page.Headers["Content-Security-Policy"];
        Assert.StartsWith("default-src 'none'; ", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        foreach (var element in (string[])["script", "style"])
        {
            var start = page.Text.IndexOf($"<{element}>", StringComparison.Ordinal) + element.Length + 2;
            var text = page.Text[start..page.Text.IndexOf($"</{element}>", StringComparison.Ordinal)];
            Assert.Contains($"{element}-src 'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}'", policy, StringComparison.Ordinal);
        }
        Assert.DoesNotContain("innerHTML", page.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("http://", page.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("https://", page.Text, StringComparison.Ordinal);
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
}
