using System.ComponentModel;
using System.Diagnostics;

namespace HmsOrleans.Tests.Engine;

/// <summary>Runs a program to its end: its output, or an exception with what it said.</summary>
internal static class Command
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static Task<string> RunAsync(string program, CancellationToken token, params string[] args)
        => RunAsync(program, new Dictionary<string, string>(), Patience, token, args);

    public static async Task<string> RunAsync(
        string program, IReadOnlyDictionary<string, string> environment, TimeSpan patience, CancellationToken token, params string[] args)
    {
        var start = new ProcessStartInfo(program, args)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var process = Start(start);
        process.StandardInput.Close();
        using var limit = new CancellationTokenSource(patience, TimeProvider.System);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(token, limit.Token);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(either.Token);
            var error = process.StandardError.ReadToEndAsync(either.Token);
            await process.WaitForExitAsync(either.Token);
            return process.ExitCode == 0
                ? (await output).Trim()
                : throw new InvalidOperationException($"{Line(program, args)}: exit code {process.ExitCode}: {(await error).Trim()}");
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            token.ThrowIfCancellationRequested();
            throw new TimeoutException($"{Line(program, args)}: no answer within {patience.TotalSeconds} s");
        }
    }

    /// <summary>Sends a signal; a process that is gone is no error.</summary>
    public static Task SignalAsync(string signal, IEnumerable<int> processes)
        => RunAsync("/bin/sh", CancellationToken.None, "-c", $"kill -s {signal} {string.Join(' ', processes)} 2>/dev/null || :");

    /// <summary>SIGSTOP, and waits until each of its threads has stopped: one that still runs may answer once more.</summary>
    public static async Task FreezeAsync(int process, CancellationToken token)
    {
        await SignalAsync("STOP", [process]);
        while (Directory.EnumerateDirectories($"/proc/{process}/task").Any(Runs))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, token);
        }

        static bool Runs(string thread)
        {
            try
            {
                var stat = File.ReadAllText($"{thread}/stat");
                return stat[stat.LastIndexOf(')') + 2] != 'T';
            }
            catch (IOException)
            {
                return false; // it has ended meanwhile
            }
        }
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new InvalidOperationException($"{start.FileName} does not start ({e.Message}): is it installed? deploy/test.sh installs what the tests need", e);
        }
    }

    private static string Line(string program, string[] args) => $"{program} {string.Join(' ', args)}";
}
