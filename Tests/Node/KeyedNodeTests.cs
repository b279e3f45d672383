using System.Net;
using HmsOrleans.Tests.Engine;
using Xunit;

namespace HmsOrleans.Tests.Node;

/// <summary>Keys over a real node: settings reach the API, and each role may what it may.</summary>
[Collection<EngineCollection>]
public sealed class KeyedNodeTests(KeyedNodeTests.Keyed fixture) : NodeStory(fixture), IClassFixture<KeyedNodeTests.Keyed>
{
    private const string Viewer = "viewer-of-the-tests-0123";
    private const string Operator = "operator-of-the-tests-0123";

    [Fact]
    public async Task Each_key_may_what_its_role_may()
    {
        const string Container = $"containers/{NodeProcess.Host}/{NodeFixture.Bell}";
        (HttpMethod Method, string Path, string? Key, HttpStatusCode Status)[] all =
        [
            (HttpMethod.Get, "containers", null, HttpStatusCode.Unauthorized),
            (HttpMethod.Get, "containers", "not-one-of-the-keys-0123", HttpStatusCode.Unauthorized),
            (HttpMethod.Get, "containers", Viewer, HttpStatusCode.OK),
            (HttpMethod.Get, Container, Viewer, HttpStatusCode.OK),
            (HttpMethod.Delete, Container, Viewer, HttpStatusCode.Forbidden),
            (HttpMethod.Delete, Container, null, HttpStatusCode.Unauthorized),
            (HttpMethod.Get, Container, Operator, HttpStatusCode.OK),
            (HttpMethod.Delete, Container, Operator, HttpStatusCode.OK),
            (HttpMethod.Put, Container, Viewer, HttpStatusCode.Forbidden),
            (HttpMethod.Put, Container, Operator, HttpStatusCode.OK),
        ];
        foreach (var (method, path, key, status) in all)
        {
            using var reply = await SendAsync(method, path, key: key);
            Assert.Equal((method, path, key, status), (method, path, key, reply.StatusCode));
        }
        using var visible = await SendAsync(HttpMethod.Get, "readyz");
        var body = await visible.Content.ReadAsStringAsync(Token);
        Assert.Contains("\"ready\":true", body, StringComparison.Ordinal);
        Assert.DoesNotContain(NodeProcess.Host, body, StringComparison.Ordinal);
        Assert.DoesNotContain(Viewer, Node.Log, StringComparison.Ordinal);
        Assert.DoesNotContain(Operator, Node.Log, StringComparison.Ordinal);
    }

    public sealed class Keyed(EngineFixture engine) : NodeFixture(engine)
    {
        private protected override (string Key, string Value)[] Settings =>
        [
            ("Hms:Api:Keys:0:Name", "looks"), ("Hms:Api:Keys:0:Key", Viewer), ("Hms:Api:Keys:0:Role", "viewer"),
            ("Hms:Api:Keys:1:Name", "acts"), ("Hms:Api:Keys:1:Key", Operator), ("Hms:Api:Keys:1:Role", "operator"),
        ];
    }
}
