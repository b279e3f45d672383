using System.Net;
using System.Text.Json;
using HmsOrleans.Tests.Engine;
using Xunit;

namespace HmsOrleans.Tests.Node;

/// <summary>An engine that does not answer says nothing about its containers: they are not blamed, and healing goes on after it.</summary>
[Collection<EngineCollection>]
public sealed class EngineOutageTests(EngineOutageTests.Patient fixture) : NodeStory(fixture), IClassFixture<EngineOutageTests.Patient>
{
    [Fact]
    public async Task Containers_that_outlive_their_engine_are_not_touched_when_it_is_back()
    {
        await RunHealthyAsync("web");
        var process = await Host.PidOf("web", Token);
        await Host.KillAsync(Token);
        await UntilSilenceIsShownAsync("web");

        await Host.RestartAsync(liveRestore: true, Token);
        await UntilItAnswersAsync("web");
        Assert.Equal(process, await Host.PidOf("web", Token));

        await Host.Docker(Token, "kill", "web");
        await UntilHealedAsync("web");
        Assert.Equal(1, Restarts(await Node.ContainerAsync("web", Token)));
    }

    [Fact]
    public async Task Containers_that_went_down_with_their_engine_are_started_once_it_is_back()
    {
        await RunHealthyAsync("web");
        await RunHealthyAsync("kept", "--restart", "always"); // the engine starts it by itself
        await Host.KillAsync(Token);
        await UntilSilenceIsShownAsync("web");

        await Host.RestartAsync(liveRestore: false, Token);
        Assert.Equal("stopped", Cause(await UntilHealedAsync("web")));
        await UntilAsync("kept", "healthy");
        await UntilTheNodeHasSeenItAllAsync();
        Assert.Equal(1, Restarts(await Node.ContainerAsync("web", Token)));
        Assert.Equal(0, Restarts(await Node.ContainerAsync("kept", Token)));
    }

    [Fact]
    public async Task A_frozen_engine_is_told_and_its_containers_are_not_restarted()
    {
        await RunHealthyAsync("web");
        await Host.FreezeAsync(Token);
        try
        {
            var readyz = await UntilSilenceIsShownAsync("web");
            Assert.Contains("no answer within", Text(readyz, "reason"), StringComparison.Ordinal);
        }
        finally
        {
            await Host.ThawAsync();
        }

        await UntilItAnswersAsync("web");
        await UntilTheNodeHasSeenItAllAsync();
        await AssertHappenedAsync("web", "start");
        await KillFromOutsideAsync("web");
        await UntilHealedAsync("web");
    }

    [Fact]
    public async Task What_dies_while_the_engine_is_frozen_is_healed_after_it()
    {
        await RunHealthyAsync("web");
        var process = await Host.PidOf("web", Token);
        await Host.FreezeAsync(Token);
        try
        {
            await Command.SignalAsync("KILL", [process]);
            await UntilSilenceIsShownAsync("web");
        }
        finally
        {
            await Host.ThawAsync();
        }

        await UntilHealedAsync("web");
        await AssertCountAsync(2, "web", "start");
    }

    [Fact]
    public async Task A_missing_socket_is_told_and_what_dies_meanwhile_is_healed_after_it()
    {
        await RunHealthyAsync("web");
        await RunHealthyAsync("dies");
        var process = await Host.PidOf("dies", Token);
        Host.HideSocket();
        try
        {
            var readyz = await UntilSilenceIsShownAsync("web");
            Assert.Contains("there is no socket", Text(readyz, "reason"), StringComparison.Ordinal);
            await Command.SignalAsync("KILL", [process]);
            await Journal.UntilAsync("dies", "die", Token);
        }
        finally
        {
            Host.ShowSocket();
        }

        await UntilHealedAsync("dies");
        await UntilItAnswersAsync("web");
        await AssertHappenedAsync("web", "start");
        await AssertHappenedAsync("dies", "start", "die", "start");
    }

    [Fact]
    public async Task What_is_removed_and_made_while_nobody_looks_is_found_out()
    {
        await RunHealthyAsync("old");
        Host.HideSocket();
        try
        {
            await UntilSilenceIsShownAsync("old");
            await BehindTheNodesBackAsync("rm", "-f", "old");
            await BehindTheNodesBackAsync("run", "-d", "--name", "young", DockerHost.IdleImage);
        }
        finally
        {
            Host.ShowSocket();
        }

        await UntilAsync("young", "healthy");
        // What is new of two containers may be shown one after the other.
        await Node.UntilAsync("the removed one is not found", async () =>
        {
            using var reply = await SendAsync(HttpMethod.Get, $"containers/{NodeProcess.Host}/old");
            return reply.StatusCode == HttpStatusCode.NotFound;
        }, Token);
    }

    /// <summary>The engine goes on listening where its socket was moved to.</summary>
    private Task<string> BehindTheNodesBackAsync(params string[] args) =>
        Command.RunAsync("docker", Token, ["-H", $"unix://{Host.SocketPath}.hidden", .. args]);

    private async Task<JsonElement> UntilSilenceIsShownAsync(string name)
    {
        var view = await Node.UntilContainerAsync(name, view => Text(view, "details").StartsWith("not known", StringComparison.Ordinal), Token);
        Assert.Equal(("unknown", "unknown"), (Text(view, "health"), Text(view, "serviceState")));
        var readyz = await ReadyzAsync(HttpStatusCode.ServiceUnavailable, reply => !reply.GetProperty("ready").GetBoolean());
        Assert.StartsWith("the engine does not answer", Text(readyz, "reason"), StringComparison.Ordinal);
        return readyz;
    }

    private async Task UntilItAnswersAsync(string name)
    {
        await ReadyzAsync(HttpStatusCode.OK, reply => reply.GetProperty("ready").GetBoolean());
        var view = await UntilAsync(name, "healthy");
        Assert.Equal(0, Restarts(view));
    }

    /// <summary>
    /// With the grace that a user has: an address that was asked for in vain while its container was down is asked for again (ARP)
    /// only after a second.
    /// </summary>
    public sealed class Patient(EngineFixture engine) : NodeFixture(engine)
    {
        private protected override (string Key, string Value)[] Settings => [];
    }
}
