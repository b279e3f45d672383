namespace HmsOrleans.Silo.Cluster;

/// <summary>How a node ends that wants to be started again by whoever supervises it.</summary>
internal static class ExitCodes
{
    /// <summary>A part of it failed by a fault of the program.</summary>
    public const int Failed = 2;

    /// <summary>
    /// The cluster has declared it dead, as it does with one that was cut off or hung, or its own watchdog has: only a new life can
    /// go on.
    /// </summary>
    public const int LostItsPlace = 70;

    /// <summary>It was on its own and can join its cluster now, or could not join and has to be on its own.</summary>
    public const int OtherLife = 71;
}
