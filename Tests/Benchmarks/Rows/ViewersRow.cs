using System.Diagnostics;
using System.Globalization;
using System.Net.ServerSentEvents;
using System.Text.RegularExpressions;
using HmsOrleans.Benchmarks.Labs;
using HmsOrleans.Benchmarks.Reports;

namespace HmsOrleans.Benchmarks.Rows;

/// <summary>Many follow the events of a large fleet, and one of them does not read what it is sent.</summary>
internal sealed partial class ViewersRow : IRow
{
    private const int Hosts = 50;
    private const int PerHost = 40;

    /// <summary>Changes in a second.</summary>
    private const int Rate = 200;

    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(50);

    public int Number => 26;

    public string Title => "GET /events with 2,000 containers on 50 hosts: snapshot, delay, processor and memory for 1, 50 and 200 viewers, one that stops reading";

    public async Task RunAsync(Run run, CancellationToken token)
    {
        await using var lab = await EventLab.StartAsync(Hosts, PerHost, token);
        var size = await MeasureSnapshotAsync(run, lab, token);
        List<double>? one = null;
        foreach (var count in (int[])[1, 50, 200])
        {
            run.Say($"  {count} viewers");
            one = await MeasureCrowdAsync(run, lab, count, size, one, token);
        }
        await MeasureStandstillAsync(run, lab, size, token);
    }

    /// <returns>Its length.</returns>
    private async Task<int> MeasureSnapshotAsync(Run run, EventLab lab, CancellationToken token)
    {
        var (times, sizes) = (new List<double>(), new List<double>());
        using var http = new HttpClient { BaseAddress = lab.Address };
        for (var i = 0; i <= run.Times(30, 5); i++)
        {
            var began = Stopwatch.GetTimestamp();
            await using var stream = await http.GetStreamAsync(new Uri("events", UriKind.Relative), token);
            await foreach (var item in SseParser.Create(stream).EnumerateAsync(token))
            {
                if (item.EventType == "snapshot")
                {
                    times.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
                    sizes.Add(item.Data.Length / 1000.0);
                    break;
                }
            }
        }
        // The first of all waits for the program to be compiled.
        run.Add(new($"{Number}", "from a viewer's coming to its whole snapshot", "ms", [.. times.Skip(1)]) { Target = Target.Within(200, 500), Note = Ms("the first of all", times[0]) });
        run.Add(new($"{Number}", "the snapshot", "kB", [.. sizes.Skip(1)]));
        return (int)(sizes[^1] * 1000);
    }

    /// <summary>So many look on while containers change; the one that came last says when it learns of each change.</summary>
    /// <returns>What it cost a single one in processor time.</returns>
    private async Task<List<double>> MeasureCrowdAsync(Run run, EventLab lab, int count, int size, List<double>? one, CancellationToken token)
    {
        await EventLab.UntilAsync("nobody looks on", () => lab.Viewers == 0, token);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var viewers = new List<EventViewer>();
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(token);
        try
        {
            while (viewers.Count < count - 1)
            {
                viewers.Add(await EventViewer.OpenAsync(lab.Address, reads: true, token));
            }
            await EventLab.UntilAsync("all have their snapshot", () => viewers.TrueForAll(viewer => viewer.Received > size / 2), token);
            var delays = new List<double>();
            var watching = WatchAsync(lab.Address, delays, leaving.Token);
            await EventLab.UntilAsync("all look on", () => lab.Viewers == count, token);
            var (memory, processor) = (new List<double>(), new List<double>());
            for (var second = 0; second < run.Times(20, 4); second++)
            {
                var (used, began) = (Environment.CpuUsage.TotalTime, Stopwatch.GetTimestamp());
                await ChangeAsync(lab, token);
                processor.Add((Environment.CpuUsage.TotalTime - used) / Stopwatch.GetElapsedTime(began) * 100);
                memory.Add((GC.GetTotalMemory(forceFullCollection: true) - before) / 1000.0 / count);
            }
            await leaving.CancelAsync();
            await watching;
            var what = $"{count} viewers, {Rate} changes a second";
            run.Add(new($"{Number}", $"{what}: from a change until the last of them was told", "ms", delays) { Target = Target.Within(150, 300), Note = "deltas are made ten times a second" });
            run.Add(new($"{Number}", $"{what}: processor time, of those who read too", "% of a core", processor) { Floor = one, Note = one is null ? "" : "the floor is a single viewer" });
            run.Add(new($"{Number}", $"{what}: managed memory for each, its socket on the other side too", "kB", memory));
            return one ?? processor;
        }
        finally
        {
            viewers.ForEach(viewer => viewer.Dispose());
        }
    }

