using HmsOrleans.Benchmarks.Labs;
using HmsOrleans.Benchmarks.Reports;
using HmsOrleans.Tests.Engine;
using HmsOrleans.Tests.Node;

namespace HmsOrleans.Benchmarks.Rows;

/// <summary>Kills without end, some at the same moment, some twice in a row: nothing is lost, nothing is done twice.</summary>
internal sealed class KillingsRow : IRow
{
    private const int Size = 20;
    private const int Seed = 20;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public int Number => 4;

    public string Title => "100 kills of 20 containers in random order: all run at the end, none was started twice at once";

    public async Task RunAsync(Run run, CancellationToken token)
    {
        await using var lab = await Lab.StartAsync(run, Size, token);
        await using var node = await lab.StartNodeAsync(token);
        var mark = lab.Events.Count;
        var kills = await KillAsync(run, lab, token);

        var began = TimeProvider.System.GetTimestamp();
        var down = Size;
        while (down > 0 && TimeProvider.System.GetElapsedTime(began) < Patience)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, token);
            down = (await Task.WhenAll(lab.Containers.Select(container => lab.Engine.PidOfAsync(container.Id, token)))).Count(pid => pid == 0);
        }
        var settled = TimeProvider.System.GetElapsedTime(began);
        // A second start that was asked for too much would come now.
        await run.WaitAsync(TimeSpan.FromSeconds(5), "for what comes late", token);

        var events = lab.Events.Since(mark);
        var starts = events.Count(e => e.Action == "start");
        var ordered = node.Log.Split('\n').Count(line => line.EndsWith(": healing it", StringComparison.Ordinal));
        run.Add(new($"{Number}", $"{kills} kills of {Size} containers (seed {Seed}): not running at the end", "", [down])
        {
            Target = Target.Exactly(0),
            Note = FormattableString.Invariant($"all ran {settled.TotalSeconds:0.0} s after the last kill; {events.Count(e => e.Action == "die")} deaths, {starts} starts"),
        });
        run.Add(new($"{Number}", "started without having died", "", [lab.Containers.Sum(container => DoubleStarts(events.Where(e => e.Id == container.Id)))]) { Target = Target.Exactly(0) });
        run.Add(new($"{Number}", "starts that the node ordered but the engine did not make", "", [ordered - starts])
        {
            Target = Target.Exactly(0),
            Note = "by the node's own log: the engine tells nobody of a start that it refused",
        });
        var (wrong, note) = await WrongAddressesAsync(lab, node, token);
        run.Add(new($"{Number}", "addresses in the view that docker inspect contradicts", "", [wrong]) { Target = Target.Exactly(0), Note = note });
    }

    private static async Task<int> KillAsync(Run run, Lab lab, CancellationToken token)
    {
        var random = new Random(Seed);
        var kills = run.Times(100, 50);
        var (done, told) = (0, 0);
        while (done < kills)
        {
            if (done >= told)
            {
                run.Say($"  {done} of {kills} kills");
                told = done + 10;
            }
            var victim = Any();
            switch (random.Next(4))
            {
                case 0: // at the same moment
                    await Task.WhenAll(Kill(victim), Kill(Any()), Kill(Any()));
                    done += 3;
                    break;
                case 1: // twice within 100 ms
                    await Kill(victim);
                    await Task.Delay(TimeSpan.FromMilliseconds(random.Next(100)), TimeProvider.System, token);
                    await Kill(victim);
                    done += 2;
                    break;
                default:
                    await Kill(victim);
                    done++;
                    break;
            }
            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(1000)), TimeProvider.System, token);
        }
        return done;

        Subject Any() => lab.Containers[random.Next(Size)];

        // One that is down already is refused: it was killed all the same.
        Task Kill(Subject victim) => lab.Engine.PostAsync($"containers/{victim.Id}/kill", token);
    }

    private static int DoubleStarts(IEnumerable<EngineEvent> events)
    {
        var (running, doubles) = (true, 0);
        foreach (var fact in events.Where(e => e.Action is "start" or "die"))
        {
            doubles += fact.Action == "start" && running ? 1 : 0;
            running = fact.Action == "start";
        }
        return doubles;
    }

    private static async Task<(int Wrong, string Note)> WrongAddressesAsync(Lab lab, NodeProcess node, CancellationToken token)
    {
        var shown = (await Lab.ViewAsync(node, token)).GetProperty("containers").EnumerateArray().ToDictionary(
            view => view.GetProperty("id").GetString()!,
            view => string.Join(' ', view.GetProperty("addresses").EnumerateArray().Select(address => address.GetString())));
        var wrong = new List<string>();
        foreach (var container in lab.Containers)
        {
            var real = await lab.Engine.AddressOfAsync(container.Id, token);
            if (shown.GetValueOrDefault(container.Id) is var view && view != real)
            {
                wrong.Add($"{container.Name} is {real}, shown as {view}");
            }
        }
        return (wrong.Count, string.Join("; ", wrong));
    }
}
