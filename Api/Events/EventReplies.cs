using System.Collections.Immutable;
using HmsOrleans.Api.Hosts;
using HmsOrleans.Grains.Containers;
using HmsOrleans.Grains.Fleet;

namespace HmsOrleans.Api.Events;

/// <summary>Everything as it is: the data of the event <c>snapshot</c>.</summary>
/// <param name="Hosts">By address, as GET /containers lists them.</param>
internal sealed record FleetSnapshot(IEnumerable<HostReply> Hosts);

/// <summary>What changed: the data of the event <c>delta</c>.</summary>
/// <param name="Hosts">Hosts that changed, as GET /hosts lists them.</param>
/// <param name="Changed">Containers as they are now.</param>
/// <param name="Removed">Containers that are gone.</param>
internal sealed record FleetDelta(IReadOnlyList<HostSummary> Hosts, ImmutableArray<ContainerView> Changed, ImmutableArray<ContainerKey> Removed);

/// <summary>Nothing new is known: the data of the event <c>silent</c>. A gap and a snapshot follow when that is over.</summary>
/// <param name="Reason">Why, for a sentence.</param>
internal sealed record FleetSilence(string Reason);
