using System.Net.Http.Json;
using System.Text.Json;
using HmsOrleans.Benchmarks.Labs;
using HmsOrleans.Benchmarks.Reports;
using HmsOrleans.Tests.Node;

namespace HmsOrleans.Benchmarks.Rows;

/// <summary>A node that is killed the hard way forgets nothing, and is at work again soon.</summary>
internal sealed class NodeRow : IRow
{
    private const int Size = 20;
    private const double OwnThreshold = 33;
    private const double HostThreshold = 77;

    public int Number => 7;

    public string Title => "the node killed with -9 and started again: settings kept, containers under care within 3 s";

    public async Task RunAsync(Run run, CancellationToken token)
    {
        await using var lab = await Lab.StartAsync(run, Size, token);
        await using var node = await lab.StartNodeAsync(token);
        var (own, ignored) = (lab.Containers[0].Name, lab.Containers[1].Name);
        await SetThresholdAsync(node, "", HostThreshold, token);
        await SetThresholdAsync(node, $"/{own}", OwnThreshold, token);
        using (var reply = await node.Http.DeleteAsync(Containers($"/{ignored}"), token))
        {
            reply.EnsureSuccessStatusCode();
        }

        var (ready, care, lost) = (new List<double>(), new List<double>(), new List<double>());
        for (var i = 0; i < run.Times(10, 3); i++)
        {
            var victim = lab.Containers[2 + i];
            run.Say($"  killed and started again, {i + 1}");
            await node.UntilContainerAsync(victim.Name, view => Health(view) == "healthy", token);
            await node.KillAsync(token);
            await lab.Engine.OrderAsync($"containers/{victim.Id}/kill", token);

            var mark = lab.Events.Count;
            var began = TimeProvider.System.GetUtcNow();
            node.StartAgain();
            var start = lab.Events.WaitAsync(mark, victim.Id, "start", token);
            await node.UntilReadyAsync(token);
            ready.Add((TimeProvider.System.GetUtcNow() - began).TotalSeconds);
            care.Add(((await start).At - began).TotalSeconds);

            var views = await Task.WhenAll(((string[])[own, ignored, lab.Containers[^1].Name]).Select(name => node.ContainerAsync(name, token)));
            lost.Add((Threshold(views[0]) == OwnThreshold ? 0 : 1) + (Health(views[1]) == "ignored" ? 0 : 1) + (Threshold(views[2]) == HostThreshold ? 0 : 1));
        }
        run.Add(new($"{Number}", $"{Size} containers: from the process's start to /readyz 200", "s", ready) { Target = Target.AtMost(3) });
        run.Add(new($"{Number}", "to the start of a container that was killed meanwhile", "s", care) { Target = Target.AtMost(3) });
        run.Add(new($"{Number}", "settings lost, of 3 (ignored, own threshold, host's threshold)", "", lost) { Target = Target.Exactly(0) });
    }

    private static async Task SetThresholdAsync(NodeProcess node, string container, double threshold, CancellationToken token)
    {
        using var reply = await node.Http.PostAsJsonAsync(Containers(container), new { threshold }, token);
        reply.EnsureSuccessStatusCode();
    }

    private static Uri Containers(string container) => new($"containers/{NodeProcess.Host}{container}", UriKind.Relative);

    private static string? Health(JsonElement view) => view.GetProperty("health").GetString();

    private static double Threshold(JsonElement view) => view.GetProperty("threshold").GetDouble();
}
