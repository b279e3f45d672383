using System.Collections.Immutable;
using HmsOrleans.Grains.Hosts;

namespace HmsOrleans.Grains.Fleet;

/// <summary>How far the controller's view is from what the hosts have told, and what bringing it up to date has cost so far, in this life of the controller.</summary>
/// <param name="Hosts">By address.</param>
/// <param name="Fetches">Requests for everything on a host that were answered.</param>
/// <param name="Changes">Changes of containers in the updates and answers.</param>
/// <param name="Bytes">Bytes of the news in the updates and answers, as they are serialized.</param>
/// <param name="Updates">Updates that came. An answer to one is empty.</param>
[GenerateSerializer, Immutable, Alias("hms.FleetFreshness")]
public sealed record FleetFreshness(
    [property: Id(0)] ImmutableArray<HostFreshness> Hosts,
    [property: Id(1)] long Fetches,
    [property: Id(2)] long Changes,
    [property: Id(3)] long Bytes,
    [property: Id(4)] long Updates);

/// <summary>What the controller has of a host.</summary>
/// <param name="Address">The host's address.</param>
/// <param name="State">How fresh it is.</param>
/// <param name="Epoch">Life of the host's grain that counts the versions.</param>
/// <param name="Version">The version of the content.</param>
[GenerateSerializer, Immutable, Alias("hms.HostFreshness")]
public sealed record HostFreshness(
    [property: Id(0)] string Address,
    [property: Id(1)] HostState State,
    [property: Id(2)] Guid Epoch,
    [property: Id(3)] long Version);
