using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using HmsOrleans.Benchmarks.Labs;
using HmsOrleans.Benchmarks.Reports;

namespace HmsOrleans.Benchmarks.Rows;

/// <summary>PostgreSQL dies, and comes back after a minute.</summary>
internal sealed class DatabaseRow : IRow
{
    private const double Threshold = 67;

    public int Number => 16;

    public string Title => "PostgreSQL killed with -9 and gone for a minute: healing goes on, nothing acknowledged is lost";

    public async Task RunAsync(Run run, CancellationToken token)
    {
        await using var lab = await Fleet.StartAsync(run, token);
        var healed = new List<double>();
        await lab.RunAsync(token, "stop-database");
        HttpStatusCode told;
        using (var reply = await lab.Http.PostAsJsonAsync(new Uri("settings", UriKind.Relative), new { threshold = Threshold }, token))
        {
            told = reply.StatusCode;
        }
        for (var i = 1; i <= run.Times(10, 2); i++)
        {
            var host = 1 + (i % Fleet.Hosts);
            await lab.DockerAsync(host, token, "kill", $"idle-{i}");
            healed.Add(await Fleet.TimeAsync(lab, "it runs again", async () => await lab.DockerAsync(host, token, "inspect", "-f", "{{.State.Running}}", $"idle-{i}") == "true", token));
            await run.WaitAsync(TimeSpan.FromSeconds(run.Times(5, 1)), "", token);
        }
        await lab.RunAsync(token, "start-database");
        await run.WaitAsync(TimeSpan.FromSeconds(35), "for what was set to be saved (it is tried every half minute at least)", token);
        await Task.WhenAll(Enumerable.Range(1, Fleet.Hosts).Select(host => lab.RunAsync(token, "kill-silo", $"{host}")));
        await lab.UntilWholeAsync(token);
        var settings = await lab.Http.GetFromJsonAsync<JsonElement>(new Uri("settings", UriKind.Relative), token);
        run.Add(new($"{Number}", "a container killed meanwhile: until it runs again", "s", healed));
        run.Add(new($"{Number}", "acknowledged settings lost after the death of all nodes", "", [settings.GetProperty("threshold").GetDouble() == Threshold ? 0 : 1])
        {
            Target = Target.Exactly(0),
            Note = $"the setting was answered with {(int)told}",
        });
    }
}
