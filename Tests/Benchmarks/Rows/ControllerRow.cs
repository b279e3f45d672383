using HmsOrleans.Benchmarks.Labs;
using HmsOrleans.Benchmarks.Reports;

namespace HmsOrleans.Benchmarks.Rows;

/// <summary>The node that keeps the view dies.</summary>
internal sealed class ControllerRow : IRow
{
    public int Number => 12;

    public string Title => "kill -9 of the node that keeps the view of the fleet";

    public async Task RunAsync(Run run, CancellationToken token)
    {
        await using var lab = await Fleet.StartAsync(run, token);
        var (others, all) = (new List<double>(), new List<double>());
        for (var i = 1; i <= run.Times(10, 2); i++)
        {
            var victim = lab.ControllersHost();
            run.Say($"  the node of host {victim}, {i}");
            await lab.RunAsync(token, "kill-silo", $"{victim}");
            var began = TimeProvider.System.GetTimestamp();
            await Fleet.TimeAsync(lab, "the view is there, and the other hosts up to date", async () =>
                await lab.ViewAsync(token) is { } view && view.GetArrayLength() == Fleet.Hosts
                && view.EnumerateArray().All(host => host.GetProperty("containers").GetArrayLength() == Fleet.Containers)
                && view.EnumerateArray().Count(host => host.GetProperty("state").GetString() == "updated") >= Fleet.Hosts - 1
                && lab.ControllersHost() != victim, token);
            others.Add(TimeProvider.System.GetElapsedTime(began).TotalSeconds);
            await lab.UntilWholeAsync(token);
            all.Add(TimeProvider.System.GetElapsedTime(began).TotalSeconds);
        }
        run.Add(new($"{Number}", "until the view is whole again: all hosts, the others up to date", "s", others) { Target = Target.AtMost(3) });
        run.Add(new($"{Number}", "until the killed node's host is up to date as well", "s", all));
    }
}
