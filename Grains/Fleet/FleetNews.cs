using System.Collections.Immutable;
using HmsOrleans.Grains.Containers;
using HmsOrleans.Grains.Hosts;

namespace HmsOrleans.Grains.Fleet;

/// <summary>What changed in the view of the fleet since a version; everything, when the versions do not meet.</summary>
/// <param name="Epoch">Life of the controller that counts the versions; they mean nothing in another.</param>
/// <param name="Version">The version that these news lead to: what to ask with next.</param>
/// <param name="IsFull">True when this is all there is; what is not in it is gone.</param>
/// <param name="Hosts">Hosts of which more than the last sign of life changed, without their containers.</param>
/// <param name="Changed">Containers as they are now.</param>
/// <param name="Removed">Containers that are gone.</param>
[GenerateSerializer, Immutable, Alias("hms.FleetNews")]
public sealed record FleetNews(
    [property: Id(0)] Guid Epoch,
    [property: Id(1)] long Version,
    [property: Id(2)] bool IsFull,
    [property: Id(3)] ImmutableArray<HostView> Hosts,
    [property: Id(4)] ImmutableArray<ContainerView> Changed,
    [property: Id(5)] ImmutableArray<ContainerKey> Removed);

/// <summary>Which container of the fleet.</summary>
/// <param name="Host">Address of its Docker host.</param>
/// <param name="Id">Its full id.</param>
[GenerateSerializer, Immutable, Alias("hms.ContainerKey")]
public readonly record struct ContainerKey([property: Id(0)] string Host, [property: Id(1)] string Id);
