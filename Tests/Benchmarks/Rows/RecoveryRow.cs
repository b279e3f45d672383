using HmsOrleans.Benchmarks.Labs;
using HmsOrleans.Benchmarks.Reports;

namespace HmsOrleans.Benchmarks.Rows;

/// <summary>
/// From a container's end to its new start, against a bare loop that does nothing else. Batches with the node and batches
/// with the loop alternate, so that what else the machine does burdens both.
/// </summary>
internal sealed class RecoveryRow : IRow
{
    private static readonly Target Target = Target.TimesFloor(1.15);
    private static readonly Attack[] Attacks = [Attack.Outside, Attack.Kill, Attack.Stop, Attack.OutOfMemory];

    /// <summary>For what follows a start (descriptions, probes) to be over.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(300);

    public int Number => 1;

    public string Title => "a container ends: from its end to its start, by the engine's clock; the floor is a bare loop";

    public async Task RunAsync(Run run, CancellationToken token)
    {
        foreach (var size in (int[])[5, 50])
        {
            await using var lab = await Lab.StartAsync(run, size, token);
            var attacks = await UsableAsync(run, lab, size, token);
            var results = attacks.ToDictionary(attack => attack, _ => (Node: new List<double>(), Floor: new List<double>()));
            await using var node = await lab.StartNodeAsync(token);
            await node.StopAsync(token);
            var rounds = run.Times(10, 2);
            for (var round = 0; round < rounds; round++)
            {
                foreach (var withNode in (bool[])[round % 2 != 0, round % 2 == 0])
                {
                    run.Say($"  {size} containers, round {round + 1} of {rounds}: {(withNode ? "the node" : "the floor")}");
                    if (withNode)
                    {
                        await lab.StartAgainAsync(node, token);
                        await AttackAllAsync(run, lab, attack => results[attack].Node, attacks, isNode: true, token);
                        await node.StopAsync(token);
                    }
                    else
                    {
                        await using var floor = await BareLoop.StartAsync(lab.Host, token);
                        await AttackAllAsync(run, lab, attack => results[attack].Floor, attacks, isNode: false, token);
                    }
                }
            }
            foreach (var attack in attacks)
            {
                run.Add(new($"{Number}", $"{attack.Name}, {size} containers", "ms", results[attack].Node) { Floor = results[attack].Floor, Target = Target });
            }
        }
    }

    private static async Task AttackAllAsync(
        Run run, Lab lab, Func<Attack, List<double>> into, IReadOnlyList<Attack> attacks, bool isNode, CancellationToken token)
    {
        foreach (var attack in attacks)
        {
            for (var i = 0; i < run.Times(5, 3); i++)
            {
                var target = await lab.NextAsync(isNode && attack.IsBlamed, token);
                into(attack).Add((await lab.AttackAsync(attack, target, token)).TotalMilliseconds);
                await Task.Delay(Pause, TimeProvider.System, token);
            }
        }
    }

    /// <summary>Not every kernel counts the memory of containers: what cannot be done is said, and the rest is measured.</summary>
    private async Task<IReadOnlyList<Attack>> UsableAsync(Run run, Lab lab, int size, CancellationToken token)
    {
        await using var floor = await BareLoop.StartAsync(lab.Host, token);
        var why = "";
        try
        {
            var mark = lab.Events.Count;
            await lab.AttackAsync(Attack.OutOfMemory, lab.Containers[0], token);
            why = lab.Events.Since(mark).Any(e => e.Action == "oom") ? "" : "the container died, but the engine did not call it out of memory";
        }
        catch (TimeoutException e)
        {
            why = e.Message;
        }
        if (why.Length == 0)
        {
            return Attacks;
        }
        run.Add(Figure.Failed($"{Number}", $"{Attack.OutOfMemory.Name}, {size} containers", $"is the memory controller usable here? {why}"));
        return [.. Attacks.Where(attack => attack != Attack.OutOfMemory)];
    }
}
