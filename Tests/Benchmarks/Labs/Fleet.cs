using System.Diagnostics;
using HmsOrleans.Benchmarks.Reports;
using HmsOrleans.Tests.Lab;

namespace HmsOrleans.Benchmarks.Labs;

/// <summary>The lab of several hosts, as the rows about a cluster use it.</summary>
internal static class Fleet
{
    public const int Hosts = 5;
    public const int Containers = 10;

    private const int Port = 8398;

    /// <summary>Five hosts with ten containers each, all healthy.</summary>
    public static async Task<HostLab> StartAsync(Run run, CancellationToken token, bool hasAntagonist = false)
    {
        run.Say($"    {Hosts} hosts with {Containers} containers each");
        var lab = await HostLab.StartAsync(Hosts, Containers, Port, token, hasAntagonist);
        try
        {
            await lab.UntilWholeAsync(token);
            return lab;
        }
        catch
        {
            await lab.DisposeAsync();
            throw;
        }
    }

    /// <summary>How long it takes until something holds, in seconds.</summary>
    public static async Task<double> TimeAsync(HostLab lab, string what, Func<Task<bool>> holds, CancellationToken token)
    {
        var began = Stopwatch.GetTimestamp();
        await lab.UntilAsync(what, holds, token);
        return Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    /// <summary>When each container was last started, by "host/name".</summary>
    public static async Task<Dictionary<string, string>> StartsAsync(HostLab lab, IEnumerable<int> hosts, CancellationToken token)
    {
        var starts = new Dictionary<string, string>();
        foreach (var host in hosts)
        {
            var ids = (await lab.DockerAsync(host, token, "ps", "-aq")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            foreach (var line in (await lab.DockerAsync(host, token, ["inspect", "-f", "{{.Name}} {{.State.Running}} {{.State.StartedAt}}", .. ids])).Split('\n'))
            {
                var words = line.Split(' ');
                starts[$"{host}{words[0]}"] = words[1] == "true" ? words[2] : "does not run";
            }
        }
        return starts;
    }
}
