using Orleans.Placement;

namespace HmsOrleans.Grains.Hosts;

/// <summary>The grain lives on the silo whose name is its key up to the first slash, and nowhere else.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class HostBoundAttribute() : PlacementAttribute(HostBoundPlacement.Instance);

/// <summary>Placement on the silo of the host that the grain's key begins with.</summary>
[GenerateSerializer, Immutable, Alias("hms.HostBoundPlacement")]
public sealed class HostBoundPlacement : PlacementStrategy
{
    internal static HostBoundPlacement Instance { get; } = new();

    /// <summary>The host's address in the key of a host-bound grain.</summary>
    public static string HostOf(string key)
    {
        var slash = key.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? key : key[..slash];
    }
}
