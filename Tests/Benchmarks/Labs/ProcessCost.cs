using System.Globalization;

namespace HmsOrleans.Benchmarks.Labs;

/// <summary>What a process has used, by the kernel's own count.</summary>
internal static class ProcessCost
{
    /// <summary>Of a core, for one tick of the kernel's accounting (USER_HZ) in a second.</summary>
    public const double PercentPerTick = 1;

    /// <summary>Processor time so far, in ticks.</summary>
    public static long Ticks(int pid)
    {
        // The name may hold spaces and brackets; what follows the last bracket does not. utime and stime are fields 14 and 15.
        var stat = File.ReadAllText($"/proc/{pid}/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture);
    }

    /// <param name="pid">Of the process.</param>
    /// <param name="field">VmRSS for what it has in memory now, VmHWM for the most it ever had.</param>
    public static double Megabytes(int pid, string field)
    {
        var line = File.ReadLines($"/proc/{pid}/status").First(line => line.StartsWith(field + ":", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture) * 1024 / 1e6;
    }
}
