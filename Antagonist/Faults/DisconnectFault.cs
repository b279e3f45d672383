using HmsOrleans.Antagonist.Engine;
using HmsOrleans.Antagonist.Leases;
using HmsOrleans.Grains.Engine;

namespace HmsOrleans.Antagonist.Faults;

/// <summary>Takes a container off all its networks. A start may bring it back onto some: then it is taken off again.</summary>
internal sealed class DisconnectFault(AttackEngine engine) : IFault
{
    public bool OutlivesRestart => true;

    /// <exception cref="FaultRefusedException">It is on no network of its own.</exception>
    public Task<Lease> PrepareAsync(Lease lease, Victim victim, CancellationToken cancellationToken)
    {
        if (!victim.HasOwnNetwork || (victim.Networks is [] && lease.Networks is []))
        {
            throw new FaultRefusedException($"{victim.Name} has no network that it could be taken off");
        }
        // What it had when the fault began is what it gets back, not what a start brought meanwhile.
        return Task.FromResult(lease.Networks is [] ? lease with { Networks = victim.Networks } : lease);
    }

    public async Task InjectAsync(Lease lease, CancellationToken cancellationToken)
    {
        foreach (var seat in (await engine.InspectAsync(lease.ContainerId, cancellationToken))?.Networks ?? [])
        {
            await engine.DisconnectAsync(lease.ContainerId, seat.Network, cancellationToken);
        }
    }

    public async Task<Cure> UndoAsync(Lease lease, bool wasInterrupted, CancellationToken cancellationToken)
    {
        if (await engine.InspectAsync(lease.ContainerId, cancellationToken) is not { } victim)
        {
            return Cure.Gone;
        }
        var missing = lease.Networks.Where(seat => victim.Networks.All(has => has.Network != seat.Network)).ToList();
        string? why = missing is [] ? "somebody else connected it" : null;
        foreach (var seat in missing)
        {
            try
            {
                await engine.ConnectAsync(lease.ContainerId, seat, cancellationToken);
            }
            catch (EngineRefusedException e) when (IsGone(e))
            {
                why = $"network {seat.Name} is gone";
            }
        }
        return new(Why: why);
    }

    private static bool IsGone(EngineRefusedException e) =>
        e.InnerException is Docker.DotNet.DockerNetworkNotFoundException || (e.Message.Contains("network", StringComparison.OrdinalIgnoreCase) && e.Message.Contains("not found", StringComparison.OrdinalIgnoreCase));
}
