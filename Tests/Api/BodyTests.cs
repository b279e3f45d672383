using System.Net;
using System.Net.Sockets;
using System.Text;
using Xunit;

namespace HmsOrleans.Tests.Api;

/// <summary>Bodies that are wrong, the same for every command that takes one.</summary>
public sealed class BodyTests
{
    private static readonly string[] Commands = ["/containers", "/containers/10.0.0.1", "/containers/10.0.0.1/web", "/settings"];

    [Theory]
    [InlineData("""{"threshold": -1}""", "from 0 to 100")]
    [InlineData("""{"threshold": 101}""", "from 0 to 100")]
    [InlineData("""{"threshold": 100.0001}""", "from 0 to 100")]
    [InlineData("""{"threshold": 1e999}""", "from 0 to 100")]
    [InlineData("""{"threshold": -1e999}""", "from 0 to 100")]
    [InlineData("""{"threshold": "NaN"}""", "from 0 to 100")]
    [InlineData("""{"threshold": "Infinity"}""", "from 0 to 100")]
    [InlineData("""{"threshold": "60"}""", "from 0 to 100")]
    [InlineData("""{"threshold": "much"}""", "from 0 to 100")]
    [InlineData("""{"threshold": true}""", "from 0 to 100")]
    [InlineData("""{"threshold": [60]}""", "from 0 to 100")]
    [InlineData("""{"threshold": {"value": 60}}""", "from 0 to 100")]
    public async Task A_wrong_threshold_is_named_with_its_range(string body, string range)
    {
        await using var node = await ApiNode.Start();

        foreach (var command in Commands)
        {
            var problem = (await node.Post(command, body)).MustBeProblem(HttpStatusCode.BadRequest, "field-invalid");
            Assert.Equal("threshold", (string?)problem["field"]);
            Assert.Contains(range, (string?)problem["detail"], StringComparison.Ordinal);
        }
        Assert.Equal(60, node.Fleet.Controller.Settings.Threshold);
        Assert.Equal(60, node.Fleet.Host.Status.Threshold);
    }

    [Fact]
    public async Task Only_a_host_and_a_container_can_have_their_threshold_cleared()
    {
        await using var node = await ApiNode.Start();

        var problem = (await node.Post("/containers", """{"threshold": null}""")).MustBeProblem(HttpStatusCode.BadRequest, "field-invalid");

        Assert.Equal("threshold", (string?)problem["field"]);
    }

