using System.ComponentModel;
using System.Globalization;
using System.Runtime.InteropServices;
using HmsOrleans.Antagonist.Engine;
using HmsOrleans.Antagonist.Leases;

namespace HmsOrleans.Antagonist.Faults;

/// <summary>Processes of containers, so that no other is ever taken for one: numbers are given again.</summary>
internal static partial class Processes
{
    public const int Continue = 18; // SIGCONT
    public const int Stop = 19; // SIGSTOP
    public const int Kill = 9; // SIGKILL
    public const int Terminate = 15; // SIGTERM

    private const int NoSuchProcess = 3; // ESRCH

    private static readonly TimeSpan EndPause = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(1);

    // Since Linux 5.1 and 5.3; as all younger than 2019 the same number on x64 and arm64.
    private const int PidfdSendSignal = 424;
    private const int PidfdOpen = 434;

    /// <summary>The main process of a container, after a look that it is in that container.</summary>
    /// <exception cref="FaultRefusedException">It has none, or none that is seen from here.</exception>
    public static ProcessMark MainOf(Victim victim)
    {
        if (victim.Pid == 0 || StartOf(victim.Pid) is not { } start)
        {
            throw new FaultRefusedException($"{victim.Name} has no process");
        }
        // An agent in a process namespace of its own would read of quite another process.
        if (!TextOf($"/proc/{victim.Pid}/cgroup").Contains(victim.Id, StringComparison.Ordinal))
        {
            throw new FaultRefusedException($"process {victim.Pid} is not of {victim.Name}: the agent needs the host's process namespace");
        }
        return new(victim.Pid, start);
    }

    /// <summary>A process by its number; null when there is none.</summary>
    public static ProcessMark? MarkOf(int pid) => StartOf(pid) is { } start ? new(pid, start) : null;

    /// <summary>It still runs, and is no other of its number.</summary>
    public static bool IsThere(ProcessMark process) => StartOf(process.Pid) == process.Start;

    /// <summary>Its state, as the kernel writes it: T is stopped; null when it is gone.</summary>
    public static char? StateOf(ProcessMark process) =>
        Fields(process.Pid) is { } fields && StartIn(fields) == process.Start ? fields[0][0] : null;

    /// <summary>Sends a signal to it, and never to another.</summary>
    /// <returns>False: it is gone.</returns>
    public static bool Signal(ProcessMark process, int signal)
    {
        var descriptor = Call(PidfdOpen, process.Pid, 0, 0, 0);
        if (descriptor < 0)
        {
            return Marshal.GetLastPInvokeError() == NoSuchProcess ? false : throw Failure("pidfd_open");
        }
        try
        {
            // The descriptor stands for one process for good: looked at now, it is the one that the signal reaches.
            if (!IsThere(process))
            {
                return false;
            }
            return Call(PidfdSendSignal, descriptor, signal, 0, 0) == 0 || (Marshal.GetLastPInvokeError() == NoSuchProcess ? false : throw Failure("pidfd_send_signal"));
        }
        finally
        {
            _ = Close((int)descriptor);
        }
    }

    /// <summary>Kills all whose command line bears one of these marks; returns when they are gone.</summary>
    /// <exception cref="FaultFailedException">One of them does not end.</exception>
    public static async Task EndAsync(IReadOnlyCollection<string> marks, CancellationToken cancellationToken)
    {
        var found = Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).Where(name => char.IsAsciiDigit(name![0]))
            .Select(name => int.Parse(name!, CultureInfo.InvariantCulture)).Where(Bears).Select(MarkOf).OfType<ProcessMark>().Where(process => Bears(process.Pid)).ToList();
        foreach (var process in found)
        {
            Signal(process, Kill);
        }
        var began = TimeProvider.System.GetTimestamp();
        while (found.Find(IsThere) is { } left)
        {
            if (TimeProvider.System.GetElapsedTime(began) > EndLimit)
            {
                throw new FaultFailedException($"process {left.Pid} of an earlier agent does not end");
            }
            await Task.Delay(EndPause, TimeProvider.System, cancellationToken);
        }

        bool Bears(int pid) => TextOf($"/proc/{pid}/cmdline") is { Length: > 0 } line && marks.Any(mark => line.Contains(mark, StringComparison.Ordinal));
    }

    /// <summary>The network namespace of a process, as the kernel names it; null when it is gone.</summary>
    public static string? NetworkOf(string process)
    {
        try
        {
            return new FileInfo($"/proc/{process}/ns/net").LinkTarget;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>A process in a network namespace; null when there is none, hence nobody whom the namespace could concern.</summary>
    public static int? InNetwork(string network, int likely)
    {
        if (NetworkOf(likely.ToString(CultureInfo.InvariantCulture)) == network)
        {
            return likely;
        }
        // Another container may have been started into it (--network container:...) and hold it.
        var other = Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).FirstOrDefault(name => char.IsAsciiDigit(name![0]) && NetworkOf(name) == network);
        return other is null ? null : int.Parse(other, CultureInfo.InvariantCulture);
    }

    /// <summary>Text of a file; nothing when it is gone.</summary>
    public static string TextOf(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private static long? StartOf(int pid) => Fields(pid) is { } fields ? StartIn(fields) : null;

    private static long StartIn(string[] fields) => long.Parse(fields[19], CultureInfo.InvariantCulture);

    /// <summary>From the third field on: the second is the program's name, which may hold blanks and brackets.</summary>
    private static string[]? Fields(int pid)
    {
        var text = TextOf($"/proc/{pid}/stat");
        // A zombie is gone: no signal means anything to it.
        return text.LastIndexOf(')') is > 0 and var end && text[(end + 2)..].Split(' ') is [not ("Z" or "X"), ..] fields ? fields : null;
    }

    private static FaultFailedException Failure(string call) => new($"{call}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint Call(nint number, nint first, nint second, nint third, nint fourth);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
