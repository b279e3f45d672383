using HmsOrleans.Antagonist.Engine;
using HmsOrleans.Antagonist.Leases;

namespace HmsOrleans.Antagonist.Faults;

/// <summary>
/// A way to harm a container. Each call ends by itself within a time limit. What goes wrong is a <see cref="FaultFailedException"/>, or the
/// engine's exception.
/// </summary>
internal interface IFault
{
    /// <summary>It goes on when the container is started again; else that start is its end.</summary>
    bool OutlivesRestart { get; }

    /// <summary>Somebody else has ended it.</summary>
    /// <param name="lease">Which; it is there.</param>
    /// <param name="victim">The container as it is now.</param>
    bool HasEnded(Lease lease, Victim victim) => !OutlivesRestart && victim.StartedAt != lease.Run;

    /// <summary>Finds out what undoing will need; changes nothing.</summary>
    /// <returns>The lease with it.</returns>
    /// <exception cref="FaultRefusedException">Not on this container.</exception>
    Task<Lease> PrepareAsync(Lease lease, Victim victim, CancellationToken cancellationToken);

    /// <summary>Causes it; the lease is on the disk.</summary>
    /// <param name="lease">Which.</param>
    /// <param name="victim">The container as it was found while this was prepared.</param>
    /// <param name="cancellationToken">Breaks it off.</param>
    Task InjectAsync(Lease lease, Victim victim, CancellationToken cancellationToken);

    /// <summary>Undoes it, whatever of it is there, and nothing else. Twice does no harm.</summary>
    /// <param name="lease">Which.</param>
    /// <param name="wasInterrupted">Causing it was broken off in this life of the agent: the engine may still be about it.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    Task<Cure> UndoAsync(Lease lease, bool wasInterrupted, CancellationToken cancellationToken);
}

/// <summary>How a fault ended.</summary>
/// <param name="At">When, if it was not just now.</param>
/// <param name="Why">What ended it, if it was not undone here.</param>
internal sealed record Cure(DateTimeOffset? At = null, string? Why = null)
{
    /// <summary>It was undone here and now.</summary>
    public static Cure Here { get; } = new();

    /// <summary>The container is gone, and its fault with it.</summary>
    public static Cure Gone { get; } = new(Why: "the container is gone");

    /// <summary>The container has ended, and started again perhaps: its processes are others.</summary>
    public static Cure Ended { get; } = new(Why: "the container has ended since");
}
