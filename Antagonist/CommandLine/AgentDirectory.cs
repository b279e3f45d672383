using System.Globalization;

namespace HmsOrleans.Antagonist.CommandLine;

/// <summary>The directory of a host's agent, locked while it lives: two would undo each other's faults.</summary>
internal sealed class AgentDirectory : IDisposable
{
    private const int Attempts = 40;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly string _path;
    private readonly FileStream _lock;

    private AgentDirectory(string path, FileStream held) => (_path, _lock) = (path, held);

    /// <summary>Where the leases are.</summary>
    public string Leases => Path.Combine(_path, "leases");

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
            throw new CommandFailedException($"an agent is at work in {path}{(Owner(path) is { } pid ? $" (process {pid})" : "")}: end it, or choose another directory with --data for an agent of another engine");
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
        catch (IOException e) when (e is not (DirectoryNotFoundException or PathTooLongException))
        {
            return null;
        }
        File.WriteAllText(Path.Combine(path, "agent.pid"), Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        return new(path, held);
    }

    /// <summary>The process that has it, or had it.</summary>
    public static int? Owner(string path) =>
        File.Exists(Path.Combine(path, "agent.pid")) && int.TryParse(File.ReadAllText(Path.Combine(path, "agent.pid")), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) ? pid : null;

    public void Dispose() => _lock.Dispose();
}
