using HmsOrleans.Benchmarks.Labs;
using HmsOrleans.Benchmarks.Reports;
using HmsOrleans.Tests.Lab;

namespace HmsOrleans.Benchmarks.Rows;

/// <summary>All nodes are restarted, one after another, under the eyes of a reader.</summary>
internal sealed class RollingRow : IRow
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(50);

    public int Number => 17;

    public string Title => "a rolling restart of all nodes, while a client reads GET /containers 20 times a second";

    public async Task RunAsync(Run run, CancellationToken token)
    {
        await using var lab = await Fleet.StartAsync(run, token);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(token);
        var reading = ReadAsync(lab, over.Token);
        for (var host = 1; host <= Fleet.Hosts; host++)
        {
            run.Say($"  the node of host {host}");
            var before = lab.NodeOf(host);
            await lab.RunAsync(token, "restart-silo", $"{host}");
            await lab.UntilAsync("it has another life", () => Task.FromResult(lab.NodeOf(host) != before), token);
            await lab.UntilWholeAsync(token);
        }
        await over.CancelAsync();
        var (reads, failed, slowest) = await reading;
        run.Add(new($"{Number}", "reads that failed", "%", [100.0 * failed / reads]) { Target = Target.Exactly(0), Note = $"{failed} of {reads}" });
        run.Add(new($"{Number}", "the slowest read", "ms", [slowest]));
    }

    private static async Task<(int Reads, int Failed, double Slowest)> ReadAsync(HostLab lab, CancellationToken over)
    {
        var pending = new List<Task<(bool Good, double Took)>>();
        using var timer = new PeriodicTimer(Period);
        try
        {
            while (await timer.WaitForNextTickAsync(over))
            {
                pending.Add(OneAsync(lab));
            }
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
        }
        var reads = await Task.WhenAll(pending);
        return (reads.Length, reads.Count(read => !read.Good), reads.Max(read => read.Took));
    }

    private static async Task<(bool Good, double Took)> OneAsync(HostLab lab)
    {
        var began = TimeProvider.System.GetTimestamp();
        try
        {
            var good = await lab.ViewAsync(CancellationToken.None) is { } view && view.GetArrayLength() == Fleet.Hosts;
            return (good, TimeProvider.System.GetElapsedTime(began).TotalMilliseconds);
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            return (false, TimeProvider.System.GetElapsedTime(began).TotalMilliseconds);
        }
    }
}
