using System.Diagnostics;
using HmsOrleans.Benchmarks.Labs;
using HmsOrleans.Benchmarks.Reports;
using HmsOrleans.Tests.Page;

namespace HmsOrleans.Benchmarks.Rows;

/// <summary>The live page with a large fleet, which a made-up feed tells it of.</summary>
internal sealed class CrowdRow : IRow
{
    private const int Hosts = 50;
    private const int PerHost = 40;
    private const int Changes = 20;
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(100);

    public int Number => 29;

    public string Title => "2,000 containers on 50 hosts in the page: first row, what an update costs, memory";

    public async Task RunAsync(Run run, CancellationToken token)
    {
        await using var feed = FakeFeed.Start(Hosts, PerHost);
        await using var browser = await Browser.StartAsync();
        var what = $"{Hosts * PerHost:N0} containers";
        var firsts = new List<double>();
        PageWatch page = null!;
        for (var i = 0; i < run.Times(5, 2); i++)
        {
            var began = Stopwatch.GetTimestamp();
            page = await PageWatch.OpenAsync(browser, feed.Address, 10);
            firsts.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
        }
        run.Add(new($"{Number}", $"{what}: from a visitor's coming to the first rows", "ms", firsts) { Target = Target.Within(1500, 3000) });

        var (costs, heaps) = (new List<double>(), new List<double>());
        for (var round = 0; round < run.Times(10, 2); round++)
        {
            run.Say($"  {Changes} changes every {Pace.TotalMilliseconds} ms, {round + 1}");
            var before = await page.WorkAsync();
            var updates = run.Times(50, 20);
            for (var i = 0; i < updates; i++)
            {
                await feed.TellAsync(Some(feed, round * updates + i));
                await Task.Delay(Pace, TimeProvider.System, token);
            }
            costs.Add((await page.WorkAsync() - before) * 1000 / updates);
            heaps.Add(await page.MemoryAsync() / 1e6);
        }
        run.Add(new($"{Number}", $"{what}: the page's work for an update of {Changes} containers", "ms", costs) { Target = Target.Median(16) });
        run.Add(new($"{Number}", $"{what}: memory of its scripts after a collection", "MB", heaps) { Target = Target.AtMost(64) });

        var shown = new List<double>();
        for (var i = 0; i < run.Times(30, 3); i++)
        {
            var top = feed.Containers[i % 10];
            await page.UntilAsync(top.Name, "healthy");
            var seen = await page.WatchAsync(top.Name, "healthy");
            top.Health = "restarting";
            var began = TimeProvider.System.GetUtcNow();
            await feed.TellAsync(top);
            shown.Add((await seen() - began).TotalMilliseconds);
            top.Health = "healthy";
            await feed.TellAsync(top);
        }
        run.Add(new($"{Number}", $"{what}: from the feed to the frame after the one in which the row turned", "ms", shown) { Target = Target.Within(100, 250) });
    }

    private static IEnumerable<FakeContainer> Some(FakeFeed feed, int round)
    {
        for (var i = 0; i < Changes; i++)
        {
            var container = feed.Containers[(round * Changes + i) * 7 % feed.Containers.Count];
            container.Rtt = 0.05 + round % 10 * 0.02;
            yield return container;
        }
    }
}
