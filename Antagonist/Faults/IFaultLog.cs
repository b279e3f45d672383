using HmsOrleans.Antagonist.Leases;

namespace HmsOrleans.Antagonist.Faults;

/// <summary>Takes down what was done to whom, and when: the truth that a monitor is measured against. Called on any thread.</summary>
internal interface IFaultLog
{
    /// <summary>A fault began.</summary>
    /// <param name="lease">Which.</param>
    /// <param name="at">One that ends the container: just before it was ended. Another: when the call returned that made it.</param>
    void Begun(Lease lease, DateTimeOffset at);

    /// <summary>A fault is over.</summary>
    /// <param name="lease">Which.</param>
    /// <param name="at">When the call returned that undid it; for a container that somebody else started: when that run began.</param>
    /// <param name="why">What ended it, if it was not undone here: that somebody else healed it, that the container is gone, that it failed.</param>
    void Ended(Lease lease, DateTimeOffset at, string? why);
}
