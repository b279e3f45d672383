using System.Collections.Immutable;
using HmsOrleans.Grains.Hosts;

namespace HmsOrleans.Grains.Fleet;

/// <summary>How far the controller's view is from what the hosts have told, and what bringing it up to date has cost so far.</summary>
/// <param name="Hosts">By address.</param>
/// <param name="Fetches">Requests for content that were answered, in this life of the controller.</param>
/// <param name="Changes">Changes of containers in the answers.</param>
/// <param name="Bytes">Bytes of the answers. Counted only while somebody asks for this, at least every five seconds: counting costs about as much as sending.</param>
[GenerateSerializer, Immutable, Alias("hms.FleetFreshness")]
public sealed record FleetFreshness(
    [property: Id(0)] ImmutableArray<HostFreshness> Hosts,
    [property: Id(1)] long Fetches,
    [property: Id(2)] long Changes,
    [property: Id(3)] long Bytes);

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
