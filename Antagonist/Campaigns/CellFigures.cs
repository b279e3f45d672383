using System.Collections.Immutable;
using HmsOrleans.Grains.Antagonist;

namespace HmsOrleans.Antagonist.Campaigns;

/// <summary>What a cell comes to.</summary>
internal sealed record CellFigures
{
    public required CellInfo Info { get; init; }

    public required Availability Availability { get; init; }

    /// <summary>Seconds, of each sample (see <see cref="ViewAge"/>).</summary>
    public required ImmutableArray<double> Ages { get; init; }

    /// <summary>Seconds, of changes of state alone.</summary>
    public required ImmutableArray<double> StateAges { get; init; }

    public required TrafficFigures Traffic { get; init; }

    public required UpTime UpTime { get; init; }

    public required ImmutableArray<FaultOutcome> Faults { get; init; }

    public required RestartAccount Restarts { get; init; }

    public static CellFigures Of(CellHistory history)
    {
        var lives = ContainerLife.Of(history);
        return new()
        {
            Info = history.Info,
            Availability = Availability.Of(history),
            Ages = ViewAge.Of(history),
            StateAges = ViewAge.OfStates(history),
            Traffic = TrafficFigures.Of(history),
            UpTime = UpTime.Of(lives, history.Info.Length),
            Faults = FaultOutcome.Of(history, lives),
            Restarts = RestartAccount.Of(lives),
        };
    }

    /// <summary>Faults of a kind with one of some verdicts.</summary>
    public int Count(AttackKind? kind, params ReadOnlySpan<FaultVerdict> verdicts)
    {
        var count = 0;
        foreach (var fault in Faults)
        {
            count += (kind is null || fault.Kind == kind) && verdicts.Contains(fault.Verdict) ? 1 : 0;
        }
        return count;
    }
}
