using System.Text.Json;
using HmsOrleans.Grains.Antagonist;

namespace HmsOrleans.Antagonist.Campaigns;

/// <summary>The figures for programs.</summary>
internal static class CampaignResults
{
    private static readonly double[] Shares = [0.5, 0.95, 0.99];

    public static void Write(string path, IReadOnlyList<CampaignGroup> groups) => File.WriteAllText(path, JsonSerializer.Serialize(groups.Select(group => new
    {
        group.Arm,
        group.Scenario,
        group.Window,
        Cells = group.Cells.Length,
        group.Cells[0].Info.Start,
        Length = group.Cells[0].Info.PlannedLength ?? Math.Round(group.Cells[0].Info.Length),
        group.Cells[0].Info.Attack.Seed,
        group.Cells[0].Info.IsCalm,
        Hosts = group.Cells[0].Info.Hosts.Length,
        Containers = group.Cells[0].Info.Containers.Length,
        group.Cells[0].Info.Machine,
        Faults = group.Cells.Sum(cell => cell.Faults.Length),
        Availability = group.Availability,
        group.Report,
        MissedSamples = group.Cells.Sum(cell => cell.Availability.Missed),
        Age = Percentiles(share => group.Percentile(cell => cell.Ages, share)),
        AgeMax = group.Percentile(cell => cell.Ages, 1),
        StateAge = Percentiles(share => group.Percentile(cell => cell.StateAges, share)),
        StateAgeMax = group.Percentile(cell => cell.StateAges, 1),
        Kbps = group.Mean(cell => cell.Traffic.Kbps),
        ReportProtocolKbps = group.Mean(cell => cell.Traffic.ReportKbps),
        WireKbps = group.Cells.All(cell => cell.Traffic.WireKbps is not null) ? group.Mean(cell => cell.Traffic.WireKbps ?? 0) : null,
        UpdatesPerChange = group.Mean(cell => cell.Traffic.UpdatesPerChange),
        Fetches = group.Cells.Sum(cell => cell.Traffic.Fetches),
        BytesPerChange = group.Mean(cell => cell.Traffic.BytesPerChange),
        ReportProtocolBytesPerChange = group.Mean(cell => cell.Traffic.ReportBytesPerChange),
        Ratio = group.Mean(cell => cell.Traffic.Ratio),
        Running = group.Mean(cell => cell.UpTime.Running),
        RunningAtBest = group.Mean(cell => cell.UpTime.RunningAtBest),
        RunningAndReachable = group.Mean(cell => cell.UpTime.Good),
        RunningAndReachableAtBest = group.Mean(cell => cell.UpTime.GoodAtBest),
        AllRunning = group.Mean(cell => cell.UpTime.AllRunning),
        AllRunningAndReachable = group.Mean(cell => cell.UpTime.AllGood),
        Kinds = group.Cells.SelectMany(cell => cell.Faults).Select(fault => fault.Kind).Distinct().Order().ToDictionary(kind => $"{kind}", kind => Kind(group, kind)),
        Restarts = new
        {
            AfterStop = group.Cells.Sum(cell => cell.Restarts.AfterStop),
            UnderImpairment = group.Cells.Sum(cell => cell.Restarts.UnderImpairment),
            AfterOwnEnd = group.Cells.Sum(cell => cell.Restarts.AfterOwnEnd),
            Wrong = group.Cells.SelectMany(cell => cell.Restarts.Wrong),
        },
        Missed = group.Cells.SelectMany(cell => cell.Faults).Where(fault => fault.Verdict == FaultVerdict.Missed),
        Notes = group.Cells.SelectMany(cell => cell.Info.Notes).Distinct(),
    }), CellFolder.Json));

    private static object Kind(CampaignGroup group, AttackKind kind) => new
    {
        Verdicts = Enum.GetValues<FaultVerdict>().ToDictionary(verdict => JsonNamingPolicy.CamelCase.ConvertName($"{verdict}"), verdict => group.Count(kind, verdict)),
        Detected = Percentiles(share => Statistics.Percentile([.. group.Times(kind, fault => fault.Detected)], share)),
        DetectedOnceVisible = Percentiles(share => Statistics.Percentile([.. group.Times(kind, fault => fault.DetectedOnceVisible)], share)),
        Healed = Percentiles(share => Statistics.Percentile([.. group.Times(kind, fault => fault.Healed)], share)),
        HealedCount = group.Times(kind, fault => fault.Healed).Count(),
    };

    private static Dictionary<string, double?> Percentiles(Func<double, double?> of) =>
        Shares.ToDictionary(share => FormattableString.Invariant($"p{share * 100:0}"), share => of(share) is { } value ? Math.Round(value, 3) : (double?)null);
}
