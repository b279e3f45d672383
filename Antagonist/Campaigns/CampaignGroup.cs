using System.Collections.Immutable;
using HmsOrleans.Grains.Antagonist;

namespace HmsOrleans.Antagonist.Campaigns;

/// <summary>All repetitions of a scenario at a window.</summary>
internal sealed class CampaignGroup
{
    private CampaignGroup(CampaignArm arm, string scenario, double window, ImmutableArray<CellFigures> cells) =>
        (Arm, Scenario, Window, Cells) = (arm, scenario, window, cells);

    public CampaignArm Arm { get; }

    public string Scenario { get; }

    public double Window { get; }

    /// <summary>One of each repetition.</summary>
    public ImmutableArray<CellFigures> Cells { get; }

    public string Name => FormattableString.Invariant($"{Scenario}, {Window} s");

    /// <summary>Percent. The interval is over the repetitions; where there is but one, over its blocks of ten seconds.</summary>
    public Statistics.Estimate Availability => Cells is [var only]
        ? new(only.Availability.Percent, Statistics.Mean(only.Availability.Blocks).Margin)
        : Mean(cell => cell.Availability.Percent);

    /// <summary>What the report measured; null at a window that it did not have, and with other parameters than its text's.</summary>
    public ReportScenario.Values? Report => Cells[0].Info.IsCalm ? null : ReportScenario.Of(Scenario).Measured.GetValueOrDefault(Window);

    public static ImmutableArray<CampaignGroup> Of(IEnumerable<CellFigures> cells) =>
    [
        .. from cell in cells
           group cell by (cell.Info.Arm, cell.Info.Scenario, cell.Info.Window) into same
           orderby same.Key.Arm, ReportScenario.Names.IndexOf(same.Key.Scenario), same.Key.Window
           select new CampaignGroup(same.Key.Arm, same.Key.Scenario, same.Key.Window, [.. same.OrderBy(cell => cell.Info.Repetition)]),
    ];

    public Statistics.Estimate Mean(Func<CellFigures, double> of) => Statistics.Mean([.. Cells.Select(of)]);

    public double? Percentile(Func<CellFigures, IEnumerable<double>> of, double share) => Statistics.Percentile([.. Cells.SelectMany(of)], share);

    public int Count(AttackKind? kind, params FaultVerdict[] verdicts) => Cells.Sum(cell => cell.Count(kind, verdicts));

    /// <summary>Times of the faults of a kind.</summary>
    public IEnumerable<double> Times(AttackKind kind, Func<FaultOutcome, double?> of) =>
        Cells.SelectMany(cell => cell.Faults).Where(fault => fault.Kind == kind).Select(of).OfType<double>();
}
