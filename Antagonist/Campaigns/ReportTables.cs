using System.Collections.Immutable;
using System.Text;
using static HmsOrleans.Antagonist.Campaigns.ReportPage;

namespace HmsOrleans.Antagonist.Campaigns;

/// <summary>The tables of docs/experiment.md, in Markdown and in its order.</summary>
internal static class ReportTables
{
    public static readonly ImmutableArray<string> AvailabilityNames = ["", "report %", "ours %", "±", "missed samples", "age p50 s", "p95", "max", "of states p95", "max"];

    public static readonly ImmutableArray<string> BandwidthNames =
        ["", "report kbit/s", "its protocol on our history", "ours", "on the wire", "updates a change", "fetches", "bytes a change, its", "ours", "ours / its"];

    public static IEnumerable<string> AvailabilityRow(CampaignGroup group) =>
    [
        group.Name, Number(group.Report?.Availability, 1), Number(group.Availability.Mean, 1), Number(group.Availability.Margin, 1), $"{group.Cells.Sum(cell => cell.Availability.Missed)}",
        Number(group.Percentile(cell => cell.Ages, 0.5), 2), Number(group.Percentile(cell => cell.Ages, 0.95), 2), Number(group.Percentile(cell => cell.Ages, 1), 2),
        Number(group.Percentile(cell => cell.StateAges, 0.95), 2), Number(group.Percentile(cell => cell.StateAges, 1), 2),
    ];

    public static IEnumerable<string> BandwidthRow(CampaignGroup group) =>
    [
        group.Name, Number(group.Report?.Kbps, 3), Number(group.Mean(cell => cell.Traffic.ReportKbps).Mean, 1), Number(group.Mean(cell => cell.Traffic.Kbps).Mean, 1),
        group.Cells.All(cell => cell.Traffic.WireKbps is not null) ? Number(group.Mean(cell => cell.Traffic.WireKbps!.Value).Mean, 0) : "",
        Number(group.Mean(cell => cell.Traffic.UpdatesPerChange).Mean, 2), $"{group.Cells.Sum(cell => cell.Traffic.Fetches)}",
        Number(group.Mean(cell => cell.Traffic.ReportBytesPerChange).Mean, 0), Number(group.Mean(cell => cell.Traffic.BytesPerChange).Mean, 0), Number(group.Mean(cell => cell.Traffic.Ratio).Mean, 2),
    ];

    /// <param name="groups">Of one arm, or of both.</param>
    public static string Of(IReadOnlyList<CampaignGroup> groups)
    {
        var healing = groups.Where(group => group.Arm == CampaignArm.Healing).ToList();
        var main = healing.Count > 0 ? healing : groups;
        var text = new StringBuilder();
        Table(AvailabilityNames, main.Select(AvailabilityRow));
        Table(BandwidthNames, main.Select(BandwidthRow));
        Table(
            ["", "running %", "at best", "and reachable", "at best", "all running", "and reachable", "faults", "noticed", "known", "hidden", "void", "cut", "missed", "wrong restarts"],
            groups.Select(group => (IEnumerable<string>)
            [
                Named(group), Number(group.Mean(cell => cell.UpTime.Running).Mean, 1), Number(group.Mean(cell => cell.UpTime.RunningAtBest).Mean, 1),
                Number(group.Mean(cell => cell.UpTime.Good).Mean, 1), Number(group.Mean(cell => cell.UpTime.GoodAtBest).Mean, 1),
                Number(group.Mean(cell => cell.UpTime.AllRunning).Mean, 1), Number(group.Mean(cell => cell.UpTime.AllGood).Mean, 1),
                $"{group.Cells.Sum(cell => cell.Faults.Length)}", $"{group.Count(null, FaultVerdict.Detected)}", $"{group.Count(null, FaultVerdict.KnownBefore)}",
                $"{group.Count(null, FaultVerdict.TooShort, FaultVerdict.BelowThreshold)}", $"{group.Count(null, FaultVerdict.WithoutEffect)}", $"{group.Count(null, FaultVerdict.CutShort)}",
                $"{group.Count(null, FaultVerdict.Missed)}", $"{group.Cells.Sum(cell => cell.Restarts.Wrong.Length)}",
            ]));
        Table(
            ["", "noticed after s", "once visible", "healed after s"],
            from one in main
            from kind in one.Cells.SelectMany(cell => cell.Faults).Select(fault => fault.Kind).Distinct().Order()
            select (IEnumerable<string>)
            [
                $"{Named(one)}, {kind.ToString().ToLowerInvariant()}", Times(one, kind, fault => fault.Detected), Times(one, kind, fault => fault.DetectedOnceVisible), Times(one, kind, fault => fault.Healed),
            ]);
        return text.ToString();

        void Table(IEnumerable<string> names, IEnumerable<IEnumerable<string>> rows)
        {
            Line(names);
            Line(names.Select(_ => "---"));
            foreach (var row in rows)
            {
                Line(row);
            }
            text.Append('\n');
        }

        void Line(IEnumerable<string> cells) => text.Append("| ").AppendJoin(" | ", cells).Append(" |\n");
    }
}
