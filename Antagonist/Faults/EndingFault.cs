using HmsOrleans.Antagonist.Engine;
using HmsOrleans.Antagonist.Leases;
using HmsOrleans.Grains.Antagonist;

namespace HmsOrleans.Antagonist.Faults;

/// <summary>Stops or kills a container through its engine. Whoever starts it again ends the fault.</summary>
internal sealed class EndingFault(AttackEngine engine, TimeProvider time) : IFault
{
    /// <summary>What the engine may take beyond a container's own stop timeout.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(1);

    public bool OutlivesRestart => false;

    /// <exception cref="FaultRefusedException">The engine would remove it at its end: nothing could be undone.</exception>
    public static Lease Prepare(Lease lease, Victim victim) =>
        victim.AutoRemove
            ? throw new FaultRefusedException($"{victim.Name} would be removed at its end (--rm)")
            : lease with { StopTimeout = lease.Kind == AttackKind.Stop ? victim.StopTimeout : TimeSpan.Zero };

    public Task<Lease> PrepareAsync(Lease lease, Victim victim, CancellationToken cancellationToken) => Task.FromResult(Prepare(lease, victim));

    public Task InjectAsync(Lease lease, Victim victim, CancellationToken cancellationToken) => lease.Kind == AttackKind.Stop
        ? engine.StopAsync(lease.ContainerId, lease.StopTimeout, cancellationToken)
        : engine.KillAsync(lease.ContainerId, cancellationToken);

    public Task<Cure> UndoAsync(Lease lease, bool wasInterrupted, CancellationToken cancellationToken) =>
        StartAgainAsync(engine, time, lease, wasInterrupted, cancellationToken);

    /// <summary>Starts the container if it is down since this fault, and leaves it alone if somebody has started it meanwhile.</summary>
    /// <param name="engine">Of the container.</param>
    /// <param name="time">Tells whether it can still be stopping.</param>
    /// <param name="lease">The fault.</param>
    /// <param name="wasInterrupted">See <see cref="IFault.UndoAsync"/>.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <param name="hasEnded">Its process is gone, whatever the engine says: where that still calls it running, it has not noticed yet.</param>
    public static async Task<Cure> StartAgainAsync(
        AttackEngine engine, TimeProvider time, Lease lease, bool wasInterrupted, CancellationToken cancellationToken, bool hasEnded = false)
    {
        if (await engine.InspectAsync(lease.ContainerId, cancellationToken) is not { } victim)
        {
            return Cure.Gone;
        }
        if (victim.StartedAt != lease.Run)
        {
            return new(victim.StartedAt, "somebody else started it");
        }
        if (victim.IsRunning && wasInterrupted)
        {
            // It has its stop signal, and the engine goes on waiting for its end: that has to come before it can be started.
            await EndAsync(engine, lease.ContainerId, cancellationToken);
        }
        else if (victim.IsRunning)
        {
            // Of an earlier life of the agent: the engine may still be about to stop it.
            return !hasEnded && time.GetUtcNow() > lease.Since + lease.StopTimeout + Slack
                ? new(Why: "it did not stop")
                : throw new FaultFailedException(hasEnded ? "the engine has not noticed yet that it has ended" : "the engine may still be about to stop it");
        }
        await engine.StartAsync(lease.ContainerId, cancellationToken);
        return Cure.Here;
    }

    private static async Task EndAsync(AttackEngine engine, string containerId, CancellationToken cancellationToken)
    {
        try
        {
            await engine.KillAsync(containerId, cancellationToken);
        }
        catch (Grains.Engine.EngineRefusedException)
        {
            // It has just ended; else the start will tell.
        }
    }
}
