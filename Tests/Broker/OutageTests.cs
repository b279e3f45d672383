using System.Net.Http.Json;
using System.Text.Json;
using HmsOrleans.Tests.Engine;
using HmsOrleans.Tests.Node;
using Xunit;

namespace HmsOrleans.Tests.Broker;

/// <summary>Brokers and nodes that die with commands under way: none is lost, and none is carried out twice.</summary>
[Collection<BrokerCollection>]
public sealed class OutageTests(EngineFixture engine, BrokerFixture shared) : IAsyncLifetime
{
    private const string Manager = $"manager.{NodeProcess.Host}";
    private const string Web = "web";

    private readonly DockerHost _host = engine.Host;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await _host.RunContainerAsync(Web, Token);

    public async ValueTask DisposeAsync() => await _host.RemoveAllAsync(CancellationToken.None);

    [Fact]
    public async Task Without_its_broker_a_node_heals_and_takes_commands_as_soon_as_that_is_up()
    {
        await using var broker = await BrokerProcess.PrepareAsync(Token);
        await using var node = await NodeProcess.StartReadyAsync(_host.Socket, Token, CommandNodeFixture.SettingsFor(broker));
        var readyz = await ReadyzAsync(node, "degraded");
        Assert.StartsWith("no commands come from the broker", readyz.GetProperty("reason").GetString(), StringComparison.Ordinal);
        await node.UntilContainerAsync(Web, view => view.GetProperty("health").GetString() == "healthy", Token);
        await _host.Docker(Token, "kill", Web);
        await node.UntilContainerAsync(Web, view => view.GetProperty("restarts").GetInt32() == 1, Token);

        broker.LaunchServer();
        await broker.UntilUpAsync(Token);
        await using var client = PikaClient.Start(broker);
        await ReadyzAsync(node, "ready");
        Assert.Equal("ok", (await client.AskAsync(Manager, new { command = "container_threshold", threshold = 33 }, Token)).GetProperty("command").GetString());
        Assert.Equal(33, (await node.ContainerAsync(Web, Token)).GetProperty("threshold").GetDouble());
    }

    [Fact]
    public async Task A_killed_broker_loses_no_command_and_has_none_carried_out_twice()
    {
        await using var broker = await BrokerProcess.StartAsync(Token);
        await using var node = await NodeProcess.StartReadyAsync(_host.Socket, Token, CommandNodeFixture.SettingsFor(broker));
        await ReadyzAsync(node, "ready");
        await using var client = PikaClient.Start(broker);

        var ids = Send(client, 1500);
        await client.UntilAsync("commands are under way", () => client.Answered >= 200, Token);
        await broker.KillAsync();
        Assert.True(client.Answered < ids.Count, "the broker was killed too late");
        broker.LaunchServer();
        await broker.UntilUpAsync(Token);

        await UntilAllAnsweredAsync(client, ids);
        AssertEachOnce(node, ids);
        Assert.Equal(1500, (await node.ContainerAsync(Web, Token)).GetProperty("threshold").GetDouble() * 100, 6);
    }

    [Fact]
    public async Task A_killed_node_loses_no_command_and_answers_all_when_it_is_back()
    {
        await using var client = PikaClient.Start(shared.Broker);
        // An old program is there first: ours has to want the exchange as that one does.
        await client.DeleteExchangeAsync("health_system_exchange", Token);
        await client.JoinAsync("rest.before", Token);
        await using var node = await NodeProcess.StartReadyAsync(_host.Socket, Token, CommandNodeFixture.SettingsFor(shared.Broker));
        await ReadyzAsync(node, "ready");
        var old = PikaClient.NewId();
        client.SendAsReported(Manager, new { command = "give_content", sender = "rest.before" }, old);
        await client.UntilAsync(old, 1, Token);

        var ids = Send(client, 1500);
        await client.UntilAsync("commands are under way", () => client.Answered >= 200, Token);
        await node.KillAsync(Token);
        Assert.True(client.Answered < ids.Count, "the node was killed too late");
        node.StartAgain();

        await UntilAllAnsweredAsync(client, ids);
        AssertEachOnce(node, ids);

        // What was answered in the first life is answered alike in the second, and not done again.
        var first = client.Replies(ids[0])[0].Body;
        var again = await client.AskAsync(Manager, Command(0), Token, ids[0]);
        Assert.Equal(first, again.GetRawText());
        var taken = await client.AskAsync(Manager, Command(7), Token, ids[0]);
        Assert.Equal("correlation-id-taken", taken.GetProperty("type").GetString());
        AssertEachOnce(node, ids);
    }

    /// <summary>Each sets another threshold, of percent from 0.01.</summary>
    private static object Command(int index) => new { command = "container_threshold", threshold = (index + 1) / 100.0 };

    private static List<string> Send(PikaClient client, int count)
    {
        List<string> ids = [.. Enumerable.Range(0, count).Select(_ => PikaClient.NewId())];
        foreach (var (index, id) in ids.Index())
        {
            client.Send(Manager, Command(index), id);
        }
        return ids;
    }

    private static async Task UntilAllAnsweredAsync(PikaClient client, List<string> ids)
    {
        await client.UntilAsync("all were answered", () => ids.TrueForAll(id => client.Replies(id).Count > 0), Token);
        foreach (var id in ids)
        {
            Assert.Equal("ok", client.Replies(id)[0].Content.GetProperty("command").GetString());
        }
    }

    private static void AssertEachOnce(NodeProcess node, List<string> ids)
    {
        var effects = CommandEffects.Of(node);
        var missing = ids.Where(id => !effects.ContainsKey(id)).ToList();
        var twice = ids.Where(id => effects.GetValueOrDefault(id) > 1).ToList();
        Assert.True(missing.Count == 0 && twice.Count == 0, $"{missing.Count} not carried out, {twice.Count} more than once, the first the {ids.IndexOf(twice.FirstOrDefault() ?? "")}th");
    }

    private static async Task<JsonElement> ReadyzAsync(NodeProcess node, string status)
    {
        var reply = default(JsonElement);
        await node.UntilAsync($"it is {status}", async () =>
        {
            reply = await node.Http.GetFromJsonAsync<JsonElement>(new Uri("readyz", UriKind.Relative), Token);
            return reply.GetProperty("status").GetString() == status;
        }, Token, () => $"{reply}");
        return reply;
    }
}
