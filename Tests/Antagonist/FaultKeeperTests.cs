using HmsOrleans.Antagonist.Agent;
using HmsOrleans.Antagonist.Engine;
using HmsOrleans.Grains.Antagonist;
using HmsOrleans.Tests.Engine;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;
using AttackLog = HmsOrleans.Antagonist.Agent.AttackLog;

namespace HmsOrleans.Tests.Antagonist;

/// <summary>What is due is undone, whatever else there is to do.</summary>
[Collection<EngineCollection>]
public sealed class FaultKeeperTests(EngineFixture engine) : IAsyncLifetime
{
    private readonly Workshop _workshop = new(engine.Host);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        _workshop.Dispose();
        await engine.Host.RemoveAllAsync(CancellationToken.None);
    }

    [Fact]
    public async Task An_engine_that_hangs_keeps_nothing_from_being_undone_that_needs_none()
    {
        await engine.Host.RunContainerAsync("web", Token);
        using var attacked = new AttackEngine(new Uri(engine.Host.Socket));
        var bench = await _workshop.OpenAsync();
        using var keeper = new FaultKeeper(
            attacked, bench, new AttackLog(_workshop.Time, NullLogger<AttackLog>.Instance), await Lifelines.FindAsync(new ConfigurationBuilder().Build(), Token),
            _workshop.Time, NullLogger<FaultKeeper>.Instance);
        await keeper.StartAsync(Token);
        await UntilAsync(() => keeper.Trouble is null);
        await _workshop.InjectAsync(bench, AttackKind.Freeze, "web", seconds: 5);

        await engine.Host.FreezeAsync(Token);
        try
        {
            await UntilAsync(() => bench.Running.IsEmpty);
            // The list, which was due before, is still being waited for.
            Assert.Null(keeper.Trouble);
        }
        finally
        {
            await engine.Host.ThawAsync();
        }

        await keeper.StopAsync(Token);
        await _workshop.AssertNoTraceAsync("web");
    }

    [Fact]
    public async Task Whoever_gives_a_container_its_networks_back_ends_the_fault()
    {
        await engine.Host.Docker(Token, "network", "create", "one");
        await engine.Host.Docker(Token, "network", "create", "two");
        await engine.Host.RunContainerAsync("web", Token, "--network", "one", "--network-alias", "front");
        await engine.Host.Docker(Token, "network", "connect", "two", "web");
        using var attacked = new AttackEngine(new Uri(engine.Host.Socket));
        var bench = await _workshop.OpenAsync();
        using var keeper = new FaultKeeper(
            attacked, bench, new AttackLog(TimeProvider.System, NullLogger<AttackLog>.Instance), await Lifelines.FindAsync(new ConfigurationBuilder().Build(), Token),
            TimeProvider.System, NullLogger<FaultKeeper>.Instance);
        await keeper.StartAsync(Token);
        var patient = new Patient(() => Task.FromResult(bench.Trouble ?? ""));
        await patient.UntilAsync("the engine is listed", () => Task.FromResult(keeper.Trouble is null));
        await _workshop.InjectAsync(bench, AttackKind.Disconnect, "web", seconds: 3600);

        await engine.Host.Docker(Token, "network", "connect", "two", "web");
        Assert.Single(bench.Running);
        await engine.Host.Docker(Token, "network", "connect", "--alias", "front", "one", "web");
        await patient.UntilAsync("the fault has ended", () => Task.FromResult(bench.Running.IsEmpty));

        Assert.Equal("somebody else connected it", _workshop.Journal.Lines[^1].Why);
        Assert.Equal(0, _workshop.LeaseFiles);
        Assert.Equal("one two", await _workshop.Inspect("web", "{{range $name, $n := .NetworkSettings.Networks}}{{$name}} {{end}}"));
        await keeper.StopAsync(Token);
    }

    /// <summary>Time goes on meanwhile.</summary>
    private async Task UntilAsync(Func<bool> holds)
    {
        while (!holds())
        {
            _workshop.Time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Token);
        }
    }
}
