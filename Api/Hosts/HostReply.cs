using System.Collections.Immutable;
using HmsOrleans.Grains.Containers;
using HmsOrleans.Grains.Hosts;
using HmsOrleans.Grains.Probing;

namespace HmsOrleans.Api.Hosts;

/// <summary>A Docker host and its containers.</summary>
/// <param name="Address">The host's address, its name in every path.</param>
/// <param name="State">How fresh the controller's knowledge of it is; what is shown of an offline host is the last that was known.</param>
/// <param name="LastHeartbeat">When it last gave a sign of life (UTC); null before the first.</param>
/// <param name="Status">What it says of itself; null before it was first asked.</param>
/// <param name="Containers">By name.</param>
public sealed record HostReply(
    string Address, HostState State, DateTimeOffset? LastHeartbeat, HostStatusReply? Status, ImmutableArray<ContainerView> Containers)
{
    internal static HostReply From(HostView host) =>
        new(host.Address, host.State, host.LastHeartbeat, HostStatusReply.From(host.Status), host.Containers);
}

/// <summary>What a host says of itself.</summary>
/// <param name="Ready">The engine's containers have been listed and the settings read.</param>
/// <param name="Supervised">False after the host was removed: it watches nothing and touches nothing.</param>
/// <param name="Threshold">Percent of packet loss that holds for containers without a threshold of their own.</param>
/// <param name="Engine">The host's Docker engine.</param>
/// <param name="Prober">How packet loss is measured.</param>
/// <param name="Storage">Whether settings are kept over a restart.</param>
public sealed record HostStatusReply(
    bool Ready, bool Supervised, double Threshold, EngineReply Engine, ProberReply Prober, StorageReply Storage)
{
    internal static HostStatusReply? From(HostStatus? status) => status is null
        ? null
        : new(
            status.Ready,
            status.Supervised,
            status.Threshold,
            new(status.EngineAnswers, status.EngineSince, status.EngineSilence, status.NoEvents),
            new(status.Prober.Mode, status.Prober.Reason),
            new(status.UnsavedBecause is null, status.UnsavedBecause));
}

/// <summary>A Docker engine.</summary>
/// <param name="Answers">It answers.</param>
/// <param name="Since">Since when it has been answering, or silent (UTC).</param>
/// <param name="Silence">Why it does not answer; null while it does.</param>
/// <param name="NoEvents">Why it tells no events, so that what happens is found by its list only, up to some seconds later; null while it does.</param>
public sealed record EngineReply(bool Answers, DateTimeOffset Since, string? Silence, string? NoEvents);

/// <summary>How packet loss is measured.</summary>
/// <param name="Mode">Which kind of socket the kernel permits; off: none, the host runs on the engine's events alone.</param>
/// <param name="Reason">Where there is none: what to change.</param>
public sealed record ProberReply(ProberMode Mode, string? Reason);

/// <summary>Whether settings are kept over a restart.</summary>
/// <param name="Saved">All settings made so far are saved.</param>
/// <param name="Reason">Why some are not; they hold all the same, and saving is retried.</param>
public sealed record StorageReply(bool Saved, string? Reason);
