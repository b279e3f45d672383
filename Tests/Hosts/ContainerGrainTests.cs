using HmsOrleans.Grains.Containers;
using HmsOrleans.Grains.Engine;
using HmsOrleans.Grains.Health;
using HmsOrleans.Tests.Cluster;
using Xunit;

namespace HmsOrleans.Tests.Hosts;

/// <summary>One container's grain: it answers what facts mean, and forgets when there is nothing left to know.</summary>
public sealed class ContainerGrainTests(TestSilo silo) : IClassFixture<TestSilo>
{
    private readonly IContainerGrain _grain = silo.Grains.GetGrain<IContainerGrain>($"{silo.NewHost()}/{new string('a', 64)}");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private DateTimeOffset Now => silo.Time.GetUtcNow();

    private EngineContainer Web => new() { Id = new('a', 64), Name = "web", Image = "image", State = ContainerState.Running, StartedAt = Now.AddHours(-1) };

    [Fact]
    public async Task Facts_of_one_call_are_taken_in_order_and_their_changes_told()
    {
        var at = Now;
        var report = await _grain.Observe(
            [new Observation.Seen(at, Web), new Observation.Died(at.AddSeconds(1), 3)], new HealthPolicy(), Token);

        Assert.Equal((HealthAction.Start, 1, HealthState.Restarting), (report.Action, report.Attempt, report.View!.Health));
        Assert.Equal([HealthState.Healthy, HealthState.Restarting], report.Changes.Select(change => change.To));
        Assert.Equal((FaultCause.Died, "exit code 3"), (report.Changes[1].Fault!.Cause, report.Changes[1].Fault!.Evidence));
    }

    [Fact]
    public async Task An_order_is_given_once_and_each_answer_is_newer_than_the_one_before()
    {
        var at = Now;
        await _grain.Observe([new Observation.Seen(at, Web)], new HealthPolicy(), Token);
        var died = new Observation.Died(at.AddSeconds(1), 3);
        var reports = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => _grain.Observe([died], new HealthPolicy(), Token)));

        Assert.Single(reports, report => report.Action == HealthAction.Start);
        Assert.Equal(10, reports.Select(report => report.Revision).Distinct().Count());
        Assert.Equal(HealthState.Restarting, (await _grain.Observe([], new HealthPolicy(), Token)).View!.Health);
    }

    [Fact]
    public async Task A_removed_container_is_forgotten()
    {
        var at = Now;
        await _grain.Observe([new Observation.Seen(at, Web)], new HealthPolicy(), Token);
        var gone = await _grain.Observe([new Observation.Removed(at.AddSeconds(1))], new HealthPolicy(), Token);
        Assert.True(gone.Gone);
        await TestSilo.UntilAsync("it is forgotten", async () => (await _grain.Observe([], new HealthPolicy(), Token)) is { View: null, Gone: false });
    }
}
