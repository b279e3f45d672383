using HmsOrleans.Grains.Antagonist;

namespace HmsOrleans.Tests.Api;

/// <summary>The antagonist's grain of a host, with an agent that obeys at once.</summary>
internal sealed class FakeAntagonist(string host) : IAntagonistGrain
{
    /// <summary>Passed by every call.</summary>
    public Fault Gate { get; set; } = Api.Faults.None;

    public bool HasAgent { get; set; } = true;

    public AttackOrder Order { get; set; } = AttackOrder.None;

    public List<RunningFault> Faults { get; } = [];

    public async Task<AntagonistView> GetView(CancellationToken cancellationToken)
    {
        await Gate(cancellationToken);
        return new(host, Order, !HasAgent ? null : new()
        {
            Life = Guid.Empty,
            Started = Samples.Noon,
            Order = Order,
            Abilities = [AttackKind.Stop, AttackKind.Loss],
            LossBackend = "iptables",
            MaxShare = 50,
            Faults = [.. Faults],
        });
    }

    public Task<AntagonistView> Start(ScenarioChange change, CancellationToken cancellationToken) => Change(change, true, cancellationToken);

    public Task<AntagonistView> Configure(ScenarioChange change, CancellationToken cancellationToken) => Change(change, Order.IsRunning, cancellationToken);

    public Task<AntagonistView> Halt(CancellationToken cancellationToken)
    {
        Faults.Clear();
        return Change(new(), false, cancellationToken);
    }

    public Task<AgentAnswer> Report(AgentReport report, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<AttackLog> GetLog(Guid life, long since, CancellationToken cancellationToken) => throw new NotSupportedException();

    private Task<AntagonistView> Change(ScenarioChange change, bool isRunning, CancellationToken cancellationToken)
    {
        if (!HasAgent)
        {
            throw new AgentMissingException($"no agent of the antagonist reports from {host}");
        }
        Order = new(Order.Revision + 1, isRunning, change.ApplyTo(Order.Scenario), Samples.Noon);
        return GetView(cancellationToken);
    }
}
