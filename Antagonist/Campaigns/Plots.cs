using System.Globalization;
using ScottPlot;

namespace HmsOrleans.Antagonist.Campaigns;

/// <summary>The report's figures 17 to 19, with our values.</summary>
internal sealed class Plots(IReadOnlyList<CampaignGroup> groups, bool isDark)
{
    private const int Width = 900;
    private const int Height = 380;

    private static readonly Color[] Colours = [Color.FromHex("#3b82f6"), Color.FromHex("#16a34a"), Color.FromHex("#d97706"), Color.FromHex("#db2777")];

    /// <summary>Availability against the window.</summary>
    public byte[] Availability()
    {
        var plot = New("Availability by the report's measure", "aggregation window, s", "%");
        var scenarios = groups.Select(group => group.Scenario).Distinct().ToList();
        var windows = groups.Select(group => group.Window).Distinct().Order().ToList();
        for (var i = 0; i < scenarios.Count; i++)
        {
            var mine = groups.Where(group => group.Scenario == scenarios[i]).ToList();
            // Side by side, so that the intervals can be told apart.
            var shift = (i - (scenarios.Count - 1) / 2.0) * 0.06;
            var at = mine.Select(group => windows.IndexOf(group.Window) + shift).ToArray();
            var line = plot.Add.Scatter(at, mine.Select(group => group.Availability.Mean).ToArray(), Colours[i % Colours.Length]);
            (line.LegendText, line.LineWidth, line.MarkerSize) = (scenarios[i], 2, 8);
            var margins = mine.Select(group => group.Availability.Margin ?? 0).ToArray();
            var bars = plot.Add.ErrorBar(at, mine.Select(group => group.Availability.Mean).ToArray(), margins);
            bars.Color = Colours[i % Colours.Length];
            var known = mine.Where(group => group.Report is not null).ToList();
            if (known.Count > 0)
            {
                var report = plot.Add.Scatter(known.Select(group => windows.IndexOf(group.Window) + shift).ToArray(), known.Select(group => group.Report!.Availability).ToArray(), Colours[i % Colours.Length]);
                (report.LegendText, report.LineWidth, report.LinePattern, report.MarkerShape, report.MarkerSize) = ($"{scenarios[i]}, the report", 1, LinePattern.Dashed, MarkerShape.OpenCircle, 7);
            }
        }
        Name(plot, windows.Select(window => window.ToString(CultureInfo.InvariantCulture)));
        plot.Axes.SetLimits(-0.4, windows.Count - 0.6, 0, 105);
        return Image(plot);
    }

    /// <summary>Bandwidth of each scenario and window.</summary>
    public byte[] Bandwidth()
    {
        var plot = New("Bandwidth of requests and content", "", "kbit/s");
        for (var i = 0; i < groups.Count; i++)
        {
            Bar(i - 0.27, groups[i].Report?.Kbps ?? 0, Color.FromHex("#9ca3af"));
            Bar(i, groups[i].Mean(cell => cell.Traffic.ReportKbps).Mean, Colours[2]);
            Bar(i + 0.27, groups[i].Mean(cell => cell.Traffic.Kbps).Mean, Colours[0]);
        }
        plot.Legend.ManualItems.Add(new() { LabelText = "the report's values", FillColor = Color.FromHex("#9ca3af") });
        plot.Legend.ManualItems.Add(new() { LabelText = "the report's protocol on our history", FillColor = Colours[2] });
        plot.Legend.ManualItems.Add(new() { LabelText = "ours", FillColor = Colours[0] });
        Name(plot, groups.Select(group => FormattableString.Invariant($"{group.Scenario.Replace('_', '\n')}\n{group.Window} s")));
        plot.Axes.Margins(bottom: 0);
        return Image(plot);

        void Bar(double at, double value, Color colour)
        {
            var bar = plot.Add.Bar(at, value).Bars.First();
            (bar.Size, bar.FillColor, bar.LineWidth) = (0.25, colour, 0);
        }
    }

    /// <summary>Bandwidth over time at the smallest window, one plot per frequency of attack.</summary>
    public byte[] BandwidthOverTime(bool isHighFrequency)
    {
        var plot = New($"Bandwidth over time, {(isHighFrequency ? "high" : "low")} frequency of attack", "s", "kbit/s");
        var window = groups.Min(group => group.Window);
        var i = 0;
        foreach (var group in groups.Where(group => group.Window == window && group.Scenario.EndsWith(isHighFrequency ? "_high" : "_low", StringComparison.Ordinal)))
        {
            Line(group.Cells[0].Traffic.PerSecond, $"{group.Scenario}, ours", Colours[i], LinePattern.Solid);
            Line(group.Cells[0].Traffic.Report.PerSecond.Select(bytes => (double)bytes), $"{group.Scenario}, the report's protocol", Colours[i++], LinePattern.Dotted);
        }
        plot.Axes.Margins(bottom: 0);
        return Image(plot);

        void Line(IEnumerable<double> bytes, string name, Color colour, LinePattern pattern)
        {
            var kilobits = bytes.Select(value => value * 8 / 1000).ToArray();
            var line = plot.Add.Scatter(Enumerable.Range(0, kilobits.Length).Select(second => second + 0.5).ToArray(), kilobits, colour);
            (line.LegendText, line.LinePattern, line.MarkerSize, line.LineWidth) = (name, pattern, 0, 1.5f);
        }
    }

    private Plot New(string title, string x, string y)
    {
        var plot = new Plot();
        var (ink, paper, grid) = isDark ? ("#d4d4d8", "#18181b", "#3f3f46") : ("#27272a", "#ffffff", "#e4e4e7");
        plot.FigureBackground.Color = Color.FromHex(paper);
        plot.DataBackground.Color = Color.FromHex(paper);
        plot.Axes.Color(Color.FromHex(ink));
        plot.Grid.MajorLineColor = Color.FromHex(grid);
        plot.Legend.BackgroundColor = Color.FromHex(paper);
        plot.Legend.FontColor = Color.FromHex(ink);
        plot.Legend.OutlineColor = Color.FromHex(grid);
        plot.Legend.ShadowColor = Colors.Transparent;
        plot.Font.Set("DejaVu Sans");
        plot.Title(title, 15);
        plot.XLabel(x, 12);
        plot.YLabel(y, 12);
        return plot;
    }

    private static void Name(Plot plot, IEnumerable<string> names)
    {
        var ticks = names.Select((name, i) => new Tick(i, name)).ToArray();
        plot.Axes.Bottom.TickGenerator = new ScottPlot.TickGenerators.NumericManual(ticks);
    }

    private static byte[] Image(Plot plot)
    {
        plot.ShowLegend(Edge.Right);
        return plot.GetImage(Width, Height).GetImageBytes();
    }
}
