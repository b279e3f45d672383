using System.Globalization;
using HmsOrleans.Benchmarks.Labs;
using HmsOrleans.Benchmarks.Reports;

namespace HmsOrleans.Benchmarks.Rows;

/// <summary>A network that is bad but not dead is no reason to restart anything.</summary>
internal sealed class NoiseRow : IRow
{
    private const int Size = 20;
    private const double Loss = 0.2;

    public int Number => 3;

    public string Title => "20 % loss on every one of 20 containers, for 10 minutes: no restart";

    public async Task RunAsync(Run run, CancellationToken token)
    {
        await using var lab = await Lab.StartAsync(run, Size, token);
        await using var node = await lab.StartNodeAsync(token);
        foreach (var container in lab.Containers)
        {
            await lab.Host.DropPacketsAsync(container.Name, Loss, token);
        }
        var mark = lab.Events.Count;
        var minutes = run.Times(10, 1);
        await run.WaitAsync(TimeSpan.FromMinutes(minutes), "every container loses packets", token);

        var ended = lab.Events.Since(mark).Where(e => e.Action is "kill" or "die" or "start").Select(e => e.Name).Distinct().ToList();
        // What the node sees of the loss proves that it was there.
        var seen = (await Lab.ViewAsync(node, token)).GetProperty("containers").EnumerateArray()
            .Select(view => view.GetProperty("packetLoss")).Where(loss => loss.ValueKind == System.Text.Json.JsonValueKind.Number).Select(loss => loss.GetDouble()).ToList();
        run.Add(new($"{Number}", $"20 % loss on {Size} containers, {minutes} min: containers restarted", "", [ended.Count])
        {
            Target = Target.Exactly(0),
            Note = string.Create(CultureInfo.InvariantCulture, $"the node shows a loss of {(seen.Count == 0 ? 0 : seen.Average()):0} % on average{(ended.Count == 0 ? "" : $"; restarted: {string.Join(", ", ended)}")}"),
        });
    }
}
