using System.Diagnostics;
using HmsOrleans.Benchmarks.Labs;
using HmsOrleans.Benchmarks.Reports;
using HmsOrleans.Tests.Page;

namespace HmsOrleans.Benchmarks.Rows;

/// <summary>The live page with a large fleet: a node with many hosts, whose engine alone is made up, and others who look on.</summary>
internal sealed class CrowdRow : IRow
{
    private const int Hosts = 50;
    private const int PerHost = 40;
    private const int Others = 49;
    private const int Changes = 20;
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(100);

    public int Number => 29;

    public string Title => "2,000 containers on 50 hosts in the page, with 50 who look on: first row, what an update costs, memory";

    public async Task RunAsync(Run run, CancellationToken token)
    {
        await using var lab = await CrowdLab.StartAsync(Hosts, PerHost, token);
        var others = new List<EventViewer>();
        try
        {
            while (others.Count < Others)
            {
                others.Add(await EventViewer.OpenAsync(lab.Base, reads: true, token));
            }
            await EventLab.UntilAsync("the others look on", () => lab.Viewers == Others && others.TrueForAll(viewer => viewer.Received > 100_000), token);
            await MeasureAsync(run, lab, token);
        }
        finally
        {
            others.ForEach(viewer => viewer.Dispose());
        }
    }

    private async Task MeasureAsync(Run run, CrowdLab lab, CancellationToken token)
    {
        await using var browser = await Browser.StartAsync();
        var what = $"{lab.Containers.Length:N0} containers";
        var firsts = new List<double>();
        PageWatch page = null!;
        for (var i = 0; i < run.Times(5, 2); i++)
        {
            var began = Stopwatch.GetTimestamp();
            page = await PageWatch.OpenAsync(browser, lab.Base, 10);
            firsts.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
        }
        run.Add(new($"{Number}", $"{what}: from a visitor's coming to the first rows", "ms", firsts) { Target = Target.Within(1500, 3000) });

        var (costs, heaps) = (new List<double>(), new List<double>());
        var updates = run.Times(50, 20);
        for (var round = 0; round < run.Times(10, 2); round++)
        {
            run.Say($"  {Changes} changes every {Pace.TotalMilliseconds} ms, {round + 1}");
            var before = await page.WorkAsync();
            for (var i = 0; i < updates; i++)
            {
                var update = round * updates + i;
                await lab.ProbeAsync(
                    Enumerable.Range(update * Changes, Changes).Select(change => change * 7 % lab.Containers.Length), TimeSpan.FromMilliseconds(0.05 + update % 10 * 0.02), token);
                await Task.Delay(Pace, TimeProvider.System, token);
            }
            costs.Add((await page.WorkAsync() - before) * 1000 / updates);
            heaps.Add(await page.MemoryAsync() / 1e6);
        }
        run.Add(new($"{Number}", $"{what}: the page's work for {Changes} of them that change", "ms", costs) { Target = Target.Median(16) });
        run.Add(new($"{Number}", $"{what}: memory of its scripts after a collection", "MB", heaps) { Target = Target.AtMost(64) });

        var shown = new List<double>();
        for (var i = 0; i < run.Times(10, 3); i++)
        {
            var name = lab.Containers[i].Name;
            await page.UntilAsync(name, "healthy");
            var seen = await page.WatchAsync(name, "healthy");
            var began = TimeProvider.System.GetUtcNow();
            await lab.KillAsync(i, token);
            shown.Add((await seen() - began).TotalMilliseconds);
            await page.UntilAsync(name, "healthy");
        }
        run.Add(new($"{Number}", $"{what}: from the fact of a death to the frame after the one in which the row turned", "ms", shown) { Target = Target.Within(250, 500) });
    }
}