    [Theory]
    [InlineData("""{}""", "threshold")]
    [InlineData("""{"treshold": 60}""", "treshold")]
    [InlineData("""{"Threshold": 60}""", "Threshold")]
    [InlineData("""{"threshold": 60, "password": "x"}""", "password")]
    public async Task A_missing_or_unknown_field_is_named(string body, string field)
    {
        await using var node = await ApiNode.Start();

        foreach (var command in Commands)
        {
            var problem = (await node.Post(command, body)).MustBeProblem(HttpStatusCode.BadRequest, "field-invalid");
            Assert.Equal(field, (string?)problem["field"]);
            Assert.Contains($"'{field}'", (string?)problem["detail"], StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("{")]
    [InlineData("""{"threshold": }""")]
    [InlineData("""{"threshold": NaN}""")]
    [InlineData("""{"threshold": Infinity}""")]
    [InlineData("""{"threshold": 60,}""")]
    [InlineData("""{'threshold': 60}""")]
    [InlineData("""{"threshold": 60} {"threshold": 70}""")]
    [InlineData("""{"threshold": 60, "threshold": 70}""")]
    [InlineData("threshold=60")]
    [InlineData("60")]
    [InlineData("null")]
    [InlineData("[60]")]
    [InlineData(" ")]
    [InlineData("{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":1}}}}}}}}}")]
    public async Task What_is_no_json_object_is_refused(string body)
    {
        await using var node = await ApiNode.Start();

        foreach (var command in Commands)
        {
            (await node.Post(command, body)).MustBeProblem(HttpStatusCode.BadRequest, "body-invalid");
        }
    }

    [Theory]
    [InlineData("{\"\u00ff\u00fe\": 1}")]
    [InlineData("{\"threshold\": \"\u00ff\u00fe\"}")]
    [InlineData("{\"\\ud800\": 1}")]
    public async Task Bytes_that_are_no_text_are_refused(string bytes)
    {
        await using var node = await ApiNode.Start();
        using var content = new ByteArrayContent(Encoding.Latin1.GetBytes(bytes));
        content.Headers.ContentType = new("application/json");

        using var response = await node.Http.PostAsync(new Uri("/containers", UriKind.Relative), content, TestContext.Current.CancellationToken);

        Assert.Equal((HttpStatusCode.BadRequest, "application/problem+json"), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
    }

    [Fact]
    public async Task A_missing_body_is_refused_with_an_example()
    {
        await using var node = await ApiNode.Start();

        foreach (var command in Commands)
        {
            var without = (await node.Post(command, null)).MustBeProblem(HttpStatusCode.BadRequest, "body-invalid");
            Assert.Contains("""{"threshold": 60}""", (string?)without["detail"], StringComparison.Ordinal);
            (await node.Post(command, "")).MustBeProblem(HttpStatusCode.BadRequest, "body-invalid");
        }
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("multipart/form-data; boundary=x")]
    [InlineData("application/xml")]
    [InlineData(null)]
    public async Task A_body_of_another_type_is_refused(string? type)
    {
        await using var node = await ApiNode.Start();

        foreach (var command in Commands)
        {
            (await node.Send("POST", command, """{"threshold": 60}""", type)).MustBeProblem(HttpStatusCode.UnsupportedMediaType, "content-type-unsupported");
        }
        Assert.Equal(60, node.Fleet.Controller.Settings.Threshold);
    }

    [Fact]
    public async Task Json_with_a_charset_is_json()
    {
        await using var node = await ApiNode.Start();

        (await node.Send("POST", "/containers", """{"threshold": 61}""", "application/json; charset=utf-8")).MustBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_body_of_64_kB_is_read_and_a_larger_one_is_not()
    {
        await using var node = await ApiNode.Start();
        const string Json = """{"threshold": 61}""";

        (await node.Post("/containers", Json.PadRight(64 * 1024))).MustBe(HttpStatusCode.OK);
        (await node.Post("/containers", Json.PadRight((64 * 1024) + 1))).MustBeProblem(HttpStatusCode.RequestEntityTooLarge, "body-too-large");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_body_of_a_megabyte_is_refused_before_it_has_come(bool lengthIsTold)
    {
        await using var node = await ApiNode.Start();

        foreach (var command in Commands)
        {
            var reply = await SendLarge(node.Base, command, lengthIsTold);
            Assert.StartsWith("HTTP/1.1 413 ", reply, StringComparison.Ordinal);
            Assert.Contains("urn:hms:problem:body-too-large", reply, StringComparison.Ordinal);
        }
    }

    /// <summary>By hand: a client that writes on while the server has answered and closed may lose the answer.</summary>
    private static async Task<string> SendLarge(Uri node, string path, bool lengthIsTold)
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        using var client = new TcpClient();
        await client.ConnectAsync(node.Host, node.Port, cancellationToken);
        var stream = client.GetStream();
        const int Megabyte = 1024 * 1024;
        var framing = lengthIsTold ? $"Content-Length: {Megabyte}" : "Transfer-Encoding: chunked";
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"POST {path} HTTP/1.1\r\nHost: {node.Authority}\r\nContent-Type: application/json\r\n{framing}\r\n\r\n"), cancellationToken);
        // One byte more than is read is enough for the server to know; the rest is never sent.
        var sent = lengthIsTold ? [] : Encoding.ASCII.GetBytes($"{(64 * 1024) + 1:x}\r\n{new string(' ', (64 * 1024) + 1)}\r\n");
        await stream.WriteAsync(sent, cancellationToken);
        using var reader = new StreamReader(stream, Encoding.ASCII);
        var reply = new StringBuilder();
        while (!reply.ToString().Contains("urn:hms", StringComparison.Ordinal) && await reader.ReadLineAsync(cancellationToken) is { } line)
        {
            reply.AppendLine(line);
        }
        return reply.ToString();
    }
}
