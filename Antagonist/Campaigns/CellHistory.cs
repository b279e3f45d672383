using System.Collections.Immutable;
using HmsOrleans.Grains.Antagonist;
using HmsOrleans.Grains.Containers;
using HmsOrleans.Grains.Engine;
using HmsOrleans.Grains.Health;
using HmsOrleans.Grains.Hosts;

namespace HmsOrleans.Antagonist.Campaigns;

/// <summary>All that was recorded in a cell. Times are seconds from its start.</summary>
/// <param name="Info">How it was played.</param>
/// <param name="Samples">In the order of their times.</param>
/// <param name="Records">What the antagonists did and the engines told.</param>
/// <param name="Views">The containers as the hosts told of them: all at the start, then each that changed.</param>
/// <param name="Traffic">Once a second.</param>
internal sealed record CellHistory(
    CellInfo Info,
    ImmutableArray<CellHistory.Sample> Samples,
    ImmutableArray<CellHistory.Record> Records,
    ImmutableArray<CellHistory.View> Views,
    ImmutableArray<CellHistory.Count> Traffic)
{
    /// <summary>The controller's view against the hosts' truth at one moment.</summary>
    /// <param name="At">When it was asked.</param>
    /// <param name="IsAnswered">The controller answered in time.</param>
    /// <param name="Hosts">In the order of <see cref="CellInfo.Hosts"/>.</param>
    internal sealed record Sample(double At, bool IsAnswered, ImmutableArray<HostSample> Hosts);

    /// <summary>The controller's view of a host against that host's truth. Versions of a later life of the host's grain are higher than those of an earlier one.</summary>
    /// <param name="State">As the controller has it; null when it did not answer in time or does not know the host.</param>
    /// <param name="Held">The version that the controller holds.</param>
    /// <param name="Truth">The version that the host is at; null when it did not answer in time.</param>
    /// <param name="StateTruth">The version at which something last changed that is no measurement.</param>
    internal sealed record HostSample(HostState? State, long? Held, long? Truth, long? StateTruth);

    /// <inheritdoc cref="AttackRecord"/>
    internal sealed record Record(
        double At, string Host, long Number, AttackEvent Event, string Container, string ContainerId, Guid? Fault, AttackKind? Kind, double? Loss, string? Text);

    /// <summary>
    /// A container as its host told of it. <c>At</c> is when that was seen, up to a period of the samples later than it was told;
    /// <c>FaultAt</c> when the evidence for its last fault was complete, by the host's clock. The rest is as in <see cref="ContainerView"/>.
    /// </summary>
    internal sealed record View(
        double At, string Host, string Container, string ContainerId, string Image, string Address, ContainerState State, ServiceState Service, HealthState Health,
        double? Loss, double? Rtt, long? Memory, int Restarts, FaultCause? Cause, double? FaultAt, string Details);

    /// <summary>The controller's counters, as of some moment.</summary>
    /// <param name="At">When.</param>
    /// <param name="Fetches">Contents fetched.</param>
    /// <param name="Changes">Changes of containers in them, and in the updates.</param>
    /// <param name="Bytes">Bytes of both.</param>
    /// <param name="Wire">Bytes that all hosts have sent, whatever for; null when nobody counts.</param>
    /// <param name="Updates">Updates that hosts have sent.</param>
    internal sealed record Count(double At, long Fetches, long Changes, long Bytes, long? Wire, long Updates);
}
