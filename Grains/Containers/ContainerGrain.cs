using System.Collections.Immutable;
using HmsOrleans.Grains.Health;
using HmsOrleans.Grains.Hosts;
using Orleans.GrainDirectory;

namespace HmsOrleans.Grains.Containers;

[HostBound, KeepAlive, GrainDirectory(HostDirectory.Name)]
internal sealed class ContainerGrain : Grain, IContainerGrain
{
    private ContainerHealth _health = ContainerHealth.Fresh;
    private long _revision;

    public Task<ContainerReport> Observe(ImmutableArray<Observation> facts, HealthPolicy policy, CancellationToken cancellationToken)
    {
        var action = HealthAction.None;
        var changes = ImmutableArray.CreateBuilder<HealthChange>();
        foreach (var fact in facts)
        {
            var decision = HealthMachine.Decide(_health, fact, policy);
            if (decision.Next.State != _health.State)
            {
                var fault = decision.Next is { State: HealthState.Restarting, Asked: false } or { State: HealthState.BackingOff or HealthState.Quarantined } ? decision.Next.LastFault : null;
                changes.Add(new(fact.At, _health.State, decision.Next.State, fault, decision.Next.RetryAt));
            }
            _health = decision.Next;
            // The machine orders nothing while an order is out, so at most one comes out of a batch.
            action = decision.Action == HealthAction.None ? action : decision.Action;
        }
        if (_health.State == HealthState.Gone)
        {
            DeactivateOnIdle();
        }

        var view = ContainerSentence.View(HostBoundPlacement.HostOf(this.GetPrimaryKeyString()), _health, policy);
        return Task.FromResult(new ContainerReport(
            view, action, _health.Attempt, HealthMachine.NextDeadline(_health, policy), ++_revision, _health.Container, _health.State == HealthState.Gone, changes.ToImmutable(), _health.Recovering,
            [.. _health.LostSeats.Select(lost => lost.Seat)]));
    }

    public Task<ContainerExplanation?> Explain(HealthPolicy policy, RuleSources sources, DateTimeOffset at, CancellationToken cancellationToken) =>
        Task.FromResult(_health.State == HealthState.Gone ? null : ContainerReasons.Explain(HostBoundPlacement.HostOf(this.GetPrimaryKeyString()), _health, policy, sources, at));
}
