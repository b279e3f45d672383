using HmsOrleans.Benchmarks.Labs;
using HmsOrleans.Benchmarks.Reports;

namespace HmsOrleans.Benchmarks.Rows;

/// <summary>A link that comes and goes.</summary>
internal sealed class FlappingRow : IRow
{
    private const int Victim = 2;

    public int Number => 15;

    public string Title => "a host whose link is 2 s down, 2 s up, for a minute; one that cannot be heard; one that cannot hear";

    public async Task RunAsync(Run run, CancellationToken token)
    {
        await using var lab = await Fleet.StartAsync(run, token);
        var all = Enumerable.Range(1, Fleet.Hosts).ToList();
        var before = await Fleet.StartsAsync(lab, all, token);
        var back = new List<double>();
        for (var flaps = 0; flaps < run.Times(15, 3); flaps++)
        {
            await lab.RunAsync(token, "cut", $"{Victim}");
            await run.WaitAsync(TimeSpan.FromSeconds(2), "", token);
            await lab.RunAsync(token, "heal", $"{Victim}");
            await run.WaitAsync(TimeSpan.FromSeconds(2), "", token);
        }
        back.Add(await Fleet.TimeAsync(lab, "all is well", () => lab.IsWholeAsync(token), token));
        foreach (var way in (string[])["in", "out"])
        {
            await lab.RunAsync(token, "cut", $"{Victim}", way);
            await run.WaitAsync(TimeSpan.FromSeconds(run.Times(30, 10)), $"cut off one way ({way})", token);
            await lab.RunAsync(token, "heal", $"{Victim}");
            back.Add(await Fleet.TimeAsync(lab, "all is well", () => lab.IsWholeAsync(token), token));
        }
        var after = await Fleet.StartsAsync(lab, all, token);
        run.Add(new($"{Number}", "containers restarted, of 50 healthy ones", "", [before.Count(start => after[start.Key] != start.Value)]) { Target = Target.Exactly(0) });
        run.Add(new($"{Number}", "from the end of each until all is well", "s", back));
    }
}
