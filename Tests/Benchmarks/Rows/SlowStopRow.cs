using HmsOrleans.Benchmarks.Labs;
using HmsOrleans.Benchmarks.Reports;

namespace HmsOrleans.Benchmarks.Rows;

/// <summary>One container that takes its time to stop holds up nobody else.</summary>
internal sealed class SlowStopRow : IRow
{
    private const int Size = 10;

    /// <summary>Does not heed SIGTERM.</summary>
    private const string Script = "trap : TERM; while :; do sleep 1; done";

    public int Number => 8;

    public string Title => "a container that takes 30 s to stop is restarted: the others are healed as fast as ever";

    public async Task RunAsync(Run run, CancellationToken token)
    {
        await using var lab = await Lab.StartAsync(run, Size, token);
        var slow = await lab.RunContainerAsync("slow", Script, token, "--stop-timeout", "30");
        await using var node = await lab.StartNodeAsync(token);
        var (with, without, stops) = (new List<double>(), new List<double>(), new List<double>());
        for (var round = 0; round < run.Times(2, 1); round++)
        {
            run.Say("  without the slow one");
            await KillAsync(without, () => false);

            run.Say("  while the slow one stops");
            var mark = lab.Events.Count;
            await lab.Host.DropPacketsAsync(slow.Name, 1, token);
            var asked = await lab.Events.WaitAsync(mark, slow.Id, "kill", token);
            await KillAsync(with, () => lab.Events.Since(mark).Any(e => e.Id == slow.Id && e.Action == "die"));
            run.Say("  until the slow one runs again");
            stops.Add(((await lab.Events.WaitAsync(mark, slow.Id, "start", token)).At - asked.At).TotalSeconds);
            await lab.UntilCalmAsync(node, token);
            await run.WaitAsync(TimeSpan.FromSeconds(12), "until the last recovery counts as one", token);
        }
        run.Add(new($"{Number}", $"docker kill, {Size} containers, while another one takes 30 s to stop", "ms", with)
        {
            Floor = without,
            Target = Target.TimesFloor(1.15),
            Note = "the floor is the same node without the slow container's restart",
        });
        run.Add(new($"{Number}", "that one: from its stop signal to its start", "s", stops));

        async Task KillAsync(List<double> into, Func<bool> over)
        {
            for (var i = 0; i < run.Times(20, 8) && !over(); i++)
            {
                var taken = (await lab.AttackAsync(Attack.Kill, await lab.NextAsync(blamed: false, token), token)).TotalMilliseconds;
                if (!over())
                {
                    into.Add(taken);
                }
                await Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System, token);
            }
        }
    }
}
