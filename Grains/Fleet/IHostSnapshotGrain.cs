using System.Collections.Immutable;
using HmsOrleans.Grains.Containers;
using HmsOrleans.Grains.Hosts;

namespace HmsOrleans.Grains.Fleet;

/// <summary>What was last known of a host, in the cluster's store: a controller that moved can still show a host that is offline. Keyed by the host's address.</summary>
[Alias("hms.IHostSnapshotGrain")]
internal interface IHostSnapshotGrain : IGrainWithStringKey
{
    /// <returns>Null when none was ever saved.</returns>
    [Alias("Load")]
    Task<HostSnapshot?> Load(CancellationToken cancellationToken);

    [Alias("Save")]
    Task Save(HostSnapshot snapshot, CancellationToken cancellationToken);
}

/// <summary>A host as it was.</summary>
[GenerateSerializer, Immutable, Alias("hms.HostSnapshot")]
public sealed record HostSnapshot
{
    /// <summary>When it was so (UTC).</summary>
    [Id(0)] public DateTimeOffset At { get; init; }

    [Id(1)] public HostStatus? Status { get; init; }

    [Id(2)] public ImmutableArray<ContainerView> Containers { get; init; } = [];
}
