using HmsOrleans.Benchmarks.Labs;
using HmsOrleans.Benchmarks.Reports;

namespace HmsOrleans.Benchmarks.Rows;

/// <summary>From the first lost packet to a container to the restart that is asked of the engine.</summary>
internal sealed class LossRow : IRow
{
    private static readonly Target Target = Target.Within(500, 1000);

    public int Number => 2;

    public string Title => "a container loses packets: from the first lost one to the restart that is asked of the engine";

    public async Task RunAsync(Run run, CancellationToken token)
    {
        foreach (var size in (int[])[5, 50])
        {
            await using var lab = await Lab.StartAsync(run, size, token);
            await using var node = await lab.StartNodeAsync(token);
            using var tap = new EchoTap();
            double[] losses = [1, 0.8];
            var results = losses.ToDictionary(loss => loss, _ => (Lost: new List<double>(), Rule: new List<double>()));
            var times = run.Times(25, 5);
            for (var i = 0; i < times; i++)
            {
                if (i % 5 == 0)
                {
                    run.Say($"  {size} containers: {i * losses.Length} of {times * losses.Length} losses");
                }
                foreach (var loss in losses)
                {
                    var target = await lab.NextAsync(blamed: true, token);
                    var address = await lab.Engine.AddressOfAsync(target.Id, token);
                    var mark = lab.Events.Count;
                    var asked = TimeProvider.System.GetUtcNow();
                    await lab.Host.DropPacketsAsync(target.Name, loss, token);
                    var kill = await lab.Events.WaitAsync(mark, target.Id, "kill", token);
                    await lab.Events.WaitAsync(mark, target.Id, "start", token);
                    target.Healed();
                    var lost = tap.FirstLost(address, asked) ?? throw new InvalidOperationException($"{target.Name} was restarted, but no packet was lost:{Environment.NewLine}{node.Log}");
                    results[loss].Lost.Add((kill.At - lost).TotalMilliseconds);
                    results[loss].Rule.Add((kill.At - asked).TotalMilliseconds);
                }
            }
            foreach (var loss in losses)
            {
                var what = $"{loss * 100:0} % loss, {size} containers";
                run.Add(new($"{Number}", $"{what}: from the first lost packet", "ms", results[loss].Lost) { Target = Target });
                run.Add(new($"{Number}", $"{what}: from before the rule was made", "ms", results[loss].Rule) { Note = "upper bound: includes making the rule, and up to 250 ms until a probe is due" });
            }
        }
    }
}
