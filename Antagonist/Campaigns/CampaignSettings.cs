using System.Collections.Immutable;
using System.Globalization;
using HmsOrleans.Grains.Antagonist;

namespace HmsOrleans.Antagonist.Campaigns;

/// <summary>What a campaign plays.</summary>
internal sealed record CampaignSettings
{
    /// <summary>The report's aggregation windows, in seconds.</summary>
    public static ImmutableArray<double> AllWindows { get; } = [0.1, 1, 2.5];

    /// <summary>Where the raw data and the results are put.</summary>
    public required string Directory { get; init; }

    /// <summary>Names of <see cref="ReportScenario"/>s.</summary>
    public ImmutableArray<string> Scenarios { get; init; } = ReportScenario.Names;

    /// <summary>Aggregation windows, in seconds.</summary>
    public ImmutableArray<double> Windows { get; init; } = AllWindows;

    /// <summary>Of one cell.</summary>
    public TimeSpan Length { get; init; } = TimeSpan.FromMinutes(5);

    public int Repetitions { get; init; } = 30;

    /// <summary>With the calmer parameters of the report's code.</summary>
    public bool IsCalm { get; init; }

    /// <summary>Of the first repetition; each further one has the next. All windows of a scenario see the same attacks.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>What is done to the containers.</summary>
    public ImmutableArray<AttackKind> Kinds { get; init; } = ReportScenario.Kinds;

    public CampaignArm Arm { get; init; }

    /// <summary>How long all containers have to be well before a cell begins.</summary>
    public TimeSpan Settle { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Files like <c>/proc/PID/net/dev</c>, one in the network namespace of each host; empty: bytes on the wire are not counted.</summary>
    public ImmutableArray<string> NetworkCounters { get; init; } = [];

    /// <summary>All cells, whole repetitions one after another: a campaign that is broken off has some of everything.</summary>
    public ImmutableArray<Cell> Cells =>
    [
        .. from repetition in Enumerable.Range(1, Repetitions)
           from scenario in Scenarios
           from window in Windows
           select new Cell(scenario, window, repetition),
    ];

    /// <summary>What the antagonists are told.</summary>
    public AttackScenario AttackOf(string scenario, int repetition) => ReportScenario.Of(scenario).ToAttack(IsCalm, Seed + repetition - 1) with { Kinds = Kinds };

    /// <summary>In what a cell of an earlier run differs from what it would be now; null: in nothing.</summary>
    /// <param name="cell">How it was played.</param>
    /// <param name="hosts">Those that are there now.</param>
    public string? DifferenceTo(CellInfo cell, ImmutableArray<string> hosts)
    {
        return cell.Arm != Arm ? $"--arm {Word(cell.Arm)}, not {Word(Arm)}"
            : cell.IsCalm != IsCalm ? $"with{(cell.IsCalm ? "" : "out")} --calm"
            : cell.Attack.Seed != Seed + cell.Repetition - 1 ? $"--seed {cell.Attack.Seed - cell.Repetition + 1}, not {Seed}"
            : cell.Attack != AttackOf(cell.Scenario, cell.Repetition) ? $"attacks of {cell.Attack}"
            : cell.PlannedLength is { } length && length != Length.TotalSeconds ? string.Create(CultureInfo.InvariantCulture, $"--length {length}s, not {Length.TotalSeconds}s")
            : !cell.Hosts.ToHashSet().SetEquals(hosts) ? $"against {string.Join(", ", cell.Hosts)}, not {string.Join(", ", hosts)}"
            : null;

        static string Word(CampaignArm arm) => arm.ToString().ToLowerInvariant();
    }
}

/// <summary>Whether what is attacked is healed. The containers' labels make it so; the campaign sees that they do.</summary>
internal enum CampaignArm
{
    Healing,

    /// <summary>Nothing is healed (label <c>hms.restart=never</c>): what would have become of the containers.</summary>
    Control,
}
