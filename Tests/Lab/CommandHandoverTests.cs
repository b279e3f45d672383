using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using HmsOrleans.Tests.Broker;
using HmsOrleans.Tests.Node;
using Xunit;

namespace HmsOrleans.Tests.Lab;

/// <summary>Two nodes with one broker: one takes the commands, and the host that they are for is the other's.</summary>
[Collection<LabCollection>]
public sealed partial class CommandHandoverTests(LabFixture fixture)
{
    private static readonly string[] Hosts = [NodeProcess.Host, "127.0.0.2"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_node_that_is_killed_with_commands_for_anothers_host_in_its_hands_leaves_none_undone_and_none_done_twice()
    {
        await using var broker = await BrokerProcess.StartAsync(Token);
        await using var client = PikaClient.Start(broker);
        var nodes = Hosts.Select(host => StartNode(broker, host)).ToList();
        try
        {
            foreach (var node in nodes)
            {
                await UntilConnectedAsync(node);
            }
            foreach (var each in Hosts)
            {
                await UntilKnownAsync(client, each);
            }
            await client.AskAsync($"manager.{Hosts[0]}", new { command = "container_threshold", threshold = 99 }, Token);
            var reader = nodes.FindIndex(node => CommandEffects.Of(node).Count > 0);
            var (other, host) = (nodes[1 - reader], Hosts[1 - reader]);

            List<string> ids = [.. Enumerable.Range(0, 3000).Select(_ => PikaClient.NewId())];
            var before = client.Answered;
            foreach (var (index, id) in ids.Index())
            {
                client.Send($"manager.{host}", new { command = "container_threshold", threshold = Threshold(index) }, id);
            }
            await client.UntilAsync("commands are under way", () => client.Answered >= before + 300, Token);
            await nodes[reader].KillAsync(Token);
            Assert.InRange(client.Answered - before, 300, ids.Count - 1);

            await client.UntilAsync("all were answered", () => ids.TrueForAll(id => client.Replies(id).Count > 0), Token);
            Assert.All(ids, id => Assert.Equal("ok", client.Replies(id)[0].Content.GetProperty("command").GetString()));
            // By the word of the host: each command sets another threshold.
            await other.UntilAsync("it has written it all down", () => Task.FromResult(Changes(other).ContainsKey(Threshold(ids.Count - 1))), Token);
            var changes = Changes(other);
            Assert.All(ids.Index(), id => Assert.Equal(1, changes.GetValueOrDefault(Threshold(id.Index))));
            // Both have carried some out.
            Assert.All(nodes, node => Assert.InRange(ids.Count(CommandEffects.Of(node).ContainsKey), 1, ids.Count));
        }
        finally
        {
            foreach (var node in nodes)
            {
                await node.DisposeAsync();
            }
        }
    }

    private static double Threshold(int index) => (index + 1) / 100.0;

    /// <summary>How often the host of a node took each threshold.</summary>
    private static Dictionary<double, int> Changes(NodeProcess node) =>
        Change().Matches(node.Log).CountBy(match => double.Parse(match.Groups["threshold"].Value, CultureInfo.InvariantCulture)).ToDictionary();

    [GeneratedRegex(@"host \S+: threshold (?<threshold>[0-9.]+) from now on")]
    private static partial Regex Change();

    /// <summary>A node that has no engine, and so no container to care for: its host has settings all the same.</summary>
    private NodeProcess StartNode(BrokerProcess broker, string host) => NodeProcess.Start(
        "unix:///run/hms-test/nobody.sock",
        ("Hms:Host:Address", host),
        ("Orleans:ClusterId", "commands"), ("Orleans:ServiceId", "commands"),
        ("Orleans:Clustering:ProviderType", "AdoNet"), ("Orleans:Clustering:Invariant", "Npgsql"), ("Orleans:Clustering:ConnectionString", fixture.Lab.DatabaseOf("hms")),
        ("Hms:RabbitMq:Uri", broker.Uri),
        ("Logging:LogLevel:HmsOrleans", "Debug"));

    /// <summary>What is sent before there is an exchange is lost.</summary>
    private static Task UntilConnectedAsync(NodeProcess node) => node.UntilAsync("it is connected to the broker", async () =>
    {
        try
        {
            // 503, for want of an engine.
            using var reply = await node.Http.GetAsync(new Uri("readyz", UriKind.Relative), Token);
            var readyz = await reply.Content.ReadFromJsonAsync<JsonElement>(Token);
            return readyz.TryGetProperty("broker", out var told) && told.ValueKind == JsonValueKind.Object && told.GetProperty("connected").GetBoolean();
        }
        catch (HttpRequestException)
        {
            return false; // nobody listens yet
        }
    }, Token);

    private static async Task UntilKnownAsync(PikaClient client, string host)
    {
        var type = "";
        while (type is not null)
        {
            var reply = await client.AskAsync($"manager.{host}", new { command = "container_threshold", threshold = (double?)null }, Token);
            type = reply.TryGetProperty("type", out var told) ? told.GetString() : null;
            Assert.Contains(type, (string?[])[null, "host-unknown", "host-unavailable", "fleet-unavailable"]);
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, Token);
        }
    }
}
