using System.Globalization;
using System.Net;
using System.Text;
using HmsOrleans.Grains.Antagonist;

namespace HmsOrleans.Antagonist.Campaigns;

/// <summary>The results of a campaign as one page that needs nothing else.</summary>
internal static class ReportPage
{
    private const string Style = """
        :root { color-scheme: light dark; --ink: #27272a; --soft: #71717a; --paper: #fff; --line: #e4e4e7; --bad: #b91c1c }
        @media (prefers-color-scheme: dark) { :root { --ink: #d4d4d8; --soft: #a1a1aa; --paper: #18181b; --line: #3f3f46; --bad: #f87171 } }
        body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 64rem; margin: 2rem auto; padding: 0 1rem }
        h1 { font-size: 1.4rem } h2 { font-size: 1.1rem; margin-top: 2.2rem } p, li { color: var(--soft); max-width: 48rem }
        img { max-width: 100%; height: auto } div { overflow-x: auto }
        table { border-collapse: collapse; font-size: .85rem; font-variant-numeric: tabular-nums } th { font-weight: 600; text-align: right }
        td, th { padding: .2rem .6rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap } td:first-child, th:first-child { text-align: left }
        .bad { color: var(--bad); font-weight: 600 }
        """;

    /// <param name="groups">Of one arm, or of both.</param>
    /// <param name="light">The plots by name, for light paper.</param>
    /// <param name="dark">The same for dark.</param>
    public static string Of(IReadOnlyList<CampaignGroup> groups, IReadOnlyDictionary<string, byte[]> light, IReadOnlyDictionary<string, byte[]> dark)
    {
        var healing = groups.Where(group => group.Arm == CampaignArm.Healing).ToList();
        var main = healing.Count > 0 ? healing : groups;
        var page = new StringBuilder();
        page.Append(CultureInfo.InvariantCulture, $"<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>Campaign</title><style>{Style}</style>\n");
        page.Append("<h1>The report's experiment</h1>\n");
        var info = main[0].Cells[0].Info;
        Text(FormattableString.Invariant($"{info.Start:yyyy-MM-dd HH:mm} UTC. {info.Hosts.Length} hosts, {info.Containers.Length} containers; {info.Length:0} s a cell, {main.Max(group => group.Cells.Length)} repetitions, seed {info.Attack.Seed}. ")
            + FormattableString.Invariant($"{info.Machine.Cores} cores, {info.Machine.MemoryBytes / (1L << 30)} GiB, {info.Machine.Kernel}, {info.Machine.Runtime}.{(info.IsCalm ? " The calmer parameters of the report's code; its values are of the others." : "")}")
            + (info.Attack.Kinds.SequenceEqual(ReportScenario.Kinds) ? "" : $" Attacks: {string.Join(", ", info.Attack.Kinds).ToLowerInvariant()}; the report's values are of {string.Join(" and ", ReportScenario.Kinds).ToLowerInvariant()}."));
        foreach (var note in groups.SelectMany(group => group.Cells).SelectMany(cell => cell.Info.Notes).Distinct())
        {
            Text(note);
        }

        Head("Figure 17: availability, and the age of the view");
        Text("Share of samples, four a second, at which no host has an update that the controller has not fetched; a sample without an answer counts against it. ± is the 95 % confidence interval over "
            + (main.All(group => group.Cells.Length == 1) ? "blocks of ten seconds (there is one repetition)." : "the repetitions.")
            + " Age: for how long a host has had something that the controller does not hold, the longest of all hosts, twenty samples a second, at most 0.05 s too high; of states: without the changes that are measurements alone.");
        Plot("figure-17");
        Table(ReportTables.AvailabilityNames, main.Select(ReportTables.AvailabilityRow));

        Head("Figure 18: bandwidth");
        Text("Content, and 45 bytes for each request for it (the report's figure); ours is sent along with the updates, and asked for only when one was missed. What else is in an update, the host's name, is in neither figure. The report's protocol on our history: for each window in which something changed on a host, one request and the whole content of that host, as compact JSON without details. A change is one of what the report's content holds.");
        Plot("figure-18");
        Table(ReportTables.BandwidthNames, main.Select(ReportTables.BandwidthRow));

        Head("Figure 19: bandwidth over time");
        Plot("figure-19-low");
        Plot("figure-19-high");

        Head("What the containers were worth");
        Text($"Shares of container-seconds in percent, by the engines' events and the antagonists' log. At best: each stop healed {UpTime.BareLoop} s after the death, as by a loop that starts at the event, and nothing ended by the monitor; for loss nothing can be done, since it follows the container.");
        Table(
            ["", "running", "at best", "and reachable", "at best", "all running", "all reachable"],
            groups.Select(group => (IEnumerable<string>)
            [
                Named(group), Number(group.Mean(cell => cell.UpTime.Running).Mean, 1), Number(group.Mean(cell => cell.UpTime.RunningAtBest).Mean, 1), Number(group.Mean(cell => cell.UpTime.Good).Mean, 1),
                Number(group.Mean(cell => cell.UpTime.GoodAtBest).Mean, 1), Number(group.Mean(cell => cell.UpTime.AllRunning).Mean, 1), Number(group.Mean(cell => cell.UpTime.AllGood).Mean, 1),
            ]));

        Head("Faults");
        Text($"Noticed: the monitor acted on it or told of it. Known: the container was in back-off already. Hidden: not noticed, and not for {FaultOutcome.LeastVisible:0} s in one piece was there a container that ran and was past the {FaultOutcome.Grace:0} s of grace after its start. Void: a stop of what had just ended otherwise. Cut: the cell ended. "
            + "Seconds p50 / p95 / p99; noticed: from the fault, and from when it could be seen; healed: a stop from death to start, a loss from its end until the container is well.");
        Table(
            ["", "", "faults", "noticed", "known", "hidden", "below threshold", "void", "cut", "missed", "noticed after s", "once visible", "healed after s"],
            from one in groups
            from kind in one.Cells.SelectMany(cell => cell.Faults).Select(fault => fault.Kind).Distinct().Order()
            select FaultRow(one, kind));

        Head("Restarts");
        Text($"Starts by what was behind them. Wrong: a container was ended through the engine, and no fault was there or had been in the {RestartAccount.Afterwards:0} s before.");
        Table(
            ["", "after a stop", "under loss", "after its own end", "wrong"],
            groups.Select(group => (IEnumerable<string>)
            [
                Named(group), $"{group.Cells.Sum(cell => cell.Restarts.AfterStop)}", $"{group.Cells.Sum(cell => cell.Restarts.UnderImpairment)}", $"{group.Cells.Sum(cell => cell.Restarts.AfterOwnEnd)}",
                Bad(group.Cells.Sum(cell => cell.Restarts.Wrong.Length)),
            ]));
        return page.Append("</html>\n").ToString();

        void Head(string text) => page.Append(CultureInfo.InvariantCulture, $"<h2>{WebUtility.HtmlEncode(text)}</h2>\n");

        void Text(string text) => page.Append(CultureInfo.InvariantCulture, $"<p>{WebUtility.HtmlEncode(text)}</p>\n");

        void Plot(string name) => page.Append(
            CultureInfo.InvariantCulture,
            $"<picture><source media=\"(prefers-color-scheme: dark)\" srcset=\"data:image/png;base64,{Convert.ToBase64String(dark[name])}\"><img alt=\"{name}\" src=\"data:image/png;base64,{Convert.ToBase64String(light[name])}\"></picture>\n");

        void Table(IEnumerable<string> names, IEnumerable<IEnumerable<string>> rows)
        {
            page.Append("<div><table><tr>").AppendJoin("", names.Select(name => $"<th>{name}</th>")).Append("</tr>\n");
            foreach (var row in rows)
            {
                page.Append("<tr>").AppendJoin("", row.Select(cell => $"<td>{cell}</td>")).Append("</tr>\n");
            }
            page.Append("</table></div>\n");
        }
    }

    private static IEnumerable<string> FaultRow(CampaignGroup group, AttackKind kind) =>
    [
        Named(group), $"{kind}".ToLowerInvariant(), $"{group.Count(kind, Enum.GetValues<FaultVerdict>())}",
        .. ((FaultVerdict[])[FaultVerdict.Detected, FaultVerdict.KnownBefore, FaultVerdict.TooShort, FaultVerdict.BelowThreshold, FaultVerdict.WithoutEffect, FaultVerdict.CutShort])
            .Select(verdict => $"{group.Count(kind, verdict)}"),
        Bad(group.Count(kind, FaultVerdict.Missed)),
        .. ((Func<FaultOutcome, double?>[])[fault => fault.Detected, fault => fault.DetectedOnceVisible, fault => fault.Healed]).Select(of => Times(group, kind, of)),
    ];

    /// <summary>Seconds of the faults of a kind: p50 / p95 / p99.</summary>
    public static string Times(CampaignGroup group, AttackKind kind, Func<FaultOutcome, double?> of)
    {
        double[] times = [.. group.Times(kind, of)];
        return times.Length == 0 ? "" : $"{Number(Statistics.Percentile(times, 0.5), 2)} / {Number(Statistics.Percentile(times, 0.95), 2)} / {Number(Statistics.Percentile(times, 0.99), 2)}";
    }

    private static string Bad(int count) => count > 0 ? $"<span class=\"bad\">{count}</span>" : "0";

    public static string Named(CampaignGroup group) => group.Arm == CampaignArm.Control ? $"{group.Name}, not healed" : group.Name;

    public static string Number(double? value, int digits) => value is { } number && double.IsFinite(number) ? number.ToString($"F{digits}", CultureInfo.InvariantCulture) : "";
}
