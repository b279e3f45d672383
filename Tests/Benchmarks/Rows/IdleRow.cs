using System.Globalization;
using HmsOrleans.Benchmarks.Labs;
using HmsOrleans.Benchmarks.Reports;

namespace HmsOrleans.Benchmarks.Rows;

/// <summary>What a node costs while nothing happens.</summary>
internal sealed class IdleRow : IRow
{
    private const int Size = 50;

    /// <summary>Of a core, for one tick of the kernel's accounting (USER_HZ) in a second.</summary>
    private const double PercentPerTick = 1;

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
            var (before, began) = (Ticks(node.Pid), TimeProvider.System.GetTimestamp());
            await run.WaitAsync(Window, "of idleness", token);
            processor.Add((Ticks(node.Pid) - before) * PercentPerTick / TimeProvider.System.GetElapsedTime(began).TotalSeconds);
            memory.Add(Megabytes(node.Pid, "VmRSS"));
        }
        var windows = $"{Size} healthy containers, windows of {Window.TotalSeconds} s";
        run.Add(new($"{Number}", $"processor time, {windows}", "% of a core", processor) { Target = Target.AtMost(2) });
        run.Add(new($"{Number}", $"resident memory, {windows}", "MB", memory)
        {
            Target = Target.AtMost(150),
            Note = string.Create(CultureInfo.InvariantCulture, $"{Megabytes(node.Pid, "VmHWM"):0} MB at its peak"),
        });
    }

    private static long Ticks(int pid)
    {
        // The name may hold spaces and brackets; what follows the last bracket does not. utime and stime are fields 14 and 15.
        var stat = File.ReadAllText($"/proc/{pid}/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture);
    }

    private static double Megabytes(int pid, string field)
    {
        var line = File.ReadLines($"/proc/{pid}/status").First(line => line.StartsWith(field + ":", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture) * 1024 / 1e6;
    }
}
