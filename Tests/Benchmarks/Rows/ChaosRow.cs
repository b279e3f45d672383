using System.Diagnostics.CodeAnalysis;
using System.Net.Http.Json;
using System.Text.Json;
using HmsOrleans.Benchmarks.Labs;
using HmsOrleans.Benchmarks.Reports;
using HmsOrleans.Tests.Lab;

namespace HmsOrleans.Benchmarks.Rows;

/// <summary>Everything dies, again and again, in an order that a seed gives.</summary>
internal sealed class ChaosRow : IRow
{
    private const int Seed = 20;
    private const string Ignored = "idle-10";

    public int Number => 18;

    public string Title => "10 minutes of random kills of nodes, engines and containers";

    [SuppressMessage("Security", "CA5394", Justification = "A seeded order is what is wanted.")]
    public async Task RunAsync(Run run, CancellationToken token)
    {
        await using var lab = await Fleet.StartAsync(run, token);
        // One on each host is left alone: whoever kills it finds it dead at the end.
        for (var host = 1; host <= Fleet.Hosts; host++)
        {
            using var reply = await lab.Http.DeleteAsync(new Uri($"containers/{HostLab.Address(host)}/{Ignored}", UriKind.Relative), token);
            reply.EnsureSuccessStatusCode();
            await lab.DockerAsync(host, token, "kill", Ignored);
        }

        var random = new Random(Seed);
        var (acknowledged, kills, settings) = (60.0, 0, 0);
        var began = TimeProvider.System.GetTimestamp();
        var length = TimeSpan.FromSeconds(run.Times(600, 60));
        while (TimeProvider.System.GetElapsedTime(began) < length)
        {
            var host = random.Next(1, Fleet.Hosts + 1);
            switch (random.Next(10))
            {
                case 0 or 1:
                    run.Say($"  node {host}");
                    await TryAsync(() => lab.RunAsync(token, "kill-silo", $"{host}"));
                    break;
                case 2:
                    run.Say($"  engine {host}");
                    await TryAsync(() => lab.RunAsync(token, "kill-engine", $"{host}"));
                    break;
                case 3:
                    var threshold = 50 + random.Next(40);
                    using (var reply = await lab.Http.PostAsJsonAsync(new Uri("containers", UriKind.Relative), new { threshold }, token))
                    {
                        acknowledged = reply.IsSuccessStatusCode ? threshold : acknowledged;
                        settings += reply.IsSuccessStatusCode ? 1 : 0;
                    }
                    break;
                default:
                    await TryAsync(() => lab.DockerAsync(host, token, "kill", $"idle-{random.Next(1, Fleet.Containers)}"));
                    break;
            }
            kills++;
            await run.WaitAsync(TimeSpan.FromSeconds(0.2 + (random.NextDouble() * 3)), "", token);
        }

        await run.WaitAsync(TimeSpan.FromSeconds(run.Times(60, 30)), "for all to come to rest", token);
        var starts = await Fleet.StartsAsync(lab, Enumerable.Range(1, Fleet.Hosts), token);
        run.Add(new($"{Number}", $"{kills} blows (seed {Seed}): containers down at the end", "", [starts.Count(start => !start.Key.EndsWith(Ignored, StringComparison.Ordinal) && start.Value == "does not run")]) { Target = Target.Exactly(0) });
        run.Add(new($"{Number}", "ignored containers started", "", [starts.Count(start => start.Key.EndsWith(Ignored, StringComparison.Ordinal) && start.Value != "does not run")]) { Target = Target.Exactly(0) });
        var view = (await lab.ViewAsync(token))!.Value;
        run.Add(new($"{Number}", "hosts that are not up to date at the end", "", [view.EnumerateArray().Count(host => host.GetProperty("state").GetString() != "updated")]) { Target = Target.Exactly(0) });
        var thresholds = view.EnumerateArray().Select(host => host.GetProperty("status").GetProperty("threshold").GetDouble())
            .Append((await lab.Http.GetFromJsonAsync<JsonElement>(new Uri("settings", UriKind.Relative), token)).GetProperty("threshold").GetDouble());
        run.Add(new($"{Number}", $"hosts, and the fleet, whose threshold is not the last of {settings} acknowledged ones", "", [thresholds.Count(threshold => threshold != acknowledged)]) { Target = Target.Exactly(0) });
    }

    /// <summary>What is dead already cannot be killed.</summary>
    private static async Task TryAsync(Func<Task> kill)
    {
        try
        {
            await kill();
        }
        catch (InvalidOperationException)
        {
        }
    }
}
