using HmsOrleans.Antagonist.Engine;
using HmsOrleans.Antagonist.Leases;

namespace HmsOrleans.Antagonist.Faults;

/// <summary>Pauses a container through its engine.</summary>
internal sealed class PauseFault(AttackEngine engine) : IFault
{
    public bool OutlivesRestart => false;

    public Task<Lease> PrepareAsync(Lease lease, Victim victim, CancellationToken cancellationToken) =>
        victim.IsPaused ? throw new FaultRefusedException($"{victim.Name} is paused already") : Task.FromResult(lease);

    public Task InjectAsync(Lease lease, Victim victim, CancellationToken cancellationToken) =>
        // Not to be broken off: whether it was paused would not be known.
        engine.PauseAsync(lease.ContainerId, CancellationToken.None);

    public async Task<Cure> UndoAsync(Lease lease, bool wasInterrupted, CancellationToken cancellationToken)
    {
        var victim = await engine.InspectAsync(lease.ContainerId, cancellationToken);
        if (victim is null)
        {
            return Cure.Gone;
        }
        if (victim.StartedAt != lease.Run || !victim.IsRunning)
        {
            return Cure.Ended;
        }
        if (!victim.IsPaused && wasInterrupted)
        {
            throw new FaultFailedException("the engine may still be about to pause it");
        }
        if (!victim.IsPaused)
        {
            return new(Why: "somebody else resumed it");
        }
        await engine.UnpauseAsync(lease.ContainerId, cancellationToken);
        return Cure.Here;
    }
}
