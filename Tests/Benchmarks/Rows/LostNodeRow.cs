using System.Net;
using System.Net.Http.Json;
using HmsOrleans.Benchmarks.Labs;
using HmsOrleans.Benchmarks.Reports;
using HmsOrleans.Tests.Lab;

namespace HmsOrleans.Benchmarks.Rows;

/// <summary>A node dies, or hangs.</summary>
internal sealed class LostNodeRow : IRow
{
    public int Number => 13;

    public string Title => "a node killed with -9, and one that hangs (SIGSTOP): offline, and answered for";

    public async Task RunAsync(Run run, CancellationToken token)
    {
        await using var lab = await Fleet.StartAsync(run, token);
        foreach (var (way, words) in ((string, string)[])[("kill", "killed"), ("freeze", "frozen")])
        {
            var (offline, refused, back) = (new List<double>(), new List<double>(), new List<double>());
            for (var i = 0; i < run.Times(10, 2); i++)
            {
                var victim = 1 + (i % Fleet.Hosts);
                run.Say($"  {words}: host {victim}");
                await lab.RunAsync(token, way == "kill" ? "hold-silo" : "freeze-silo", $"{victim}");
                var began = TimeProvider.System.GetTimestamp();
                await lab.UntilAsync("it is offline", async () => await lab.StateAsync(victim, token) == "offline", token);
                offline.Add(TimeProvider.System.GetElapsedTime(began).TotalSeconds);

                began = TimeProvider.System.GetTimestamp();
                // What a node that hangs was told it may still do when it goes on: something that changes nothing.
                using (var reply = await lab.Http.PostAsJsonAsync(new Uri($"containers/{HostLab.Address(victim)}", UriKind.Relative), new { threshold = 60 }, token))
                {
                    refused.Add(reply.StatusCode == HttpStatusCode.ServiceUnavailable ? TimeProvider.System.GetElapsedTime(began).TotalMilliseconds : double.PositiveInfinity);
                }
                await lab.RunAsync(token, way == "kill" ? "release-silo" : "thaw-silo", $"{victim}");
                began = TimeProvider.System.GetTimestamp();
                await lab.UntilWholeAsync(token);
                back.Add(TimeProvider.System.GetElapsedTime(began).TotalSeconds);
            }
            run.Add(new($"{Number}", $"{words}: until its host is shown offline", "s", offline) { Target = Target.AtMost(5) });
            run.Add(new($"{Number}", $"{words}: then a command for it: until 503", "ms", refused) { Target = Target.AtMost(100) });
            run.Add(new($"{Number}", $"{words}: from its new start (or its thaw) until all is well", "s", back));
        }
    }
}
