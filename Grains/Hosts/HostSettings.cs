using System.Collections.Immutable;
using HmsOrleans.Grains.Commands;

namespace HmsOrleans.Grains.Hosts;

/// <summary>Everything about a host that must survive its node: kept in the host's own store.</summary>
[GenerateSerializer, Immutable, Alias("hms.HostSettings")]
public sealed record HostSettings
{
    /// <summary>Percent; null lets the fleet decide.</summary>
    [Id(0)] public double? Threshold { get; init; }

    /// <summary>What the fleet last asked of this host; <see cref="FleetOrder.None"/> before it was ever heard.</summary>
    [Id(1)] public FleetOrder Fleet { get; init; } = FleetOrder.None;

    /// <summary>By full id.</summary>
    [Id(2)] public ImmutableDictionary<string, ContainerSettings> Containers { get; init; } = ImmutableDictionary<string, ContainerSettings>.Empty;

    /// <summary>Commands of programs outside that were carried out last, see <see cref="CommandMark"/>.</summary>
    [Id(3)] public ImmutableList<Guid> Commands { get; init; } = [];

    /// <summary>What is kept for a container; the defaults when nothing is.</summary>
    public ContainerSettings Of(string containerId) => Containers.GetValueOrDefault(containerId, ContainerSettings.Default);

    /// <summary>The same with other settings for one container.</summary>
    public HostSettings With(string containerId, ContainerSettings settings) => this with { Containers = Containers.SetItem(containerId, settings) };
}

/// <summary>What a host keeps for one container.</summary>
/// <param name="Supervised">A person's word; null lets the labels decide.</param>
/// <param name="Threshold">Percent; null lets label, host or fleet decide.</param>
/// <param name="Adopted">It has been seen running: a stop of it is a fault, also one that happened while the node was down.</param>
[GenerateSerializer, Immutable, Alias("hms.ContainerSettings")]
public sealed record ContainerSettings(
    [property: Id(0)] bool? Supervised = null,
    [property: Id(1)] double? Threshold = null,
    [property: Id(2)] bool Adopted = false)
{
    public static ContainerSettings Default { get; } = new();
}
