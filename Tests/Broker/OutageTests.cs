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

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>After so long a queue of a broker that was killed may have no leader.</summary>
    private static readonly TimeSpan Suspicion = TimeSpan.FromSeconds(20);

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
        await ReadyzAsync(node, "ready");
        await using var client = PikaClient.Start(broker);
        var ids = await SendAllAsync(client, node);

        await UntilAllAnsweredAsync(client, ids);
        await AssertDoneOnceAsync(node, ids);
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

        var ids = await SendAllAsync(client, node);
        await node.KillAsync(Token);
        AssertUnderWay(client, ids);
        node.StartAgain();
        await UntilAllAnsweredAsync(client, ids);
        var effects = CommandEffects.Of(node);
        // Those of the one batch that was done, and not yet written down, when the node died, and took with it what they had changed: it
        // is done again. Exact is the count where the effect outlives the reader, on the host of another node (CommandHandoverTests).
        // Lines of a killed node may be missing.
        Assert.InRange(effects.Count(effect => effect.Value > 1), 0, 64);
        Assert.All(effects, effect => Assert.InRange(effect.Value, 1, 2));

        // What was answered in the first life is answered alike in the second, and not done again.
        var first = client.Replies(ids[0])[0].Body;
        var again = await client.AskAsync(Manager, Threshold(0), Token, ids[0]);
        Assert.Equal(first, again.GetRawText());
        var taken = await client.AskAsync(Manager, Threshold(7), Token, ids[0]);
        Assert.Equal("correlation-id-taken", taken.GetProperty("type").GetString());
        Assert.Equal(effects, CommandEffects.Of(node));
    }

    [Theory]
    [InlineData("restarted")]
    [InlineData("killed")]
    public async Task A_broker_that_goes_away_under_load_and_comes_back_has_every_command_answered_and_done_once(string how)
    {
        await using var broker = await BrokerProcess.StartAsync(Token);
        await using var client = PikaClient.Start(broker);
        await using var node = await NodeProcess.StartReadyAsync(_host.Socket, Token, CommandNodeFixture.SettingsFor(broker));
        await client.AskAsync(Manager, new { command = "give_content" }, Token);
        var before = client.Answered;
        var ids = await SendAllAsync(client, node);
        // With commands in its hands: what it answers only when the broker is gone is not lost.
        await Command.FreezeAsync(node.Pid, Token);
        await (how == "killed" ? broker.KillAsync() : broker.StopAsync(Token));
        await Command.SignalAsync("CONT", [node.Pid]);
        Assert.InRange(client.Answered - before, 1, ids.Count - 1);

        for (var life = 2; ; life++)
        {
            broker.LaunchServer();
            await broker.UntilUpAsync(Token);
            try
            {
                await UntilAllAnsweredAsync(client, ids, how == "killed" ? Suspicion : Patience);
                break;
            }
            catch (TimeoutException) when (life <= 5 && how == "killed")
            {
                // Version 3.10 at times finds no leader for a queue when it was killed: docs/commands.md says to start it once more.
                await broker.StopAsync(Token);
            }
        }
        await AssertDoneOnceAsync(node, ids);

        // The report's exchange went with the broker's life: the node has made it again.
        await client.JoinAsync("rest.after", Token);
        var reported = PikaClient.NewId();
        client.SendAsReported(Manager, new { command = "give_content", sender = "rest.after" }, reported);
        await client.UntilAsync(reported, 1, Token);
    }

    [Fact]
    public async Task A_broker_that_is_cut_off_under_load_has_every_command_answered_and_done_once_when_it_is_back()
    {
        await using var broker = await BrokerProcess.StartAsync(Token);
        await using var client = PikaClient.Start(broker);
        await using var node = await NodeProcess.StartReadyAsync(_host.Socket, Token, CommandNodeFixture.SettingsFor(broker));
        await client.AskAsync(Manager, new { command = "give_content" }, Token);
        var before = client.Answered;
        var ids = await SendAllAsync(client, node);
        await Command.FreezeAsync(node.Pid, Token);
        await broker.CutAsync(isCut: true, Token);
        await Command.SignalAsync("CONT", [node.Pid]);
        try
        {
            Assert.InRange(client.Answered - before, 1, ids.Count - 1);
            await ReadyzAsync(node, "degraded"); // nothing came for two heartbeats
        }
        finally
        {
            await broker.CutAsync(isCut: false, CancellationToken.None);
        }

        await UntilAllAnsweredAsync(client, ids);
        await AssertDoneOnceAsync(node, ids);
        await ReadyzAsync(node, "ready");
    }

    [Fact]
    public async Task A_queue_that_is_not_as_it_must_be_is_told_and_read_again_when_it_is_gone()
    {
        await using var broker = await BrokerProcess.StartAsync(Token);
        await using var client = PikaClient.Start(broker);
        await using var node = await NodeProcess.StartReadyAsync(_host.Socket, Token, CommandNodeFixture.SettingsFor(broker));
        await client.AskAsync(Manager, new { command = "give_content" }, Token);
        // Before the node can make it again.
        await Command.FreezeAsync(node.Pid, Token);
        await client.ReplaceQueueAsync("hms.commands.1", Token);
        await Command.SignalAsync("CONT", [node.Pid]);

        await node.UntilAsync("the reason is told", async () =>
            (await ReadyzAsync(node, "degraded")).GetProperty("reason").GetString()!.Contains("hms.commands.1 cannot be read: ", StringComparison.Ordinal), Token, () => node.Log);
        var reply = await ReadyzAsync(node, "degraded");
        Assert.Contains("PRECONDITION_FAILED", reply.GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.False(reply.GetProperty("broker").GetProperty("connected").GetBoolean());

        await client.DeleteQueueAsync("hms.commands.1", Token);
        await ReadyzAsync(node, "ready");
        await client.AskAsync(Manager, new { command = "give_content" }, Token);
    }

    /// <summary>Each sets another threshold, of percent from 0.01.</summary>
    private static object Threshold(int index) => new { command = "container_threshold", threshold = (index + 1) / 100.0 };

    /// <summary>Has the broker hold many commands, and the node be in the midst of them.</summary>
    private static async Task<List<string>> SendAllAsync(PikaClient client, NodeProcess node)
    {
        List<string> ids = [.. Enumerable.Range(0, 1500).Select(_ => PikaClient.NewId())];
        await Command.FreezeAsync(node.Pid, Token);
        foreach (var (index, id) in ids.Index())
        {
            client.Send(Manager, Threshold(index), id);
        }
        await client.JoinAsync("rest.sent", Token); // which it does when all is confirmed
        await Command.SignalAsync("CONT", [node.Pid]);
        await client.UntilAsync("commands are under way", () => client.Answered >= 100, Token);
        return ids;
    }

    private static void AssertUnderWay(PikaClient client, List<string> ids) => Assert.InRange(ids.Count - client.Answered, 200, ids.Count);

    private static Task UntilAllAnsweredAsync(PikaClient client, List<string> ids) => UntilAllAnsweredAsync(client, ids, Patience);

    private static async Task UntilAllAnsweredAsync(PikaClient client, List<string> ids, TimeSpan patience)
    {
        await client.UntilAsync("all were answered", () => ids.TrueForAll(id => client.Replies(id).Count > 0), patience, Token);
        foreach (var id in ids)
        {
            Assert.Equal("ok", client.Replies(id)[0].Content.GetProperty("command").GetString());
        }
    }

    private static async Task AssertDoneOnceAsync(NodeProcess node, List<string> ids)
    {
        var effects = CommandEffects.Of(node);
        Assert.All(ids, id => Assert.Equal(1, effects.GetValueOrDefault(id)));
        Assert.Equal(ids.Count / 100.0, (await node.ContainerAsync(Web, Token)).GetProperty("threshold").GetDouble());
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
