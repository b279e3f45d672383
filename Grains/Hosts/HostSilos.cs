namespace HmsOrleans.Grains.Hosts;

/// <summary>Which silo is whose.</summary>
internal interface IHostSilos
{
    /// <summary>Grows whenever a silo joins, leaves or is declared dead.</summary>
    long Version { get; }

    /// <summary>The active silo of a host; null when there is none.</summary>
    SiloAddress? Find(string host);
}

/// <summary>A host's silo bears its address as its name. After a restart the old and the new silo may both be known for a while: the younger one is meant.</summary>
internal sealed class HostSilos(ISiloStatusOracle silos, IClusterMembershipService membership) : IHostSilos
{
    public long Version => membership.CurrentSnapshot.Version.Value;

    public SiloAddress? Find(string host) =>
        silos.GetApproximateSiloStatuses(onlyActive: true).Keys
            .Where(candidate => silos.TryGetSiloName(candidate, out var name) && name == host)
            .MaxBy(candidate => candidate.Generation);
}
