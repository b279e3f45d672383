using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using HmsOrleans.Benchmarks.Labs;
using HmsOrleans.Benchmarks.Reports;
using HmsOrleans.Tests.Node;

namespace HmsOrleans.Benchmarks.Rows;

/// <summary>An engine that cannot be asked is not containers that fail: it is told at once, and nothing is restarted for it.</summary>
internal sealed class EngineRow : IRow
{
    private const int Size = 10;

    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public int Number => 5;

    public string Title => "the engine killed, frozen, out of reach: told within 2 s, no healthy container restarted, healing goes on";

    public async Task RunAsync(Run run, CancellationToken token)
    {
        await using var lab = await Lab.StartAsync(run, Size, token);
        await using var node = await lab.StartNodeAsync(token);
        foreach (var trouble in Trouble.All)
        {
            var results = new List<Result>();
            for (var i = 0; i < run.Times(5, 1); i++)
            {
                run.Say($"  {trouble.Name}, {i + 1}");
                results.Add(await EndureAsync(run, lab, node, trouble, token));
            }
            Add("until /readyz says it", "ms", result => result.Ready, Target.AtMost(2000));
            Add("until /hosts says it", "ms", result => result.Hosts, Target.AtMost(2000));
            if (trouble.StopsContainers)
            {
                Add($"from the engine's first answer until all {Size} containers, which it stopped, run again", "ms", result => result.Healed, null);
                Add("starts too many or too few", "", result => Math.Abs(result.Restarted - Size), Target.Exactly(0));
            }
            else
            {
                Add("healthy containers restarted", "", result => result.Restarted, Target.Exactly(0));
            }
            Add("from the engine's first answer until /readyz says 200", "ms", result => result.Back, null);
            Add("then a killed container: end to start", "ms", result => result.After, null);

            void Add(string what, string unit, Func<Result, double> value, Target? target) =>
                run.Add(new($"{Number}", $"{trouble.Name}: {what}", unit, [.. results.Select(value)]) { Target = target });
        }
    }

    private static async Task<Result> EndureAsync(Run run, Lab lab, NodeProcess node, Trouble trouble, CancellationToken token)
    {
        await lab.UntilCalmAsync(node, token);
        var before = await PidsAsync(lab, token);
        var ordered = Ordered(node);
        var began = TimeProvider.System.GetTimestamp();
        var result = new Result();
        await trouble.BeginAsync(lab, token);
        try
        {
            var told = await Task.WhenAll(SinceAsync(began, () => IsReadyAsync(node, false, token), token), SinceAsync(began, () => IsSilentAsync(node, token), token));
            (result.Ready, result.Hosts) = (told[0], told[1]);
            await run.WaitAsync(trouble.Least - TimeProvider.System.GetElapsedTime(began), "until it ends", token);
        }
        finally
        {
            await trouble.EndAsync(lab, CancellationToken.None);
        }
        began = TimeProvider.System.GetTimestamp();
        await lab.ListenAgainAsync(token);
        result.Back = await SinceAsync(began, () => IsReadyAsync(node, true, token), token);
        if (trouble.StopsContainers)
        {
            result.Healed = await SinceAsync(began, async () => (await PidsAsync(lab, token)).All(pid => pid > 0), token);
        }
        await run.WaitAsync(TimeSpan.FromSeconds(5), "for what comes late", token);
        var after = await PidsAsync(lab, token);
        // The engine's own events are lost with it; what the node did is in its log, and what happened to a container in its process id.
        result.Restarted = trouble.StopsContainers ? Ordered(node) - ordered : before.Zip(after).Count(pair => pair.First != pair.Second);
        result.After = (await lab.AttackAsync(Attack.Kill, lab.Containers[0], token)).TotalMilliseconds;
        return result;
    }

    /// <returns>Milliseconds since the beginning when it held; when it never did, those of all the patience.</returns>
    private static async Task<double> SinceAsync(long began, Func<Task<bool>> holds, CancellationToken token)
    {
        while (!await holds() && TimeProvider.System.GetElapsedTime(began) < Patience)
        {
            await Task.Delay(Glance, TimeProvider.System, token);
        }
        return TimeProvider.System.GetElapsedTime(began).TotalMilliseconds;
    }

    private static async Task<bool> IsReadyAsync(NodeProcess node, bool ready, CancellationToken token)
    {
        using var reply = await node.Http.GetAsync(new Uri("readyz", UriKind.Relative), token);
        var says = await reply.Content.ReadFromJsonAsync<JsonElement>(token);
        return ready
            ? reply.StatusCode == HttpStatusCode.OK
            : reply.StatusCode == HttpStatusCode.ServiceUnavailable && says.TryGetProperty("reason", out var reason) && reason.GetString()!.Contains("engine", StringComparison.Ordinal);
    }

    private static async Task<bool> IsSilentAsync(NodeProcess node, CancellationToken token)
    {
        var hosts = await node.Http.GetFromJsonAsync<JsonElement>(new Uri("hosts", UriKind.Relative), token);
        var engine = hosts[0].GetProperty("status").GetProperty("engine");
        return !engine.GetProperty("answers").GetBoolean() && engine.GetProperty("silence").ValueKind == JsonValueKind.String;
    }

    private static Task<int[]> PidsAsync(Lab lab, CancellationToken token) =>
        Task.WhenAll(lab.Containers.Select(container => lab.Engine.PidOfAsync(container.Id, token)));

    private static int Ordered(NodeProcess node) => node.Log.Split('\n').Count(line => line.EndsWith(": healing it", StringComparison.Ordinal));

    private struct Result
    {
        public double Ready { get; set; }

        public double Hosts { get; set; }

        public double Back { get; set; }

        public double Healed { get; set; }

        public double Restarted { get; set; }

        public double After { get; set; }
    }
}
