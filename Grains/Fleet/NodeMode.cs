namespace HmsOrleans.Grains.Fleet;

/// <summary>How this node stands to its cluster.</summary>
/// <param name="AloneBecause">
/// Why it was started without its cluster: it cares for its own host alone, and nothing that holds for the fleet can be changed
/// through it. Null for a member, and for a node that is a cluster of its own.
/// </param>
public sealed record NodeMode(string? AloneBecause = null)
{
    /// <summary>It was started without its cluster.</summary>
    public bool IsIsland => AloneBecause is not null;
}
