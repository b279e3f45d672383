using System.Net.Http.Json;
using HmsOrleans.Benchmarks.Labs;
using HmsOrleans.Benchmarks.Reports;

namespace HmsOrleans.Benchmarks.Rows;

/// <summary>A host is cut off from all others, the database and the API for a minute.</summary>
internal sealed class CutRow : IRow
{
    private const int Victim = 3;
    private const double Threshold = 66;

    public int Number => 14;

    public string Title => "a host cut off for a minute: it heals its own, and comes back with what was set meanwhile";

    public async Task RunAsync(Run run, CancellationToken token)
    {
        await using var lab = await Fleet.StartAsync(run, token);
        var (dead, back) = (new List<double>(), new List<double>());
        for (var i = 0; i < run.Times(3, 1); i++)
        {
            await lab.RunAsync(token, "cut", $"{Victim}");
            var cutAt = TimeProvider.System.GetTimestamp();
            await lab.DockerAsync(Victim, token, ["kill", .. Enumerable.Range(1, 5).Select(n => $"idle-{n}")]);
            await lab.DockerAsync(Victim, token, "run", "-d", "--name", $"new-{i}", "idle:latest");
            await run.WaitAsync(TimeSpan.FromSeconds(5), "for the new one to be known", token);
            await lab.DockerAsync(Victim, token, "kill", $"new-{i}");
            using (var reply = await lab.Http.PostAsJsonAsync(new Uri("containers", UriKind.Relative), new { threshold = Threshold + i }, token))
            {
                reply.EnsureSuccessStatusCode();
            }
            await run.WaitAsync(TimeSpan.FromSeconds(60) - TimeProvider.System.GetElapsedTime(cutAt), "until the cut ends", token);
            dead.Add((await Fleet.StartsAsync(lab, [Victim], token)).Values.Count(start => start == "does not run"));

            await lab.RunAsync(token, "heal", $"{Victim}");
            back.Add(await Fleet.TimeAsync(lab, "all is well, what was set is known, and the new container shown", async () =>
                await lab.IsWholeAsync(token) && await lab.ViewAsync(token) is { } view
                && view[Victim - 1].GetProperty("status").GetProperty("threshold").GetDouble() == Threshold + i
                && view[Victim - 1].GetProperty("containers").GetArrayLength() == Fleet.Containers + i + 1, token));
        }
        run.Add(new($"{Number}", "containers down at the end of the cut, of 5 killed and a new one killed", "", dead) { Target = Target.Exactly(0) });
        run.Add(new($"{Number}", "from the end of the cut until the view is right: all well, the new container in it, what was set meanwhile known there", "s", back) { Target = Target.AtMost(10) });
    }
}
