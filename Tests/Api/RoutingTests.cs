using System.Net;
using Xunit;

namespace HmsOrleans.Tests.Api;

public sealed class RoutingTests
{
    [Theory]
    [InlineData("PATCH", "/containers", "GET, POST")]
    [InlineData("PUT", "/containers", "GET, POST")]
    [InlineData("DELETE", "/containers", "GET, POST")]
    [InlineData("PATCH", "/containers/10.0.0.1", "DELETE, GET, POST, PUT")]
    [InlineData("PATCH", "/containers/10.0.0.1/web", "DELETE, GET, POST, PUT")]
    [InlineData("POST", "/hosts", "GET")]
    [InlineData("PUT", "/settings", "GET, POST")]
    [InlineData("POST", "/healthz", "GET")]
    [InlineData("DELETE", "/readyz", "GET")]
    [InlineData("POST", "/", "GET")]
    [InlineData("PUT", "/signin", "GET, POST")]
    [InlineData("GET", "/signout", "POST")]
    [InlineData("TRACE", "/containers", "GET, POST")]
    public async Task A_wrong_method_is_refused_with_those_that_are_right(string method, string path, string allowed)
    {
        await using var node = await ApiNode.Start();

        var reply = await node.Send(method, path);

        reply.MustBeProblem(HttpStatusCode.MethodNotAllowed, "method-not-allowed");
        Assert.Equal(allowed, string.Join(", ", reply.Headers["Allow"].Split(", ").Order(StringComparer.Ordinal)));
    }

    [Theory]
    [InlineData("/container")]
    [InlineData("/containers/10.0.0.1/web/logs")]
    [InlineData("/tests")]
    [InlineData("/openapi/v2.json")]
    [InlineData("/..%2f..%2fetc/passwd")]
    [InlineData("/dashboard/nothing")]
    [InlineData("/favicon.ico")]
    public async Task An_unknown_path_is_not_found(string path)
    {
        await using var node = await ApiNode.Start();

        (await node.Get(path)).MustBeProblem(HttpStatusCode.NotFound, "path-unknown");
    }

    [Theory]
    [InlineData("/healthz", HttpStatusCode.OK)]
    [InlineData("/readyz", HttpStatusCode.OK)]
    [InlineData("/containers", HttpStatusCode.OK)]
    [InlineData("/", HttpStatusCode.OK)]
    [InlineData("/dashboard/", HttpStatusCode.OK)]
    [InlineData("/container", HttpStatusCode.NotFound)]
    [InlineData("/signout", HttpStatusCode.MethodNotAllowed)]
    public async Task HEAD_is_answered_like_GET_without_a_body(string path, HttpStatusCode status)
    {
        await using var node = await ApiNode.Start();

        var head = await node.Send("HEAD", path);
        var get = await node.Get(path);

        Assert.Equal((status, ""), (head.Status, head.Text));
        Assert.Equal((get.Status, get.ContentType), (head.Status, head.ContentType));
    }

    [Fact]
    public async Task Problems_are_problems_for_whoever_asks()
    {
        await using var node = await ApiNode.Start();

        (await node.Get("/nothing", ("Accept", "text/html"))).MustBeProblem(HttpStatusCode.NotFound, "path-unknown");
        (await node.Get("/containers/10.0.0.1/nobody", ("Accept", "text/html"))).MustBeProblem(HttpStatusCode.NotFound, "container-not-found");
        (await node.Send("PATCH", "/containers", headers: ("Accept", "image/png"))).MustBeProblem(HttpStatusCode.MethodNotAllowed, "method-not-allowed");
    }
}
