namespace HmsOrleans.Grains.Fleet;

/// <summary>How this node stands to its cluster.</summary>
/// <param name="IsIsland">
/// It was started while its cluster's database did not answer: it cares for its own host alone, and nothing that holds for the
/// fleet can be changed through it.
/// </param>
public sealed record NodeMode(bool IsIsland);
