using System.Diagnostics;
using HmsOrleans.Benchmarks.Labs;
using HmsOrleans.Benchmarks.Reports;

namespace HmsOrleans.Benchmarks.Rows;

/// <summary>The node that carries commands out is killed with many of them in its hands.</summary>
internal sealed class CommandNodeRow : IRow
{
    private const int Size = 5;

    private static readonly TimeSpan Between = TimeSpan.FromSeconds(3);

    public int Number => 22;

    public string Title => "the node killed with -9 and started again under 200 commands in flight: all answered, none done twice";

    public async Task RunAsync(Run run, CancellationToken token)
    {
        await using var lab = await CommandLab.StartAsync(run, Size, token);
        var over = false;
        var flow = lab.Client.FlowAsync(number => Volatile.Read(ref over) ? null : lab.Mixed(number), CommandLab.InFlight, token);
        var back = new List<double>();
        for (var i = 0; i < run.Times(20, 4); i++)
        {
            await run.WaitAsync(Between, "under load", token);
            run.Say($"  killed and started again, {i + 1}");
            var began = Stopwatch.GetTimestamp();
            await lab.Node.KillAsync(token);
            // What it had answered before has arrived by now.
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, token);
            lab.Node.StartAgain();
            await lab.Client.UntilAnswerAsync(token);
            back.Add(Stopwatch.GetElapsedTime(began).TotalSeconds);
        }
        Volatile.Write(ref over, true);
        var sent = await flow;
        run.Add(new($"{Number}", "from its death to the next answer", "s", back) { Note = "it is started again 0.1 s after its death" });
        await lab.JudgeAsync($"{Number}", sent, run, token);
    }
}
