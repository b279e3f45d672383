using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using HmsOrleans.Tests.Engine;
using HmsOrleans.Tests.Node;

namespace HmsOrleans.Tests.Antagonist;

/// <summary>The antagonist's program as a user runs it, beside a node. Nothing of it survives <see cref="DisposeAsync"/>.</summary>
internal sealed class AgentProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("hms-agent-");
    private readonly Dictionary<string, string> _environment;
    private readonly string[] _options;
    private DateTimeOffset _launched;
    private Process _process;

    private AgentProcess(DockerHost host, NodeProcess node, string[] options)
    {
        _environment = new()
        {
            ["DOCKER_HOST"] = host.Socket,
            // A node's ports differ by as much as their numbers do.
            ["Orleans__Endpoints__GatewayPort"] = (node.Http.BaseAddress!.Port - 8100 + 30200).ToString(CultureInfo.InvariantCulture),
            // What is skipped, too.
            ["Logging__LogLevel__HmsOrleans"] = "Debug",
        };
        _options = ["agent", "--host", NodeProcess.Host, "--data", DataDirectory, .. options];
        _process = Launch();
    }

    public string DataDirectory => _directory.FullName;

    public bool HasExited => _process.HasExited;

    /// <summary>What would have to be undone; one that is just being written stands for nothing yet.</summary>
    public int Leases => Directory.Exists($"{DataDirectory}/leases") ? Directory.GetFiles($"{DataDirectory}/leases", "*.lease").Length : 0;

    /// <summary>All that its lives have written to the console so far.</summary>
    public string Log => File.Exists(LogFile) ? File.ReadAllText(LogFile) : "";

    private string LogFile => $"{DataDirectory}/log";

    /// <summary>
    /// Starts an agent, waits until it has its directory and the node its report, and sees that it is off: the node may know an
    /// earlier one still, and its order.
    /// </summary>
    public static async Task<AgentProcess> StartAsync(DockerHost host, NodeProcess node, CancellationToken token, params string[] options)
    {
        var agent = new AgentProcess(host, node, options);
        try
        {
            await agent.UntilAsync("it has its directory", () => Task.FromResult(agent.Log.Contains("can ", StringComparison.Ordinal)), token);
            await agent.UntilAsync("the node knows it", async () =>
            {
                using var reply = await node.Http.DeleteAsync(new Uri($"test/{NodeProcess.Host}", UriKind.Relative), token);
                return reply.IsSuccessStatusCode && JsonElement.Parse(await reply.Content.ReadAsStringAsync(token)) is var view
                    && view.GetProperty("state").GetString() == "off" && view.GetProperty("agent").GetProperty("started").GetDateTimeOffset() >= agent._launched;
            }, token);
            return agent;
        }
        catch
        {
            await agent.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs another of the program's commands in the same place; one that has not ended after a minute is ended, which is its exit code then.</summary>
    public async Task<(int ExitCode, string Output)> RunAsync(CancellationToken token, params string[] command)
    {
        using var process = Begin(command);
        var output = await process.StandardOutput.ReadToEndAsync(token);
        await process.WaitForExitAsync(token);
        return (process.ExitCode, output);
    }

    /// <summary>Begins another of the program's commands, as <see cref="RunAsync"/> does. Its output is for the caller to read; signals reach the command.</summary>
    public Process Begin(params string[] command) =>
        Process.Start(Prepare("exec env --default-signal=HUP timeout --foreground \"$@\" 2>&1 </dev/null", ["timeout", $"{Patience.TotalSeconds}", Program, .. command], isRead: true))!;

    /// <summary>kill -9.</summary>
    public async Task KillAsync(CancellationToken token)
    {
        _process.Kill();
        await _process.WaitForExitAsync(token);
    }

    /// <summary>Ends it in an orderly way.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> StopAsync(CancellationToken token, string signal = "TERM")
    {
        await Command.SignalAsync(signal, [_process.Id]);
        await _process.WaitForExitAsync(token);
        return _process.ExitCode;
    }

    public void StartAgain()
    {
        _process.Dispose();
        _process = Launch();
    }

    /// <summary>Waits until something holds; throws with its log after a minute, or when it has ended.</summary>
    public async Task UntilAsync(string what, Func<Task<bool>> holds, CancellationToken token)
    {
        var start = Stopwatch.GetTimestamp();
        while (!await holds())
        {
            if (_process.HasExited || Stopwatch.GetElapsedTime(start) > Patience)
            {
                throw new TimeoutException($"not true: {what}{Environment.NewLine}{Log}");
            }
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await StopAsync(CancellationToken.None);
        }
        _process.Dispose();
        _directory.Delete(recursive: true);
    }

    private static string Program => Path.Combine(AppContext.BaseDirectory, "HmsOrleans.Antagonist");

    // Through a shell because .NET can send output to a pipe only, and a pipe would end with the test runner. A runner under nohup ignores SIGHUP.
    private Process Launch()
    {
        _launched = TimeProvider.System.GetUtcNow();
        return Process.Start(Prepare("exec env --default-signal=HUP \"$@\" >>\"$0\" 2>&1 </dev/null", [LogFile, Program, .. _options], isRead: false))!;
    }

    private ProcessStartInfo Prepare(string script, string[] arguments, bool isRead)
    {
        var start = new ProcessStartInfo("/bin/sh", ["-c", script, .. arguments]) { WorkingDirectory = DataDirectory, RedirectStandardOutput = isRead };
        foreach (var (name, value) in _environment)
        {
            start.Environment[name] = value;
        }
        return start;
    }
}
