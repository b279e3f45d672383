using System.Diagnostics;
using System.Globalization;
using HmsOrleans.Benchmarks.Labs;
using HmsOrleans.Benchmarks.Reports;

namespace HmsOrleans.Benchmarks.Rows;

/// <summary>A broker full of commands does not keep a node from healing.</summary>
internal sealed class CommandLoadRow : IRow
{
    private const int Size = 20;

    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(300);

    public int Number => 24;

    public string Title => "100,000 queued commands: killed containers are healed as fast as ever";

    public async Task RunAsync(Run run, CancellationToken token)
    {
        await using var lab = await CommandLab.StartAsync(run, Size, token);
        var (with, without, rates, left) = (new List<double>(), new List<double>(), new List<double>(), new List<double>());
        var kills = run.Times(50, 15);
        for (var round = 0; round < run.Times(2, 1); round++)
        {
            run.Say("  without commands");
            await KillAsync(without, () => false);

            var count = run.Times(100_000, 20_000);
            run.Say($"  {count} commands for a node that is away");
            await lab.Node.StopAsync(token);
            var sent = new List<CommandRequest>();
            for (var i = 0; i < count; i++)
            {
                sent.Add(await lab.Client.SendAsync(lab.Mixed(i), token));
            }
            await lab.Lab.StartAgainAsync(lab.Node, token);
            var (before, began) = (lab.Client.Answered, Stopwatch.GetTimestamp());
            run.Say($"  with {Unanswered()} of them left");
            await KillAsync(with, () => Unanswered() == 0);
            left.Add(Unanswered());
            rates.Add((lab.Client.Answered - before) / Stopwatch.GetElapsedTime(began).TotalSeconds);
            await Task.WhenAll(sent.Select(request => request.Answer)).WaitAsync(TimeSpan.FromMinutes(5), token);
            await lab.JudgeAsync($"{Number}", sent, run, token);
            await run.WaitAsync(TimeSpan.FromSeconds(12), "until the last recovery counts as one", token);

            int Unanswered() => sent.Count(request => !request.Answer.IsCompleted);
        }
        run.Add(new($"{Number}", $"docker kill, {Size} containers: end to start, with commands queued", "ms", with)
        {
            Floor = without,
            Target = Target.TimesFloor(1.15),
            Note = "the floor is the same node without commands",
        });
        run.Add(new($"{Number}", "commands carried out meanwhile", "1/s", rates)
        {
            Note = string.Create(CultureInfo.InvariantCulture, $"{left.Max()} were left after the last kill"),
        });

        async Task KillAsync(List<double> into, Func<bool> over)
        {
            for (var i = 0; i < kills && !over(); i++)
            {
                into.Add((await lab.Lab.AttackAsync(Attack.Kill, await lab.Lab.NextAsync(blamed: false, token), token)).TotalMilliseconds);
                await Task.Delay(Between, TimeProvider.System, token);
            }
        }
    }
}
