using System.Globalization;
using HmsOrleans.Antagonist.Faults;
using HmsOrleans.Antagonist.Leases;

namespace HmsOrleans.Antagonist.CommandLine;

/// <summary>The directory of a host's agent, locked while it lives: two would undo each other's faults.</summary>
internal sealed class AgentDirectory : IDisposable
{
    private const int Attempts = 40;

    /// <summary>EAGAIN: another process has the lock.</summary>
    private const int IsLocked = 11;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly string _path;
    private readonly FileStream _lock;

    private AgentDirectory(string path, FileStream held) => (_path, _lock) = (path, held);

    /// <summary>Where the leases are.</summary>
    public string Leases => Path.Combine(_path, "leases");

    /// <summary>When attacks were last ended here without the cluster (UTC), which may hold an older order to attack; null when they never were.</summary>
    public DateTimeOffset? HaltedAt =>
        DateTimeOffset.TryParseExact(Processes.TextOf(HaltFile(_path)), "O", CultureInfo.InvariantCulture, DateTimeStyles.None, out var at) ? at : null;

    /// <summary>
    /// Makes it where it is missing, and locks it. The kernel frees the lock when the process ends, however it ends; what that was just starting
    /// may hold it for a moment longer.
    /// </summary>
    /// <exception cref="CommandFailedException">It cannot be written, or another agent has it.</exception>
    public static async Task<AgentDirectory> OpenAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            Directory.CreateDirectory(path);
            for (var i = 0; i < Attempts; i++)
            {
                if (TryOpen(path) is { } home)
                {
                    return home;
                }
                await Task.Delay(Pause, TimeProvider.System, cancellationToken);
            }
            throw new CommandFailedException($"an agent is at work in {path}{(Owner(path) is { } owner ? $" (process {owner.Pid})" : "")}: end it, or choose another directory with --data for an agent of another engine")
            {
                // It may be a halt, which ends by itself.
                ExitCode = CommandFailedException.TryAgain,
            };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailedException($"{path} cannot be written: {e.Message} Choose another directory with --data.", e);
        }
    }

    /// <summary>Locks it; null when an agent has it.</summary>
    public static AgentDirectory? TryOpen(string path)
    {
        FileStream held;
        try
        {
            held = new FileStream(Path.Combine(path, "agent.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (e.HResult == IsLocked)
        {
            return null;
        }
        var self = Processes.MarkOf(Environment.ProcessId)!;
        File.WriteAllText(OwnerFile(path), string.Create(CultureInfo.InvariantCulture, $"{self.Pid} {self.Start}"));
        return new(path, held);
    }

    /// <summary>The process that has it, or had it.</summary>
    public static ProcessMark? Owner(string path) =>
        Processes.TextOf(OwnerFile(path)).Split(' ') is [var pid, var start]
        && int.TryParse(pid, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && long.TryParse(start, NumberStyles.None, CultureInfo.InvariantCulture, out var ticks)
            ? new(number, ticks)
            : null;

    /// <summary>Has the agents to come begin with leaving all alone, whatever they were ordered before.</summary>
    public static void MarkHalted(string path, DateTimeOffset at) => File.WriteAllText(HaltFile(path), at.ToString("O", CultureInfo.InvariantCulture));

    public void Dispose() => _lock.Dispose();

    private static string OwnerFile(string path) => Path.Combine(path, "agent.pid");

    private static string HaltFile(string path) => Path.Combine(path, "halted");
}
