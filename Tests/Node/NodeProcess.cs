using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using HmsOrleans.Tests.Engine;

namespace HmsOrleans.Tests.Node;

/// <summary>
/// A node as a user runs it: the built program as a process of its own, spoken to over HTTP. Nothing of it survives
/// <see cref="DisposeAsync"/>. Free of xunit, so that the benchmarks use it too.
/// </summary>
internal sealed class NodeProcess : IAsyncDisposable
{
    /// <summary>What the node calls its host.</summary>
    public const string Host = "127.0.0.1";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static int s_count;

    private readonly string _directory;
    private readonly IReadOnlyDictionary<string, string> _environment;
    private Process _process;

    private NodeProcess(string directory, int port, IReadOnlyDictionary<string, string> environment)
    {
        (_directory, _environment) = (directory, environment);
        Http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}/"), Timeout = TimeSpan.FromSeconds(10) };
        _process = Launch();
    }

    /// <summary>Asks the node; 10 s at most.</summary>
    public HttpClient Http { get; }

    public int Pid => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>The exit code; throws while it runs. 137 after <see cref="KillAsync"/>.</summary>
    public int ExitCode => _process.ExitCode;

    /// <summary>Where it keeps its settings; kept over <see cref="StartAgain"/>.</summary>
    public string DataDirectory => $"{_directory}/data";

    /// <summary>All that its lives have written to the console so far.</summary>
    public string Log => File.Exists(LogFile) ? File.ReadAllText(LogFile) : "";

    private string LogFile => $"{_directory}/log";

    /// <summary>Starts a node and does not wait for anything.</summary>
    /// <param name="engine">The engine it watches, as <see cref="DockerHost.Socket"/>.</param>
    /// <param name="settings">Further settings, as <c>Hms:Health:Threshold</c>.</param>
    public static NodeProcess Start(string engine, params (string Key, string Value)[] settings)
    {
        var number = Interlocked.Increment(ref s_count);
        var directory = Path.Combine(Path.GetTempPath(), $"hms-node-{Environment.ProcessId}-{number}");
        Directory.CreateDirectory(directory);
        var environment = new Dictionary<string, string>
        {
            ["ASPNETCORE_URLS"] = $"http://127.0.0.1:{8100 + number}",
            ["Hms__Docker__Endpoint"] = engine,
            ["Hms__Host__Address"] = Host,
            ["Hms__DataDirectory"] = $"{directory}/data",
            ["Orleans__Endpoints__SiloPort"] = (11200 + number).ToString(CultureInfo.InvariantCulture),
            ["Orleans__Endpoints__GatewayPort"] = (30200 + number).ToString(CultureInfo.InvariantCulture),
        };
        foreach (var (key, value) in settings)
        {
            environment[key.Replace(":", "__", StringComparison.Ordinal)] = value;
        }
        return new NodeProcess(directory, 8100 + number, environment);
    }

    /// <summary>Starts a node and waits until it is at work.</summary>
    public static async Task<NodeProcess> StartReadyAsync(string engine, CancellationToken token, params (string Key, string Value)[] settings)
    {
        var node = Start(engine, settings);
        try
        {
            await node.UntilReadyAsync(token);
            return node;
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits for <c>/readyz</c> to say 200; throws with its log when the node ends, or is not ready in a minute.</summary>
    public Task UntilReadyAsync(CancellationToken token) => UntilAsync("the node is ready", async () =>
    {
        if (_process.HasExited)
        {
            throw new InvalidOperationException($"the node ended with exit code {_process.ExitCode}:{Environment.NewLine}{Log}");
        }
        try
        {
            using var reply = await Http.GetAsync(new Uri("readyz", UriKind.Relative), token);
            return reply.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false; // nobody listens yet
        }
    }, token);

    /// <summary>One of this host's containers, as GET shows it.</summary>
    public Task<JsonElement> ContainerAsync(string name, CancellationToken token) =>
        Http.GetFromJsonAsync<JsonElement>(new Uri($"containers/{Host}/{name}", UriKind.Relative), token);

    /// <summary>Waits until a container, as GET shows it, is as wanted, and returns it; throws with the last view after a minute.</summary>
    public async Task<JsonElement> UntilContainerAsync(string name, Func<JsonElement, bool> wanted, CancellationToken token)
    {
        var last = default(JsonElement);
        await UntilAsync($"{name} is as wanted", async () =>
        {
            using var reply = await Http.GetAsync(new Uri($"containers/{Host}/{name}", UriKind.Relative), token);
            last = await reply.Content.ReadFromJsonAsync<JsonElement>(token);
            return reply.IsSuccessStatusCode && wanted(last);
        }, token, () => $"{last}");
        return last;
    }

    /// <summary>Waits until something holds; throws with the node's log after a minute.</summary>
    public async Task UntilAsync(string what, Func<Task<bool>> holds, CancellationToken token, Func<string>? last = null)
    {
        var start = Stopwatch.GetTimestamp();
        while (!await HoldsAsync())
        {
            if (Stopwatch.GetElapsedTime(start) > Patience)
            {
                throw new TimeoutException($"not true within {Patience.TotalSeconds} s: {what}{Environment.NewLine}{last?.Invoke()}{Environment.NewLine}{Log}");
            }
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, token);
        }

        async Task<bool> HoldsAsync()
        {
            try
            {
                return await holds();
            }
            catch (OperationCanceledException) when (!token.IsCancellationRequested)
            {
                return false; // one question took longer than its client waits
            }
        }
    }

    /// <summary>kill -9.</summary>
    public async Task KillAsync(CancellationToken token)
    {
        _process.Kill();
        await _process.WaitForExitAsync(token);
    }

    /// <summary>SIGTERM, as systemd and Docker do; waits for the end.</summary>
    public async Task StopAsync(CancellationToken token)
    {
        await Command.SignalAsync("TERM", [_process.Id]);
        await _process.WaitForExitAsync(token);
    }

    /// <summary>A new life of a node that has ended: same settings, same data.</summary>
    public void StartAgain()
    {
        _process.Dispose();
        _process = Launch();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await KillAsync(CancellationToken.None);
        }
        _process.Dispose();
        Http.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private Process Launch()
    {
        // Through a shell because .NET can send output to a pipe only, and a pipe would end with the test runner.
        var program = Path.Combine(AppContext.BaseDirectory, "HmsOrleans.Silo");
        var start = new ProcessStartInfo("/bin/sh", ["-c", "exec \"$@\" >>\"$0\" 2>&1 </dev/null", LogFile, program]) { WorkingDirectory = _directory };
        // Of the supervisor under which the tests themselves run.
        start.Environment.Remove("NOTIFY_SOCKET");
        start.Environment.Remove("WATCHDOG_USEC");
        foreach (var (name, value) in _environment)
        {
            start.Environment[name] = value;
        }
        return Process.Start(start)!;
    }
}
