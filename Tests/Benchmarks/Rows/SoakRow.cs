using HmsOrleans.Benchmarks.Labs;
using HmsOrleans.Benchmarks.Reports;

namespace HmsOrleans.Benchmarks.Rows;

/// <summary>A machine with too much to do is slow; that is no reason to write a node off.</summary>
internal sealed class SoakRow : IRow
{
    public int Number => 20;

    public string Title => "every processor busy twice over: no node is taken for dead, no container for lost";

    public async Task RunAsync(Run run, CancellationToken token)
    {
        await using var lab = await Fleet.StartAsync(run, token);
        var all = Enumerable.Range(1, Fleet.Hosts).ToList();
        var (nodes, starts) = (all.ConvertAll(lab.NodeOf), await Fleet.StartsAsync(lab, all, token));
        var (looks, offline) = (0, 0);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(token);
        var burners = Enumerable.Range(0, 2 * Environment.ProcessorCount).Select(_ => Burn(over.Token)).ToList();
        try
        {
            var began = TimeProvider.System.GetTimestamp();
            while (TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(run.Times(600, 60)))
            {
                await run.WaitAsync(TimeSpan.FromSeconds(1), "", token);
                var view = await lab.ViewAsync(token);
                looks++;
                offline += view?.EnumerateArray().Count(host => host.GetProperty("state").GetString() == "offline") ?? Fleet.Hosts;
            }
        }
        finally
        {
            await over.CancelAsync();
            burners.ForEach(burner => burner.Join());
        }
        var after = await Fleet.StartsAsync(lab, all, token);
        run.Add(new($"{Number}", "nodes that were written off and started again", "", [all.Count(host => lab.NodeOf(host) != nodes[host - 1])]) { Target = Target.Exactly(0) });
        run.Add(new($"{Number}", $"times that a host was shown offline, in {looks} looks at {Fleet.Hosts}", "", [offline]) { Target = Target.Exactly(0) });
        run.Add(new($"{Number}", "healthy containers restarted", "", [starts.Count(start => after[start.Key] != start.Value)]) { Target = Target.Exactly(0) });
    }

    private static Thread Burn(CancellationToken over)
    {
        var burner = new Thread(() =>
        {
            for (var spin = 0UL; !over.IsCancellationRequested; spin++)
            {
                Thread.SpinWait(1000);
            }
        })
        { IsBackground = true };
        burner.Start();
        return burner;
    }
}
