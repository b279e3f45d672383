using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using HmsOrleans.Benchmarks.Labs;
using HmsOrleans.Benchmarks.Reports;
using HmsOrleans.Tests.Lab;

namespace HmsOrleans.Benchmarks.Rows;

/// <summary>How quickly chaos ends.</summary>
internal sealed class AntagonistRow : IRow
{
    /// <summary>Faults that stay until they are undone. They come at a pace at which hardly more are there than are waited for.</summary>
    private const string Lasting = """{"heavy": 100, "balance": 0, "frequency": 3, "duration": 3600, "kinds": ["loss", "pause", "freeze", "disconnect"]}""";

    private const int Faults = 20;
    private const int FaultsOfOne = 4;

    private static readonly Uri Test = new("test", UriKind.Relative);

    public int Number => 25;

    public string Title => "the antagonist: a halt of faults on five hosts, and an agent killed with -9 in the midst of them";

    public async Task RunAsync(Run run, CancellationToken token)
    {
        await using var lab = await Fleet.StartAsync(run, token, hasAntagonist: true);
        await lab.UntilAsync("all agents report", async () => (await TestsAsync(lab, token)).All(host => host.GetProperty("state").GetString() == "off"), token);
        await run.WaitAsync(TimeSpan.FromSeconds(20), "for the nodes to come to rest", token);

        var halts = new List<double>();
        for (var i = 0; i <= run.Times(10, 2); i++)
        {
            await AttackAsync(run, lab, Test, Faults, token);
            var began = TimeProvider.System.GetTimestamp();
            using (await lab.Http.DeleteAsync(Test, token)) { }
            await lab.UntilAsync("nothing is left", () => Task.FromResult(Hosts.All(host => lab.LeasesOf(host).Count == 0)), token);
            halts.Add(TimeProvider.System.GetElapsedTime(began).TotalSeconds);
        }
        // The first of all waits for ten programs to be compiled, on the processors of one machine.
        run.Add(new($"{Number}", $"at least {Faults} faults halted: until nothing is left on any host", "s", [.. halts.Skip(1)])
        {
            Target = Target.AtMost(2),
            Note = string.Create(CultureInfo.InvariantCulture, $"the first of all: {halts[0]:0.0} s"),
        });

        var undone = new List<double>();
        for (var i = 0; i < run.Times(10, 2); i++)
        {
            // Of this host alone: attacks on the others would load the machine that all of them share.
            var victim = 1 + (i % Fleet.Hosts);
            await AttackAsync(run, lab, new($"test/{HostLab.Address(victim)}", UriKind.Relative), FaultsOfOne, token);
            var (left, agent) = (lab.LeasesOf(victim), lab.AgentOf(victim));
            run.Say($"  the agent of host {victim}, with {left.Count} faults");
            await lab.RunAsync(token, "kill-agent", $"{victim}");
            await lab.UntilAsync("another agent is there", () => Task.FromResult(lab.AgentOf(victim) is var next && next != agent && next != 0), token);
            var began = TimeProvider.System.GetTimestamp();
            await lab.UntilAsync("what was left is gone", () => Task.FromResult(!lab.LeasesOf(victim).Overlaps(left)), token);
            undone.Add(TimeProvider.System.GetElapsedTime(began).TotalSeconds);
            await lab.UntilAsync("it halts", async () =>
            {
                using (await lab.Http.DeleteAsync(Test, token)) { }
                return Hosts.All(host => lab.LeasesOf(host).Count == 0);
            }, token);
        }
        run.Add(new($"{Number}", "an agent killed with -9: from its next start until nothing is left of its faults", "s", undone) { Target = Target.AtMost(2) });
    }

    private static IEnumerable<int> Hosts => Enumerable.Range(1, Fleet.Hosts);

    private static async Task AttackAsync(Run run, HostLab lab, Uri test, int faults, CancellationToken token)
    {
        await lab.UntilWholeAsync(token);
        run.Say($"  {faults} faults and more");
        using (var body = new StringContent(Lasting, Encoding.UTF8, "application/json"))
        using (var reply = await lab.Http.PutAsync(test, body, token))
        {
            reply.EnsureSuccessStatusCode();
        }
        var (began, seed) = (TimeProvider.System.GetTimestamp(), 0);
        await lab.UntilAsync("they are there", async () =>
        {
            // Attacks that come too late for a slow machine are not carried out, and those of a lasting plan do not come again soon.
            if (TimeProvider.System.GetElapsedTime(began) > TimeSpan.FromSeconds(5) * (seed + 1))
            {
                using var reply = await lab.Http.PostAsJsonAsync(test, new { seed = ++seed }, token);
            }
            return (await TestsAsync(lab, token)).Sum(host => host.GetProperty("faults").GetArrayLength()) >= faults;
        }, token);
    }

    private static async Task<List<JsonElement>> TestsAsync(HostLab lab, CancellationToken token) =>
        [.. (await lab.Http.GetFromJsonAsync<JsonElement>(Test, token)).EnumerateArray()];
}
