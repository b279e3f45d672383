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
    public FleetOrder OrderFor(string host) => new(Revision, Threshold, Hosts.GetValueOrDefault(host, true), ThresholdRevision);
}
