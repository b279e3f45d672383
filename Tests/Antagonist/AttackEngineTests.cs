using System.Collections.Concurrent;
using HmsOrleans.Antagonist.Engine;
using HmsOrleans.Grains.Engine;
using HmsOrleans.Tests.Engine;
using Xunit;

namespace HmsOrleans.Tests.Antagonist;

/// <summary>The engine as the attacker sees it.</summary>
[Collection<EngineCollection>]
public sealed class AttackEngineTests(EngineFixture fixture) : IAsyncLifetime
{
    private readonly AttackEngine _engine = new(new Uri(fixture.Host.Socket));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private DockerHost Host => fixture.Host;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        _engine.Dispose();
        await Host.RemoveAllAsync(CancellationToken.None);
    }

    [Fact]
    public async Task It_lists_and_describes_what_is_there()
    {
        var id = await Host.RunContainerAsync("web", Token, "--label", "hms.chaos=deny", "-m", "48m", "--stop-timeout", "7", "-p", "127.0.0.1:7432:5432");
        await Host.RunContainerAsync("host", Token, "--network", "host");
        await Host.Docker(Token, "pause", "host");

        var listed = (await _engine.ListAsync(Token)).OrderBy(container => container.Name, StringComparer.Ordinal).ToList();

        Assert.Equal([("host", true, "host"), ("web", true, "default")], listed.Select(one => (one.Name, one.IsRunning, one.NetworkMode)));
        Assert.Equal((id, "deny"), (listed[1].Id, listed[1].Labels["hms.chaos"]));
        Assert.Equal((await Host.AddressOf("web", Token), 7432), (Assert.Single(listed[1].Addresses), Assert.Single(listed[1].PublishedPorts)));
        var victim = await _engine.InspectAsync("web", Token);
        Assert.Equal(
            (id, await Host.PidOf("web", Token), 48L << 20, TimeSpan.FromSeconds(7), "bridge"),
            (victim!.Id, victim.Pid, victim.MemoryLimit, victim.StopTimeout, Assert.Single(victim.Networks).Name));
        Assert.True(victim.HasOwnNetwork);
        Assert.False((await _engine.InspectAsync("host", Token))!.HasOwnNetwork);
        Assert.Null(await _engine.InspectAsync("nobody", Token));
    }

    [Fact]
    public async Task Events_come_in_order_until_the_stream_is_left()
    {
        var events = new ConcurrentQueue<ContainerEvent>();
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var started = new TaskCompletionSource();
        var watching = _engine.WatchAsync(TimeProvider.System.GetUtcNow(), happened =>
        {
            events.Enqueue(happened);
            if (happened.Action == "die")
            {
                started.TrySetResult();
            }
        }, leaving.Token);
        var id = await Host.RunContainerAsync("web", Token);
        await _engine.KillAsync(id, Token);
        await started.Task.WaitAsync(Patient.Limit, Token);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => watching);

        Assert.Equal(["create", "connect", "start", "kill", "die"], events.Select(happened => happened.Action));
        Assert.All(events, happened => Assert.Equal((id, happened.Action == "connect" ? "" : "web"), (happened.ContainerId, happened.Container)));
        Assert.Equal(events.OrderBy(happened => happened.At), events);
    }

    [Fact]
    public async Task Refusal_and_silence_are_told_apart()
    {
        await Assert.ThrowsAsync<EngineRefusedException>(() => _engine.PauseAsync("nobody", Token));
        using var nowhere = new AttackEngine(new Uri("unix:///nowhere/docker.sock"));
        await Assert.ThrowsAsync<EngineSilentException>(() => nowhere.ListAsync(Token));
        await Assert.ThrowsAsync<EngineSilentException>(() => nowhere.WatchAsync(TimeProvider.System.GetUtcNow(), _ => { }, Token));
        await Host.FreezeAsync(Token);
        try
        {
            await Assert.ThrowsAsync<EngineSilentException>(() => _engine.ListAsync(Token));
        }
        finally
        {
            await Host.ThawAsync();
        }
    }
}
