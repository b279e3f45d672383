using System.Diagnostics;
using System.Globalization;
using HmsOrleans.Benchmarks.Labs;
using HmsOrleans.Benchmarks.Reports;
using HmsOrleans.Tests.Engine;

namespace HmsOrleans.Benchmarks.Rows;

/// <summary>The broker goes away under load, in each way that it can, and comes back.</summary>
internal sealed class BrokerRow : IRow
{
    private const int Size = 5;

    private static readonly TimeSpan Between = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Cut = TimeSpan.FromSeconds(30);

    public int Number => 23;

    public string Title => "the broker restarted, killed with -9, cut off for 30 s under 200 commands in flight: nothing lost, nothing done twice";

    public async Task RunAsync(Run run, CancellationToken token)
    {
        await using var lab = await CommandLab.StartAsync(run, Size, token);
        (string Name, int Times, Func<Task> Make)[] troubles =
        [
            ("restarted", run.Times(5, 1), () => RestartAsync(lab, () => lab.Broker.StopAsync(token), token)),
            ("killed with -9", run.Times(5, 1), () => RestartAsync(lab, lab.Broker.KillAsync, token)),
            ("cut off for 30 s", run.Times(3, 1), () => CutAsync(run, lab.Broker.Port, token)),
        ];
        var over = false;
        var flow = lab.Client.FlowAsync(number => Volatile.Read(ref over) ? null : lab.Mixed(number), CommandLab.InFlight, token);
        foreach (var (name, times, make) in troubles)
        {
            var back = new List<double>();
            for (var i = 0; i < times; i++)
            {
                await run.WaitAsync(Between, "under load", token);
                run.Say($"  {name}, {i + 1}");
                await make();
                var began = Stopwatch.GetTimestamp();
                await lab.Client.UntilAnswerAsync(token);
                back.Add(Stopwatch.GetElapsedTime(began).TotalSeconds);
            }
            run.Add(new($"{Number}", $"{name}: from when it can be reached again to the next answer", "s", back));
        }
        Volatile.Write(ref over, true);
        await lab.JudgeAsync($"{Number}", await flow, run, token);
    }

    private static async Task RestartAsync(CommandLab lab, Func<Task> end, CancellationToken token)
    {
        await end();
        lab.Broker.LaunchServer();
        await lab.Broker.UntilUpAsync(token);
    }

    /// <summary>Nothing goes to the broker or comes from it, as if a cable were out; of all in this network namespace.</summary>
    private static async Task CutAsync(Run run, int port, CancellationToken token)
    {
        string[][] rules = [.. ((string[])["--dport", "--sport"]).Select(direction =>
            (string[])["INPUT", "-i", "lo", "-p", "tcp", direction, port.ToString(CultureInfo.InvariantCulture), "-j", "DROP"])];
        foreach (var rule in rules)
        {
            await Command.RunAsync("iptables", token, ["-w", "-I", .. rule]);
        }
        try
        {
            await run.WaitAsync(Cut, "until it is mended", token);
        }
        finally
        {
            foreach (var rule in rules)
            {
                await Command.RunAsync("iptables", CancellationToken.None, ["-w", "-D", .. rule]);
            }
        }
    }
}
