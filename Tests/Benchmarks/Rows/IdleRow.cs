using System.Globalization;
using HmsOrleans.Benchmarks.Labs;
using HmsOrleans.Benchmarks.Reports;

namespace HmsOrleans.Benchmarks.Rows;

/// <summary>What a node costs while nothing happens.</summary>
internal sealed class IdleRow : IRow
{
    private const int Size = 50;

    private static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    public int Number => 9;

    public string Title => "the node's own cost while 50 containers are healthy";

    public async Task RunAsync(Run run, CancellationToken token)
    {
        await using var lab = await Lab.StartAsync(run, Size, token);
        await using var node = await lab.StartNodeAsync(token);
        await run.WaitAsync(TimeSpan.FromSeconds(20), "for the node to come to rest", token);
        var (processor, memory) = (new List<double>(), new List<double>());
        for (var i = 0; i < run.Times(6, 2); i++)
        {
            var (before, began) = (ProcessCost.Ticks(node.Pid), TimeProvider.System.GetTimestamp());
            await run.WaitAsync(Window, "of idleness", token);
            processor.Add((ProcessCost.Ticks(node.Pid) - before) * ProcessCost.PercentPerTick / TimeProvider.System.GetElapsedTime(began).TotalSeconds);
            memory.Add(ProcessCost.Megabytes(node.Pid, "VmRSS"));
        }
        var windows = $"{Size} healthy containers, windows of {Window.TotalSeconds} s";
        run.Add(new($"{Number}", $"processor time, {windows}", "% of a core", processor) { Target = Target.AtMost(2) });
        run.Add(new($"{Number}", $"resident memory, {windows}", "MB", memory)
        {
            Target = Target.AtMost(150),
            Note = string.Create(CultureInfo.InvariantCulture, $"{ProcessCost.Megabytes(node.Pid, "VmHWM"):0} MB at its peak"),
        });
    }
}
