using System.Collections.Immutable;
using HmsOrleans.Grains.Containers;

namespace HmsOrleans.Grains.Hosts;

/// <summary>What changed on a host since a version; everything, when the versions do not meet.</summary>
/// <param name="Epoch">Life of the host's grain that counts the versions; they mean nothing in another.</param>
/// <param name="Version">The version that this content leads to.</param>
/// <param name="IsFull">True when <paramref name="Changed"/> is all there is; what is not in it is gone.</param>
/// <param name="Changed">Containers as they are now.</param>
/// <param name="Removed">Ids of containers that are gone.</param>
/// <param name="Status">What the host says of itself.</param>
/// <param name="StateVersion">The version at which something last changed that is no measurement; 0 where the host did not say it.</param>
[GenerateSerializer, Immutable, Alias("hms.HostContent")]
public sealed record HostContent(
    [property: Id(0)] Guid Epoch,
    [property: Id(1)] long Version,
    [property: Id(2)] bool IsFull,
    [property: Id(3)] ImmutableArray<ContainerView> Changed,
    [property: Id(4)] ImmutableArray<string> Removed,
    [property: Id(5)] HostStatus Status,
    [property: Id(6)] long StateVersion = 0);
