using System.Diagnostics;
using HmsOrleans.Benchmarks.Labs;
using HmsOrleans.Benchmarks.Reports;

namespace HmsOrleans.Benchmarks.Rows;

/// <summary>Five hosts come up, are seen, and are healed all at once.</summary>
internal sealed class FleetRow : IRow
{
    public int Number => 11;

    public string Title => "five hosts: from nothing to the whole view; a container killed on each at the same moment";

    public async Task RunAsync(Run run, CancellationToken token)
    {
        var began = Stopwatch.GetTimestamp();
        await using var lab = await Fleet.StartAsync(run, token);
        run.Add(new($"{Number}", $"deploy/lab.sh up {Fleet.Hosts}: until all {Fleet.Hosts * Fleet.Containers} containers are shown healthy", "s", [Stopwatch.GetElapsedTime(began).TotalSeconds])
        {
            Note = "engines, PostgreSQL, containers and nodes started anew",
        });

        var healed = new List<double>();
        for (var round = 1; round <= run.Times(10, 2); round++)
        {
            var name = $"idle-{1 + (round % Fleet.Containers)}";
            var before = await Fleet.StartsAsync(lab, Enumerable.Range(1, Fleet.Hosts), token);
            await Task.WhenAll(Enumerable.Range(1, Fleet.Hosts).Select(host => lab.DockerAsync(host, token, "kill", name)));
            healed.Add(await Fleet.TimeAsync(lab, "all run again", async () =>
            {
                var now = await Fleet.StartsAsync(lab, Enumerable.Range(1, Fleet.Hosts), token);
                return Enumerable.Range(1, Fleet.Hosts).All(host => now[$"{host}/{name}"] != before[$"{host}/{name}"] && now[$"{host}/{name}"] != "does not run");
            }, token));
            await lab.UntilWholeAsync(token);
        }
        run.Add(new($"{Number}", "one container killed on each host at once: until all run again", "s", healed) { Note = "looked at through docker inspect of all hosts, which takes most of it" });
    }
}
