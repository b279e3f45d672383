using System.Globalization;
using HmsOrleans.Antagonist.Engine;
using HmsOrleans.Antagonist.Leases;

namespace HmsOrleans.Antagonist.Faults;

/// <summary>
/// Fills a container's memory up to its limit with the pages of a file in /dev/shm: the kernel charges them to the control group of the process
/// that writes them, which has been put into the container's. They are no process's, so that killing the writer frees none of them.
/// </summary>
/// <remarks>
/// The kernel kills the largest process of the group first; a small main process may be smaller than the writer. So, as long as the writer
/// runs, the main one is marked as the first to be killed (oom_score_adj 1000). That takes no privilege, unlike sparing the writer.
/// </remarks>
internal sealed class MemoryFault(AttackEngine engine, TimeProvider time) : IFault
{
    private const string Directory = "/dev/shm";
    private const long Block = 64 * 1024;

    /// <summary>$$ is the shell's own number, and then dd's.</summary>
    private const string Fill = """echo $$ >"$1" && exec dd if=/dev/zero of="$2" bs=65536 count="$3" """;

    private static readonly TimeSpan FillLimit = TimeSpan.FromSeconds(30);

    /// <summary>What dd's exit code is when the kernel killed it.</summary>
    private const int Killed = 137;

    public bool OutlivesRestart => false;

    /// <summary>Why it cannot be done on this machine; null when it can.</summary>
    public static string? Missing =>
        !System.IO.Directory.Exists(Directory) ? $"there is no {Directory}" : MemoryGroup.Mounts.Length == 0 ? "there is no memory controller" : null;

    /// <exception cref="FaultRefusedException">It has no limit, or one that the machine could not bear.</exception>
    public Task<Lease> PrepareAsync(Lease lease, Victim victim, CancellationToken cancellationToken)
    {
        if (victim.MemoryLimit <= 0)
        {
            throw new FaultRefusedException($"{victim.Name} has no memory limit");
        }
        if (SizeOf(victim) > Machine("MemAvailable") / 2)
        {
            throw new FaultRefusedException($"{victim.Name} may have more than half of what memory is free here");
        }
        var process = Processes.MainOf(victim);
        return Task.FromResult(EndingFault.Prepare(lease, victim) with
        {
            Process = process,
            File = $"{Directory}/{ChaosMark.Of(lease.Id)}",
            Score = int.TryParse(Processes.TextOf($"/proc/{process.Pid}/oom_score_adj"), CultureInfo.InvariantCulture, out var score) ? score : 0,
        });
    }

    public async Task InjectAsync(Lease lease, Victim victim, CancellationToken cancellationToken)
    {
        var group = MemoryGroup.Of(lease.Process!.Pid);
        SetScore(lease, 1000);
        var blocks = (SizeOf(victim) / Block).ToString(CultureInfo.InvariantCulture);
        var filled = await Tool.RunAsync("/bin/sh", ["-c", Fill, "sh", $"{group}/cgroup.procs", lease.File!, blocks], cancellationToken, timeLimit: FillLimit);
        if (Processes.IsThere(lease.Process))
        {
            SetScore(lease, lease.Score ?? 0);
            if (filled.ExitCode != Killed)
            {
                throw new FaultFailedException($"the memory of {lease.Container} was filled, and nothing in it was killed: {filled.Complaint}");
            }
            // Something in it was killed, if only the writer, and its memory stays full until the fault is undone.
        }
        else
        {
            File.Delete(lease.File!); // nobody has any more use of it
        }
    }

    public async Task<Cure> UndoAsync(Lease lease, bool wasInterrupted, CancellationToken cancellationToken)
    {
        File.Delete(lease.File!);
        if (Processes.IsThere(lease.Process!))
        {
            SetScore(lease, lease.Score ?? 0);
            return Cure.Here;
        }
        return await EndingFault.StartAgainAsync(engine, time, lease, wasInterrupted: false, cancellationToken, hasEnded: true);
    }

    /// <summary>Where there is swap, the pages go there before anything is killed.</summary>
    private static long SizeOf(Victim victim) => Machine("SwapTotal") > 0 && victim.SwapLimit > victim.MemoryLimit ? victim.SwapLimit : victim.MemoryLimit;

    private static void SetScore(Lease lease, int score)
    {
        try
        {
            File.WriteAllText($"/proc/{lease.Process!.Pid}/oom_score_adj", score.ToString(CultureInfo.InvariantCulture));
        }
        catch (IOException)
        {
            // It has just ended.
        }
    }

    /// <summary>Bytes, of a line of /proc/meminfo.</summary>
    private static long Machine(string line) =>
        File.ReadLines("/proc/meminfo").Where(text => text.StartsWith($"{line}:", StringComparison.Ordinal))
            .Select(text => long.Parse(text.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024).FirstOrDefault();
}
