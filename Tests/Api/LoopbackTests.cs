using System.Net;
using Xunit;

namespace HmsOrleans.Tests.Api;

/// <summary>Without keys the node answers this machine's programs and its own page, and no web site through a visitor's browser.</summary>
public sealed class LoopbackTests
{
    [Theory]
    [InlineData("localhost")]
    [InlineData("LOCALHOST:8080")]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.1:1")]
    [InlineData("[::1]")]
    [InlineData("[::1]:8080")]
    public async Task It_answers_to_names_of_this_machine(string host)
    {
        await using var node = await ApiNode.Start();

        (await node.Get("/containers", ("Host", host))).MustBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("evil.example")]
    [InlineData("evil.example:8080")]
    [InlineData("localhost.evil.example")]
    [InlineData("127.0.0.1.evil.example")]
    [InlineData("10.0.0.1")]
    [InlineData("0.0.0.0")]
    [InlineData("[::2]")]
    public async Task It_answers_to_no_other_name(string host)
    {
        await using var node = await ApiNode.Start();

        foreach (var path in (string[])["/containers", "/", "/healthz", "/dashboard/", "/openapi/v1.json", "/nothing"])
        {
            (await node.Get(path, ("Host", host))).MustBeProblem(HttpStatusCode.MisdirectedRequest, "host-name-refused");
        }
        (await node.Send("DELETE", "/containers/10.0.0.1/web", headers: ("Host", host))).MustBeProblem(HttpStatusCode.MisdirectedRequest, "host-name-refused");
    }

    [Theory]
    [InlineData("https://evil.example")]
    [InlineData("http://127.0.0.1:1")]
    [InlineData("http://localhost")]
    [InlineData("null")]
    [InlineData("nonsense")]
    public async Task A_page_of_another_origin_is_refused(string origin)
    {
        await using var node = await ApiNode.Start();

        (await node.Get("/containers", ("Origin", origin))).MustBeProblem(HttpStatusCode.Forbidden, "origin-refused");
        (await node.Post("/containers", """{"threshold": 61}""", ("Origin", origin))).MustBeProblem(HttpStatusCode.Forbidden, "origin-refused");
        (await node.Send("OPTIONS", "/containers", headers: [("Origin", origin), ("Access-Control-Request-Method", "PUT")])).MustBeProblem(HttpStatusCode.Forbidden, "origin-refused");
        Assert.Equal(60, node.Fleet.Controller.Settings.Threshold);
    }

    [Fact]
    public async Task Its_own_page_may_ask()
    {
        await using var node = await ApiNode.Start();

        (await node.Post("/containers", """{"threshold": 61}""", ("Origin", node.Base.GetLeftPart(UriPartial.Authority)), ("Sec-Fetch-Site", "same-origin"))).MustBe(HttpStatusCode.OK);
        (await node.Get("/containers", ("Origin", "http://localhost"), ("Host", "localhost:80"))).MustBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("GET", "cross-site", "no-cors", "image", false)]
    [InlineData("GET", "cross-site", "cors", "empty", false)]
    [InlineData("GET", "same-site", "no-cors", "script", false)]
    [InlineData("GET", "cross-site", "navigate", "iframe", false)]
    [InlineData("POST", "cross-site", "navigate", "document", false)]
    [InlineData("GET", "cross-site", "navigate", "document", true)]
    [InlineData("GET", "none", "navigate", "document", true)]
    [InlineData("GET", "same-origin", "cors", "empty", true)]
    public async Task Another_site_may_link_here_and_no_more(string method, string site, string mode, string destination, bool answered)
    {
        await using var node = await ApiNode.Start();

        var reply = await node.Send(
            method, "/containers", method == "POST" ? """{"threshold": 61}""" : null,
            headers: [("Sec-Fetch-Site", site), ("Sec-Fetch-Mode", mode), ("Sec-Fetch-Dest", destination)]);

        if (answered)
        {
            reply.MustBe(HttpStatusCode.OK);
        }
        else
        {
            reply.MustBeProblem(HttpStatusCode.Forbidden, "origin-refused");
        }
    }
}
