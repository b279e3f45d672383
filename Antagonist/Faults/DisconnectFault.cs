using HmsOrleans.Antagonist.Engine;
using HmsOrleans.Antagonist.Leases;
using HmsOrleans.Grains.Engine;

namespace HmsOrleans.Antagonist.Faults;

/// <summary>
/// Takes a container off all its networks. A start may bring it back onto some, as any container: then it is taken off again. Whoever gives
/// it back what it had ends the fault.
/// </summary>
internal sealed class DisconnectFault(AttackEngine engine) : IFault
{
    public bool OutlivesRestart => true;

    public bool HasEnded(Lease lease, Victim victim) => victim.StartedAt == lease.Run && lease.Networks.All(victim.Networks.Contains);

    /// <exception cref="FaultRefusedException">It is on no network of its own.</exception>
    public Task<Lease> PrepareAsync(Lease lease, Victim victim, CancellationToken cancellationToken)
    {
        if (!victim.HasOwnNetwork || (victim.Networks is [] && lease.Networks is []))
        {
            throw new FaultRefusedException($"{victim.Name} has no network that it could be taken off");
        }
        // It gets back what it had when it was first taken off a network, not what a start brought there meanwhile.
        return Task.FromResult(lease with { Networks = [.. lease.Networks, .. victim.Networks.Where(seat => lease.Networks.All(known => known.Reference != seat.Reference))] });
    }

    public async Task InjectAsync(Lease lease, Victim victim, CancellationToken cancellationToken)
    {
        foreach (var seat in victim.Networks.Where(seat => lease.Networks.Any(known => known.Reference == seat.Reference)))
        {
            // Not to be broken off: whether it was taken off would not be known.
            await engine.DisconnectAsync(lease.ContainerId, seat.Reference, CancellationToken.None);
        }
    }

    public async Task<Cure> UndoAsync(Lease lease, bool wasInterrupted, CancellationToken cancellationToken)
    {
        if (await engine.InspectAsync(lease.ContainerId, cancellationToken) is not { } victim)
        {
            return Cure.Gone;
        }
        var lost = lease.Networks.Where(seat => !victim.Networks.Contains(seat)).ToList();
        if (lost is [] && wasInterrupted)
        {
            throw new FaultFailedException("the engine may still be about to take it off");
        }
        string? why = lost is [] ? "somebody else connected it" : null;
        foreach (var seat in lost)
        {
            try
            {
                if (victim.Networks.Any(has => has.Reference == seat.Reference))
                {
                    // A start has brought it back there, but without its own address and names.
                    await engine.DisconnectAsync(lease.ContainerId, seat.Reference, cancellationToken);
                }
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
