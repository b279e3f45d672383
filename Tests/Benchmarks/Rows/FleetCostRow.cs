using HmsOrleans.Benchmarks.Labs;
using HmsOrleans.Benchmarks.Reports;
using HmsOrleans.Tests.Lab;

namespace HmsOrleans.Benchmarks.Rows;

/// <summary>What a node in a cluster costs, and what the nodes say to each other.</summary>
internal sealed class FleetCostRow : IRow
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    public int Number => 19;

    public string Title => "cost per host of a cluster of five: processor, memory, network";

    public async Task RunAsync(Run run, CancellationToken token)
    {
        await using var lab = await Fleet.StartAsync(run, token);
        await run.WaitAsync(TimeSpan.FromSeconds(20), "for the nodes to come to rest", token);
        await MeasureAsync(run, lab, "idle", token);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(token);
        var attack = AttackAsync(lab, over.Token);
        await MeasureAsync(run, lab, "one container killed a second", token);
        await over.CancelAsync();
        await attack;
    }

    private async Task MeasureAsync(Run run, HostLab lab, string when, CancellationToken token)
    {
        var (processor, memory, traffic) = (new List<double>(), new List<double>(), new List<double>());
        for (var i = 0; i < run.Times(3, 1); i++)
        {
            var nodes = Enumerable.Range(1, Fleet.Hosts).ToList();
            var ticks = nodes.Select(host => ProcessCost.Ticks(lab.NodeOf(host))).ToList();
            var bytes = await Task.WhenAll(nodes.Select(host => lab.TrafficOfAsync(host, token)));
            var began = TimeProvider.System.GetTimestamp();
            await run.WaitAsync(Window, when, token);
            var seconds = TimeProvider.System.GetElapsedTime(began).TotalSeconds;
            var after = await Task.WhenAll(nodes.Select(host => lab.TrafficOfAsync(host, token)));
            processor.AddRange(nodes.Select((host, n) => (ProcessCost.Ticks(lab.NodeOf(host)) - ticks[n]) * ProcessCost.PercentPerTick / seconds));
            memory.AddRange(nodes.Select(host => ProcessCost.Megabytes(lab.NodeOf(host), "VmRSS")));
            traffic.AddRange(nodes.Select((_, n) => (after[n] - bytes[n]) / 1000.0 / seconds));
        }
        run.Add(new($"{Number}", $"{when}: processor time of a node", "% of a core", processor));
        run.Add(new($"{Number}", $"{when}: resident memory of a node", "MB", memory));
        run.Add(new($"{Number}", $"{when}: sent and received by a host, database included", "kB/s", traffic));
    }

    private static async Task AttackAsync(HostLab lab, CancellationToken over)
    {
        for (var i = 0; !over.IsCancellationRequested; i++)
        {
            try
            {
                await lab.DockerAsync(1 + (i % Fleet.Hosts), over, "kill", $"idle-{1 + (i % Fleet.Containers)}");
                await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, over);
            }
            catch (Exception e) when (e is OperationCanceledException or InvalidOperationException)
            {
                // over, or it is dead still
            }
        }
    }
}
