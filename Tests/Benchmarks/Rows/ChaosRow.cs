using System.Diagnostics.CodeAnalysis;
using System.Net.Http.Json;
using System.Text.Json;
using HmsOrleans.Benchmarks.Labs;
using HmsOrleans.Benchmarks.Reports;
using HmsOrleans.Grains.Health;
using HmsOrleans.Tests.Engine;
using HmsOrleans.Tests.Lab;

namespace HmsOrleans.Benchmarks.Rows;

/// <summary>Everything dies, again and again, in an order that a seed gives.</summary>
internal sealed class ChaosRow : IRow
{
    private const int Seed = 20;
    private const string Ignored = "idle-10";

    /// <summary>The only signal that a blow of ours sends to a container.</summary>
    private const int Kill = 9;

    /// <summary>Within so long of a start the node holds nothing against a container.</summary>
    private static readonly TimeSpan Grace = new HealthPolicy().StartGrace;

    public int Number => 18;

    public string Title => "10 minutes of random kills of nodes, engines and containers";

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

        EngineLives[] engines = [.. Enumerable.Range(1, Fleet.Hosts).Select(host => EngineLives.ReadFrom(lab.SocketOf(host)))];
        try
        {
            var blows = await BeatAsync(run, lab, token);
            await run.WaitAsync(TimeSpan.FromSeconds(run.Times(60, 30)), "for all to come to rest", token);
            await AddAsync(run, lab, blows, token);
            AddTwice(run, [.. engines.SelectMany(engine => engine.All())]);
        }
        finally
        {
            await Task.WhenAll(engines.Select(engine => engine.DisposeAsync().AsTask()));
        }
    }

    [SuppressMessage("Security", "CA5394", Justification = "A seeded order is what is wanted.")]
    private static async Task<Blows> BeatAsync(Run run, HostLab lab, CancellationToken token)
    {
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
        return new(kills, settings, acknowledged);
    }

    private async Task AddAsync(Run run, HostLab lab, Blows blows, CancellationToken token)
    {
        var starts = await Fleet.StartsAsync(lab, Enumerable.Range(1, Fleet.Hosts), token);
        run.Add(new($"{Number}", $"{blows.Count} blows (seed {Seed}): containers down at the end", "", [starts.Count(start => !start.Key.EndsWith(Ignored, StringComparison.Ordinal) && start.Value == "does not run")]) { Target = Target.Exactly(0) });
        run.Add(new($"{Number}", "ignored containers started", "", [starts.Count(start => start.Key.EndsWith(Ignored, StringComparison.Ordinal) && start.Value != "does not run")]) { Target = Target.Exactly(0) });
        var view = (await lab.ViewAsync(token))!.Value;
        run.Add(new($"{Number}", "hosts that are not up to date at the end", "", [view.EnumerateArray().Count(host => host.GetProperty("state").GetString() != "updated")]) { Target = Target.Exactly(0) });
        var thresholds = view.EnumerateArray().Select(host => host.GetProperty("status").GetProperty("threshold").GetDouble())
            .Append((await lab.Http.GetFromJsonAsync<JsonElement>(new Uri("settings", UriKind.Relative), token)).GetProperty("threshold").GetDouble());
        run.Add(new($"{Number}", $"hosts, and the fleet, whose threshold is not the last of {blows.Settings} acknowledged ones", "", [thresholds.Count(threshold => threshold != blows.Threshold)]) { Target = Target.Exactly(0) });
    }

    /// <summary>Nothing that is under way is begun a second time, whoever of the nodes' lives began it.</summary>
    private void AddTwice(Run run, EngineEvent[][] lives)
    {
        EngineEvent[] all = [.. lives.SelectMany(life => life)];
        run.Add(new($"{Number}", "starts of one that runs, stops of one that is being stopped or was started within the grace", "", [lives.Sum(Twice)])
        {
            Target = Target.Exactly(0),
            Note = $"by the events of {lives.Length} lives of {Fleet.Hosts} engines: {Count("die")} deaths, {Count("start")} starts, {Count("restart")} restarts; "
                + "a start of one that runs, which the engine ignores, is no event",
        });

        int Count(string action) => all.Count(fact => fact.Action == action);
    }

    private static int Twice(EngineEvent[] life) => life.Where(fact => fact.Type == "container").GroupBy(fact => fact.Id, (_, facts) => Twice(facts)).Sum();

    /// <summary>What was done to one container that should not have been. An engine that comes back first stops what runs on: then the start of that is not known.</summary>
    private static int Twice(IEnumerable<EngineEvent> facts)
    {
        var (twice, ending, last) = (0, false, (EngineEvent?)null);
        foreach (var fact in facts)
        {
            switch (fact)
            {
                case { Action: "start" or "die" }:
                    twice += last?.Action == fact.Action ? 1 : 0;
                    (last, ending) = (fact, false);
                    break;
                case { Action: "kill", Signal: not Kill }:
                    twice += ending || (last is { Action: "start" } && fact.At - last.At < Grace) ? 1 : 0;
                    ending = true;
                    break;
            }
        }
        return twice;
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

    /// <summary>What was done in all.</summary>
    /// <param name="Count">Kills and settings.</param>
    /// <param name="Settings">Settings that were acknowledged.</param>
    /// <param name="Threshold">The last of them.</param>
    private sealed record Blows(int Count, int Settings, double Threshold);
}
