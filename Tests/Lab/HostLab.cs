using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using HmsOrleans.Tests.Engine;

namespace HmsOrleans.Tests.Lab;

/// <summary>
/// Several Docker hosts with a node of one cluster on each, as <c>deploy/lab.sh</c> makes them, and the API outside of them. Free of
/// xunit, so that the benchmarks use it too.
/// </summary>
internal sealed class HostLab : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan CommandLimit = TimeSpan.FromMinutes(4);

    private readonly string _name;
    private readonly Dictionary<string, string> _environment;

    private HostLab(string name, int port, int containers, bool hasAntagonist)
    {
        _name = name;
        var url = $"http://127.0.0.1:{port}";
        _environment = new() { ["HMS_LAB"] = name, ["HMS_LAB_URL"] = url, ["HMS_LAB_CONTAINERS"] = $"{containers}" };
        if (hasAntagonist)
        {
            _environment["HMS_LAB_ANTAGONIST"] = "1";
        }
        Http = new HttpClient { BaseAddress = new Uri($"{url}/"), Timeout = TimeSpan.FromSeconds(10) };
        Containers = containers;
    }

    /// <summary>The API outside of the hosts.</summary>
    public HttpClient Http { get; }

    /// <summary>Idle containers on each host at the start: idle-1, idle-2 and so on.</summary>
    public int Containers { get; }

    public int Hosts { get; private init; }

    /// <summary>The last lines that its programs wrote, for a failed test.</summary>
    public string Logs => string.Join(
        Environment.NewLine,
        Enumerable.Range(1, Hosts).SelectMany(host => (string[])[$"h{host}/silo.log", $"h{host}/agent.log"]).Append("api.log")
            .Where(file => File.Exists($"/run/{_name}-lab/{file}"))
            .Select(file => $"{file}:{Environment.NewLine}{string.Join(Environment.NewLine, File.ReadLines($"/run/{_name}-lab/{file}").TakeLast(25))}"));

    /// <summary>Where the API and the database are: outside of the hosts.</summary>
    public const string Outside = "10.77.0.1";

    public static string Address(int host) => $"10.77.0.{10 + host}";

    /// <summary>Starts a lab and waits until all of it is shown.</summary>
    public static async Task<HostLab> StartAsync(
        int hosts, int containers, int port, CancellationToken token, bool hasAntagonist = false, params (string Name, string Value)[] settings)
    {
        // Names of interfaces are short.
        var lab = new HostLab($"hl{Environment.ProcessId % 100_000}", port, containers, hasAntagonist) { Hosts = hosts };
        foreach (var (name, value) in settings)
        {
            lab._environment[name.Replace(":", "__", StringComparison.Ordinal)] = value;
        }
        try
        {
            await lab.RunAsync(token, "up", $"{hosts}");
            return lab;
        }
        catch
        {
            await lab.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs a command of <c>deploy/lab.sh</c>.</summary>
    public Task<string> RunAsync(CancellationToken token, params string[] command) =>
        Command.RunAsync(SourceTree.File("deploy/lab.sh"), _environment, CommandLimit, token, command);

    /// <summary>The docker command on a host.</summary>
    public Task<string> DockerAsync(int host, CancellationToken token, params string[] command) =>
        Command.RunAsync("docker", token, ["-H", $"unix://{SocketOf(host)}", .. command]);

    /// <summary>Path of the socket of a host's engine.</summary>
    public string SocketOf(int host) => $"/run/{_name}-lab/h{host}/docker.sock";

    /// <summary>Connection string of a database of the lab's PostgreSQL.</summary>
    public string DatabaseOf(string name) =>
        $"Host={Outside};Port=55432;Database={name};Username=hms;Password={File.ReadAllText($"/var/lib/{_name}-lab/password").Trim()}";

    /// <summary>Process id of a host's node.</summary>
    public int NodeOf(int host) => int.Parse(File.ReadAllText($"/run/{_name}-lab/h{host}/silo.pid"), CultureInfo.InvariantCulture);

    /// <summary>Faults that a host's agent has caused and not undone, by the names of their leases.</summary>
    public HashSet<string> LeasesOf(int host) =>
        [.. Directory.GetFiles($"/var/lib/{_name}-lab/h{host}/agent/leases", "*.lease").Select(file => Path.GetFileNameWithoutExtension(file))];

    /// <summary>Process id of a host's agent of the antagonist; 0 while there is none.</summary>
    public int AgentOf(int host) =>
        int.TryParse(File.ReadAllText($"/run/{_name}-lab/h{host}/agent.pid").Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) ? pid : 0;

    /// <summary>The node of a host could not join the cluster a minute ago: its time alone is over.</summary>
    public void EndTimeAlone(int host) =>
        File.SetLastWriteTimeUtc($"/var/lib/{_name}-lab/h{host}/node/alone", TimeProvider.System.GetUtcNow().UtcDateTime.AddMinutes(-1));

    /// <summary>The host whose node keeps the view of the fleet: the last one that said so.</summary>
    public int ControllersHost() => Enumerable.Range(1, Hosts)
        .MaxBy(host => File.ReadLines($"/run/{_name}-lab/h{host}/silo.log").Where(line => line.Contains("keeps the view of the fleet", StringComparison.Ordinal)).Max() ?? "");

    /// <summary>Bytes that a host has sent and received over its network so far.</summary>
    public async Task<long> TrafficOfAsync(int host, CancellationToken token) =>
        // Not from /sys, which is of whoever mounted it. Bytes received are the first number, bytes sent the ninth.
        (await Command.RunAsync("nsenter", token, $"--net=/run/netns/{_name}-h{host}", "sed", "-n", "s/^ *eth0: *//p", "/proc/net/dev"))
        .Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var received, _, _, _, _, _, _, _, var sent, ..]
            ? long.Parse(received, CultureInfo.InvariantCulture) + long.Parse(sent, CultureInfo.InvariantCulture)
            : throw new InvalidOperationException($"host {host} has no eth0");

    /// <summary>Asks a host's own node, from within the host, whether it is at work, and waits until it is.</summary>
    /// <returns>ready or degraded.</returns>
    public async Task<string> UntilNodeIsReadyAsync(int host, CancellationToken token)
    {
        var reply = "";
        await UntilAsync($"the node of host {host} is at work", async () =>
        {
            // The exit code of curl says that nobody listens: that is no failure here.
            reply = await Command.RunAsync("nsenter", token, $"--net=/run/netns/{_name}-h{host}", "/bin/sh", "-c", "curl -s -m 5 http://127.0.0.1:8080/readyz || :");
            return reply.Length > 0 && JsonElement.Parse(reply).GetProperty("ready").GetBoolean();
        }, token);
        return JsonElement.Parse(reply).GetProperty("status").GetString()!;
    }

    /// <summary>One container of a host, as the API shows it; null while it cannot say.</summary>
    public async Task<JsonElement?> ContainerAsync(int host, string name, CancellationToken token)
    {
        using var reply = await Http.GetAsync(new Uri($"containers/{Address(host)}/{name}", UriKind.Relative), token);
        return reply.IsSuccessStatusCode ? await reply.Content.ReadFromJsonAsync<JsonElement>(token) : null;
    }

    /// <summary>All hosts with their containers; null while the API cannot say.</summary>
    public async Task<JsonElement?> ViewAsync(CancellationToken token)
    {
        using var reply = await Http.GetAsync(new Uri("containers", UriKind.Relative), token);
        return reply.IsSuccessStatusCode ? await reply.Content.ReadFromJsonAsync<JsonElement>(token) : null;
    }

    /// <summary>What the API shows of a host: updated, offline and so on; "unknown" while it cannot say.</summary>
    public async Task<string> StateAsync(int host, CancellationToken token) =>
        (await ViewAsync(token))?.EnumerateArray().Where(shown => shown.GetProperty("address").GetString() == Address(host))
            .Select(shown => shown.GetProperty("state").GetString()).SingleOrDefault() ?? "unknown";

    /// <summary>Waits until every host is up to date and every container runs, healthy.</summary>
    public Task UntilWholeAsync(CancellationToken token) => UntilAsync("all is shown, and well", () => IsWholeAsync(token), token);

    /// <summary>Every host is up to date and every container runs, healthy.</summary>
    public async Task<bool> IsWholeAsync(CancellationToken token) =>
        await ViewAsync(token) is { } view
        && view.GetArrayLength() == Hosts
        && view.EnumerateArray().All(host => host.GetProperty("state").GetString() == "updated"
            && host.GetProperty("containers").GetArrayLength() >= Containers
            && host.GetProperty("containers").EnumerateArray().All(container => container.GetProperty("health").GetString() == "healthy"));

    /// <summary>Waits until something holds; throws with the logs after a minute and a half.</summary>
    public async Task UntilAsync(string what, Func<Task<bool>> holds, CancellationToken token)
    {
        var start = Stopwatch.GetTimestamp();
        while (!await holds())
        {
            if (Stopwatch.GetElapsedTime(start) > Patience)
            {
                throw new TimeoutException($"not true within {Patience.TotalSeconds} s: {what}{Environment.NewLine}{await RunAsync(token, "status")}{Environment.NewLine}{Logs}");
            }
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await RunAsync(CancellationToken.None, "down");
    }
}
