using System.Net;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace HmsOrleans.Tests.Api;

/// <summary>A browser, which has a cookie instead of a key.</summary>
public sealed class SignInTests
{
    private const string Form = "application/x-www-form-urlencoded";

    private static readonly (string, string) Html = ("Accept", "text/html,application/xhtml+xml;q=0.9");

    [Theory]
    [InlineData("/", "/signin?returnUrl=%2F")]
    [InlineData("/dashboard/", "/signin?returnUrl=%2Fdashboard%2F")]
    [InlineData("/scalar/?a=b", "/signin?returnUrl=%2Fscalar%2F%3Fa%3Db")]
    public async Task A_browser_without_a_session_is_led_to_the_sign_in_page(string path, string target)
    {
        await using var node = await ApiNode.Start(keys: true);

        var reply = await node.Get(path, Html);

        Assert.Equal((HttpStatusCode.Found, target), (reply.Status, PathOf(reply)));
        var page = await node.Get(target, Html);
        Assert.Equal((HttpStatusCode.OK, "text/html"), (page.Status, page.ContentType));
        Assert.Contains("<form method=\"post\">", page.Text, StringComparison.Ordinal);
        Assert.Contains("form-action 'self'", page.Headers["Content-Security-Policy"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Calls_of_the_api_are_refused_and_not_led_anywhere()
    {
        await using var node = await ApiNode.Start(keys: true);

        (await node.Get("/containers", Html)).MustBeProblem(HttpStatusCode.Unauthorized, "key-required");
        (await node.Get("/dashboard/DashboardCounters")).MustBeProblem(HttpStatusCode.Unauthorized, "key-required");
    }

    [Fact]
    public async Task A_browser_signs_in_looks_around_and_signs_out()
    {
        await using var node = await ApiNode.Start(keys: true);

        var signIn = await SignIn(node, ApiNode.ViewerKey, "?returnUrl=%2Fdashboard%2F");
        Assert.Equal((HttpStatusCode.Found, "/dashboard/"), (signIn.Status, PathOf(signIn)));
        var cookie = CookieOf(signIn);
        Assert.Equal(["httponly", "path=/", "samesite=strict"], Attributes(signIn));

        foreach (var path in (string[])["/", "/dashboard/", "/scalar/", "/containers", "/openapi/v1.json"])
        {
            Assert.Equal(HttpStatusCode.OK, (await node.Get(path, Html, cookie)).Status);
        }
        Assert.Contains("Sign out", (await node.Get("/", Html, cookie)).Text, StringComparison.Ordinal);
        (await node.Send("DELETE", "/containers/10.0.0.1/web", headers: cookie)).MustBeProblem(HttpStatusCode.Forbidden, "role-insufficient");

        var signOut = await node.Send("POST", "/signout", "", Form, cookie, Origin(node));
        Assert.Equal((HttpStatusCode.Found, "/signin"), (signOut.Status, PathOf(signOut)));
        Assert.Contains("hms-session=;", signOut.Headers["Set-Cookie"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whoever_has_signed_in_is_not_asked_again()
    {
        await using var node = await ApiNode.Start(keys: true);
        var cookie = CookieOf(await SignIn(node, ApiNode.OperatorKey));

        Assert.Equal("/scalar/", PathOf(await node.Get("/signin?returnUrl=/scalar/", Html, cookie)));
        Assert.Equal(HttpStatusCode.OK, (await node.Send("DELETE", "/containers/10.0.0.1/web", headers: cookie)).Status);
    }

    [Theory]
    [InlineData("key=wrong-key-0123456789", Form)]
    [InlineData("key=", Form)]
    [InlineData("", Form)]
    [InlineData("name=" + ApiNode.OperatorKey, Form)]
    [InlineData("""{"key": "operator-key-0123456789"}""", "application/json")]
    [InlineData("key=" + ApiNode.OperatorKey, "text/plain")]
    public async Task A_wrong_key_shows_the_form_again(string body, string type)
    {
        await using var node = await ApiNode.Start(keys: true);

        var reply = await node.Send("POST", "/signin", body, type);

        Assert.Equal((HttpStatusCode.Unauthorized, "text/html"), (reply.Status, reply.ContentType));
        Assert.Contains("role=\"alert\"", reply.Text, StringComparison.Ordinal);
        Assert.False(reply.Headers.ContainsKey("Set-Cookie"));
    }

    [Theory]
    [InlineData("https://evil.example")]
    [InlineData("//evil.example")]
    [InlineData("/\\evil.example")]
    [InlineData("\\\\evil.example")]
    [InlineData("javascript:alert(1)")]
    [InlineData("/\t/evil.example")]
    [InlineData("~//evil.example")]
    [InlineData("evil")]
    [InlineData("")]
    public async Task Signing_in_leads_nowhere_else(string returnUrl)
    {
        await using var node = await ApiNode.Start(keys: true);

        var signIn = await SignIn(node, ApiNode.OperatorKey, "?returnUrl=" + Uri.EscapeDataString(returnUrl));

        Assert.Equal((HttpStatusCode.Found, "/"), (signIn.Status, PathOf(signIn)));
    }

    [Theory]
    [InlineData("Origin", "https://evil.example")]
    [InlineData("Origin", "http://127.0.0.1:1")]
    [InlineData("Origin", "null")]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    [InlineData("Sec-Fetch-Site", "same-site")]
    public async Task Another_site_cannot_use_a_session(string header, string value)
    {
        await using var node = await ApiNode.Start(keys: true);
        var cookie = CookieOf(await SignIn(node, ApiNode.OperatorKey));

        (await node.Send("DELETE", "/containers/10.0.0.1/web", headers: [cookie, (header, value)])).MustBeProblem(HttpStatusCode.Forbidden, "origin-refused");
        (await node.Get("/containers", cookie, (header, value))).MustBeProblem(HttpStatusCode.Forbidden, "origin-refused");
        (await node.Send("POST", "/signin", "key=" + ApiNode.OperatorKey, Form, (header, value))).MustBeProblem(HttpStatusCode.Forbidden, "origin-refused");
        // A key in a header is no browser's doing.
        Assert.Equal(HttpStatusCode.OK, (await node.Get("/containers", ("X-Api-Key", ApiNode.ViewerKey), (header, value))).Status);
    }

    [Fact]
    public async Task A_cookie_that_was_made_up_or_is_of_another_process_is_worth_nothing()
    {
        await using var node = await ApiNode.Start(keys: true);
        await using var other = await ApiNode.Start(keys: true);

        (await node.Get("/containers", ("Cookie", "hms-session=operator"))).MustBeProblem(HttpStatusCode.Unauthorized, "key-required");
        (await node.Get("/containers", CookieOf(await SignIn(other, ApiNode.OperatorKey)))).MustBeProblem(HttpStatusCode.Unauthorized, "key-required");
    }

    [Fact]
    public async Task A_session_lasts_twelve_hours_beyond_its_last_use()
    {
        var time = new FakeTimeProvider(Samples.Noon);
        await using var node = await ApiNode.Start(keys: true, time: time);
        var cookie = CookieOf(await SignIn(node, ApiNode.ViewerKey));

        time.Advance(TimeSpan.FromHours(11));
        var used = await node.Get("/containers", cookie);
        used.MustBe(HttpStatusCode.OK);
        time.Advance(TimeSpan.FromHours(2));
        (await node.Get("/containers", cookie)).MustBeProblem(HttpStatusCode.Unauthorized, "key-required");
        (await node.Get("/containers", CookieOf(used))).MustBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Without_keys_there_is_nothing_to_sign_in_to()
    {
        await using var node = await ApiNode.Start();

        Assert.Equal("/", PathOf(await node.Get("/signin", Html)));
    }

    [Fact]
    public async Task Behind_a_proxy_with_tls_the_cookie_goes_over_tls_only()
    {
        await using var node = await ApiNode.Start(keys: true);

        var signIn = await SignIn(node, ApiNode.ViewerKey, "", ("X-Forwarded-Proto", "https"), ("X-Forwarded-For", "10.9.9.9"));

        Assert.Equal(["httponly", "path=/", "samesite=strict", "secure"], Attributes(signIn));
        // What a visitor says of himself goes before what the proxy says of him.
        Assert.DoesNotContain("secure", Attributes(await SignIn(node, ApiNode.ViewerKey, "", ("X-Forwarded-Proto", "https, http"), ("X-Forwarded-For", "10.9.9.9, 10.9.9.8"))));
    }

    private static Task<Reply> SignIn(ApiNode node, string key, string query = "", params (string, string)[] headers) =>
        node.Send("POST", "/signin" + query, "key=" + key, Form, [Origin(node), ("Sec-Fetch-Site", "same-origin"), .. headers]);

    private static (string, string) Origin(ApiNode node) => ("Origin", node.Base.GetLeftPart(UriPartial.Authority));

    private static (string, string) CookieOf(Reply reply) => ("Cookie", reply.Headers["Set-Cookie"].Split(';')[0]);

    private static IEnumerable<string> Attributes(Reply reply) =>
        reply.Headers["Set-Cookie"].Split("; ")[1..].Order(StringComparer.Ordinal);

    private static string PathOf(Reply reply) => reply.Headers["Location"];
}