    private async Task MeasureStandstillAsync(Run run, EventLab lab, int size, CancellationToken token)
    {
        var (most, left, times) = (new List<double>(), new List<double>(), new List<double>());
        for (var i = 0; i < run.Times(5, 1); i++)
        {
            run.Say($"  one that stops reading, {i + 1}");
            await EventLab.UntilAsync("nobody looks on", () => lab.Viewers == 0, token);
            using var other = await EventViewer.OpenAsync(lab.Address, reads: true, token);
            await EventLab.UntilAsync("it has its snapshot", () => other.Received > size / 2, token);
            var before = GC.GetTotalMemory(forceFullCollection: true);
            using var stuck = await EventViewer.OpenAsync(lab.Address, reads: false, token);
            await EventLab.UntilAsync("both look on", () => lab.Viewers == 2, token);
            var (began, peak) = (Stopwatch.GetTimestamp(), 0L);
            while (lab.Viewers == 2 && Stopwatch.GetElapsedTime(began) < TimeSpan.FromMinutes(2))
            {
                lab.Change(Rate);
                await Task.Delay(Pace * 2, TimeProvider.System, token);
                peak = Math.Max(peak, GC.GetTotalMemory(forceFullCollection: true) - before);
            }
            times.Add(lab.Viewers == 1 ? Stopwatch.GetElapsedTime(began).TotalSeconds : double.PositiveInfinity);
            most.Add(peak / 1e6);
            left.Add((GC.GetTotalMemory(forceFullCollection: true) - before) / 1e6);
        }
        var what = "one that stops reading";
        run.Add(new($"{Number}", $"{what}, ten times as many changes: until it is cut off", "s", times) { Target = Target.AtMost(60), Note = "what the kernel takes in for it counts, too" });
        run.Add(new($"{Number}", $"{what}: most that managed memory grew meanwhile", "MB", most) { Target = Target.AtMost(16) });
        run.Add(new($"{Number}", $"{what}: what is left of that when it is cut off", "MB", left));
    }

    /// <summary>Changes containers for a second.</summary>
    private static async Task ChangeAsync(EventLab lab, CancellationToken token)
    {
        using var timer = new PeriodicTimer(Pace, TimeProvider.System);
        var ticks = (int)(TimeSpan.FromSeconds(1) / Pace);
        for (var i = 0; i < ticks; i++)
        {
            lab.Change(Rate / ticks);
            await timer.WaitForNextTickAsync(token);
        }
    }

    /// <summary>Follows the events as a page does, and notes how old each change is.</summary>
    private static async Task WatchAsync(Uri address, List<double> delays, CancellationToken leaving)
    {
        var came = Stopwatch.GetTimestamp();
        try
        {
            using var http = new HttpClient { BaseAddress = address };
            await using var stream = await http.GetStreamAsync(new Uri("events", UriKind.Relative), leaving);
            await foreach (var item in SseParser.Create(stream).EnumerateAsync(leaving))
            {
                if (item.EventType != "delta")
                {
                    continue;
                }
                // What it is told of the time before it came is none of its delays.
                delays.AddRange(Stamp().Matches(item.Data)
                    .Select(match => long.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture))
                    .Where(changed => changed >= came)
                    .Select(changed => Stopwatch.GetElapsedTime(changed).TotalMilliseconds));
            }
        }
        catch (OperationCanceledException)
        {
            // It leaves.
        }
    }

    private static string Ms(string what, double milliseconds) => string.Create(CultureInfo.InvariantCulture, $"{what}: {milliseconds:0} ms");

    [GeneratedRegex("\"at (\\d+)\"")]
    private static partial Regex Stamp();
}
