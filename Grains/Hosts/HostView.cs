using System.Collections.Immutable;
using HmsOrleans.Grains.Containers;
using HmsOrleans.Grains.Probing;

namespace HmsOrleans.Grains.Hosts;

/// <summary>A Docker host and all its containers, as people and programs see them.</summary>
/// <param name="Address">The host's address, its name in every call.</param>
/// <param name="State">How fresh the controller's knowledge of it is.</param>
/// <param name="LastHeartbeat">When it last gave a sign of life (UTC).</param>
/// <param name="Status">What it says of itself; null before it was first asked.</param>
/// <param name="Containers">By name.</param>
[GenerateSerializer, Immutable, Alias("hms.HostView")]
public sealed record HostView(
    [property: Id(0)] string Address,
    [property: Id(1)] HostState State,
    [property: Id(2)] DateTimeOffset? LastHeartbeat,
    [property: Id(3)] HostStatus? Status,
    [property: Id(4)] ImmutableArray<ContainerView> Containers)
{
    /// <summary>Which containers there are is known, of an earlier life of its node at least; of one that has just started it is not.</summary>
    public bool IsListed => Containers.Length > 0 || Status is { Ready: true };

    /// <summary>Which containers there are will be known in a moment: its node has just started. Not so of one whose engine is silent.</summary>
    public bool IsStarting => !IsListed && State != HostState.Offline && Status is null or { EngineSilence: null or HostStatus.NotAsked };
}

/// <summary>How fresh the controller's knowledge of a host is.</summary>
[GenerateSerializer]
public enum HostState
{
    /// <summary>No sign of life for longer than <c>Hms:Controller:OfflineAfter</c>.</summary>
    Offline,

    /// <summary>It has told of changes that were not fetched yet.</summary>
    UpdatePresent,

    /// <summary>Its changes are being fetched.</summary>
    WaitingForUpdate,

    Updated,
}

/// <summary>What a host says of itself.</summary>
[GenerateSerializer, Immutable, Alias("hms.HostStatus")]
public sealed record HostStatus
{
    /// <summary>What <see cref="EngineSilence"/> is before the first question.</summary>
    public const string NotAsked = "not asked yet";

    /// <summary>The engine answers.</summary>
    [Id(0)] public required bool EngineAnswers { get; init; }

    /// <summary>Since when the engine has been answering, or silent (UTC).</summary>
    [Id(1)] public required DateTimeOffset EngineSince { get; init; }

    /// <summary>Why the engine does not answer; null while it does.</summary>
    [Id(2)] public string? EngineSilence { get; init; }

    [Id(3)] public required ProberStatus Prober { get; init; }

    /// <summary>False after the host was removed: it watches nothing and touches nothing.</summary>
    [Id(4)] public required bool Supervised { get; init; }

    /// <summary>Percent of packet loss that holds for containers without a threshold of their own.</summary>
    [Id(5)] public required double Threshold { get; init; }

    /// <summary>Why settings could not be saved; null while all are.</summary>
    [Id(6)] public string? UnsavedBecause { get; init; }

    /// <summary>The engine's containers have been listed and the settings read: the host is at work.</summary>
    [Id(7)] public required bool Ready { get; init; }

    /// <summary>Why the engine tells no events, so that what happens is found by its list only, up to some seconds later; null while it does.</summary>
    [Id(8)] public string? NoEvents { get; init; }
}
