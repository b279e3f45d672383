using System.Collections.Immutable;
using HmsOrleans.Grains.Commands;
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

    /// <summary>Which fleet this is: made once, with the first state in a store.</summary>
    [Id(5)] public Guid Fleet { get; init; }

    /// <summary>The revision at which each host was last taken into the fleet or removed.</summary>
    [Id(6)] public ImmutableDictionary<string, long> HostRevisions { get; init; } = ImmutableDictionary<string, long>.Empty;

    /// <summary>Commands of programs outside that were carried out last, see <see cref="CommandMark"/>.</summary>
    [Id(7)] public ImmutableList<Guid> Commands { get; init; } = [];

    /// <summary>What holds for a host.</summary>
    /// <param name="host">Its address.</param>
    /// <param name="autoRegister">Whether one that was never registered is under supervision.</param>
    public FleetOrder OrderFor(string host, bool autoRegister) =>
        new(Revision, Threshold, Hosts.GetValueOrDefault(host, autoRegister), ThresholdRevision, Fleet, HostRevisions.GetValueOrDefault(host));

    /// <summary>The same with a host in the fleet, or out of it.</summary>
    public FleetState With(string host, bool supervised) => this with
    {
        Hosts = Hosts.SetItem(host, supervised),
        HostRevisions = HostRevisions.SetItem(host, Revision + 1),
    };

    /// <summary>
    /// The same with all that a host was told and this does not know: it was not saved before the controller that said it was lost.
    /// The words of another fleet are none of ours.
    /// </summary>
    public FleetState Merged(string host, FleetOrder told)
    {
        if (told.Fleet != Fleet)
        {
            return this;
        }
        var merged = this with { Revision = Math.Max(Revision, told.Revision) };
        if (told.ThresholdRevision > ThresholdRevision)
        {
            merged = merged with { Threshold = told.Threshold, ThresholdRevision = told.ThresholdRevision };
        }
        return told.SupervisedRevision <= HostRevisions.GetValueOrDefault(host)
            ? merged
            : merged with { Hosts = Hosts.SetItem(host, told.Supervised), HostRevisions = HostRevisions.SetItem(host, told.SupervisedRevision) };
    }
}
