using System.Net;
using HmsOrleans.Tests.Engine;
using Microsoft.Data.Sqlite;
using Xunit;

namespace HmsOrleans.Tests.Node;

/// <summary>What a node keeps over its own death, what it does without its database, and how it ends.</summary>
[Collection<EngineCollection>]
public sealed class NodeLifeTests(EngineFixture engine) : NodeStory(engine.Host)
{
    private static readonly (string Key, string Value)[] Brisk =
        [("Hms:Health:StartGrace", "00:00:00.3"), ("Hms:Health:RecoveredAfter", "00:00:01"), ("Hms:Controller:Heartbeat", "00:00:01")];

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        Node = await NodeProcess.StartReadyAsync(Host.Socket, Token, Brisk);
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await Node.DisposeAsync();
    }

    [Fact]
    public async Task Settings_outlive_a_kill_and_what_died_meanwhile_is_healed()
    {
        foreach (var name in (string[])["own", "ignored", "killed", "early"])
        {
            await RunHealthyAsync(name);
        }
        await GoodAsync(HttpMethod.Post, "settings", """{"threshold": 70, "aggregationWindow": 2}""");
        await GoodAsync(HttpMethod.Post, $"containers/{NodeProcess.Host}/own", """{"threshold": 80}""");
        await GoodAsync(HttpMethod.Delete, $"containers/{NodeProcess.Host}/ignored");

        await Node.KillAsync(Token);
        await Host.Docker(Token, "kill", "ignored", "killed");
        await Host.RunContainerAsync("late", Token);
        await Host.Docker(Token, "kill", "late"); // no node has ever seen it run
        Node.StartAgain();
        await Node.UntilReadyAsync(Token);

        Assert.Equal("stopped", Cause(await UntilHealedAsync("killed")));
        Assert.Equal("ignored", Text(await Node.ContainerAsync("ignored", Token), "health"));
        Assert.Contains("already stopped when first seen", Text(await Node.ContainerAsync("late", Token), "details"), StringComparison.Ordinal);
        Assert.Equal(80, (await Node.ContainerAsync("own", Token)).GetProperty("threshold").GetDouble());
        Assert.Equal(70, (await UntilAsync("early", "healthy")).GetProperty("threshold").GetDouble());
        var settings = await GoodAsync(HttpMethod.Get, "settings");
        Assert.Equal((70, 2), (settings.GetProperty("threshold").GetDouble(), settings.GetProperty("aggregationWindow").GetDouble()));
        await AssertHappenedAsync("ignored", "start", "kill", "die");
        await AssertHappenedAsync("late", "start", "kill", "die");
        await AssertHappenedAsync("early", "start");
    }

    [Fact]
    public async Task A_removed_host_stays_removed_over_a_restart_until_it_is_added_again()
    {
        await RunHealthyAsync("web");
        await GoodAsync(HttpMethod.Delete, $"containers/{NodeProcess.Host}");
        await Node.KillAsync(Token);
        await Host.Docker(Token, "kill", "web");
        Node.StartAgain();
        await Node.UntilReadyAsync(Token);
        using var gone = await SendAsync(HttpMethod.Get, $"containers/{NodeProcess.Host}");
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
        await AssertHappenedAsync("web", "start", "kill", "die");

        await GoodAsync(HttpMethod.Put, $"containers/{NodeProcess.Host}");
        await UntilHealedAsync("web");
        await AssertHappenedAsync("web", "start", "kill", "die", "start");
    }

    [Fact]
    public async Task A_locked_database_is_told_and_healing_goes_on()
    {
        await RunHealthyAsync("web");
        await using (var other = new SqliteConnection($"Data Source={Node.DataDirectory}/hms.db"))
        {
            await other.OpenAsync(Token);
            await using var transaction = other.BeginTransaction(deferred: false); // nobody else writes
            using (var reply = await SendAsync(HttpMethod.Post, $"containers/{NodeProcess.Host}/web", """{"threshold": 80}"""))
            {
                Assert.Equal(HttpStatusCode.Accepted, reply.StatusCode);
                Assert.Contains("saving is retried", Assert.Single(reply.Headers.GetValues("Hms-Unsaved")), StringComparison.Ordinal);
            }
            var readyz = await ReadyzAsync(HttpStatusCode.OK, reply => Text(reply, "status") == "degraded");
            Assert.StartsWith("settings are not saved", Text(readyz, "reason"), StringComparison.Ordinal);
            Assert.False(readyz.GetProperty("storage").GetProperty("saved").GetBoolean());

            await Host.Docker(Token, "kill", "web");
            Assert.Equal(80, (await UntilHealedAsync("web")).GetProperty("threshold").GetDouble());
        }

        await ReadyzAsync(HttpStatusCode.OK, reply => Text(reply, "status") == "ready");
        await Node.KillAsync(Token);
        Node.StartAgain();
        await Node.UntilReadyAsync(Token);
        Assert.Equal(80, (await UntilAsync("web", "healthy")).GetProperty("threshold").GetDouble());
    }

    [Fact]
    public async Task Asked_to_end_it_ends_well_although_a_restart_is_under_way()
    {
        await RunAsync("slow", ["--stop-timeout", "60"], "sh", "-c", "trap '' TERM; while :; do sleep 1; done");
        await UntilAsync("slow", "healthy");
        await Host.DropPacketsAsync("slow", 1, Token);
        await Journal.UntilAsync("slow", "kill", Token);

        await Node.StopAsync(Token);

        Assert.Equal(0, Node.ExitCode);
        await AssertHappenedAsync("slow", "start", "kill"); // it did not wait for the restart
        await KillFromOutsideAsync("slow");
    }
}
