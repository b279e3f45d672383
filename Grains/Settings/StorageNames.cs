namespace HmsOrleans.Grains.Settings;

/// <summary>Names of the two grain stores.</summary>
public static class StorageNames
{
    /// <summary>On the host itself: what a host must know while it is cut off from everything else.</summary>
    public const string Host = "host";

    /// <summary>Shared by the cluster: what belongs to the fleet.</summary>
    public const string Cluster = "cluster";
}
