using System.Globalization;
using System.Runtime.InteropServices;

namespace HmsOrleans.Benchmarks.Micro;

/// <summary>Processor time as the kernel counts it.</summary>
internal static partial class ProcessorTime
{
    private const int Children = -1;

    /// <summary>Of a thread of this process.</summary>
    public static TimeSpan OfThread(string name)
    {
        var thread = Directory.EnumerateDirectories("/proc/self/task").First(task => File.ReadAllText($"{task}/comm").Trim() == name);
        var nanoseconds = File.ReadAllText($"{thread}/schedstat").Split(' ')[0];
        return TimeSpan.FromTicks(long.Parse(nanoseconds, CultureInfo.InvariantCulture) / TimeSpan.NanosecondsPerTick);
    }

    /// <summary>Of all programs that this process has run to their end.</summary>
    public static TimeSpan OfEndedChildren() =>
        GetUsage(Children, out var usage) == 0 ? usage.User.Span + usage.System.Span : throw new InvalidOperationException("getrusage failed");

    [LibraryImport("libc", EntryPoint = "getrusage")]
    private static partial int GetUsage(int who, out Usage usage);

    [StructLayout(LayoutKind.Sequential, Size = 144)]
    private struct Usage
    {
        public Time User;
        public Time System;
    }

    private struct Time
    {
        public long Seconds;
        public long Microseconds;

        public readonly TimeSpan Span => TimeSpan.FromTicks((Seconds * TimeSpan.TicksPerSecond) + (Microseconds * TimeSpan.TicksPerMicrosecond));
    }
}
