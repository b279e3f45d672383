using System.Collections.Immutable;
using HmsOrleans.Grains.Hosts;

namespace HmsOrleans.Grains.Fleet;

/// <summary>Everything about the fleet that must survive: kept in the cluster's store.</summary>
[GenerateSerializer, Immutable, Alias("hms.FleetState")]
public sealed record FleetState
{
    /// <summary>Grows with each change.</summary>
    [Id(0)] public long Revision { get; init; }

    /// <summary>Percent; null keeps the configured one.</summary>
    [Id(1)] public double? Threshold { get; init; }

    /// <summary>The revision at which <see cref="Threshold"/> was last set.</summary>
    [Id(2)] public long ThresholdRevision { get; init; }

    /// <summary>Null keeps the configured one.</summary>
    [Id(3)] public TimeSpan? AggregationWindow { get; init; }

    /// <summary>Every host ever registered, by address; false for those that were removed and must not come back by themselves.</summary>
    [Id(4)] public ImmutableDictionary<string, bool> Hosts { get; init; } = ImmutableDictionary<string, bool>.Empty;

    /// <summary>What holds for a host.</summary>
    /// <param name="host">Its address.</param>
    /// <param name="autoRegister">Whether one that was never registered is under supervision.</param>
    public FleetOrder OrderFor(string host, bool autoRegister) => new(Revision, Threshold, Hosts.GetValueOrDefault(host, autoRegister), ThresholdRevision);

    /// <summary>
    /// The same after a host has told of a newer word than any here: what it was given was not saved before the controller that gave
    /// it was lost.
    /// </summary>
    public FleetState With(string host, FleetOrder newer) => this with
    {
        Revision = newer.Revision,
        Threshold = newer.Threshold,
        ThresholdRevision = newer.ThresholdRevision,
        Hosts = Hosts.SetItem(host, newer.Supervised),
    };
}
