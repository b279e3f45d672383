using System.Globalization;

namespace HmsOrleans.Antagonist.Faults;

/// <summary>The control groups that memory is charged to, of either version.</summary>
internal static class MemoryGroup
{
    /// <summary>Where the controller's tree is mounted: that of version 1 where there is one, for then version 2 counts no memory.</summary>
    public static (bool IsFirst, string Directory)[] Mounts { get; } =
    [
        .. File.ReadLines("/proc/self/mountinfo").Select(line => line.Split(' ')).Select(fields => (Directory: fields[4], Type: fields[^3], Options: fields[^1].Split(',')))
            .Where(mount => mount.Type == "cgroup2" || (mount.Type == "cgroup" && mount.Options.Contains("memory")))
            .Select(mount => (mount.Type == "cgroup", mount.Directory)).OrderByDescending(mount => mount.Item1),
    ];

    /// <summary>The directory of a process's group.</summary>
    /// <exception cref="FaultFailedException">It is not seen from here.</exception>
    public static string Of(int pid)
    {
        var lines = Processes.TextOf($"/proc/{pid}/cgroup").Split('\n').Select(line => line.Split(':', 3)).Where(fields => fields.Length == 3).ToList();
        foreach (var (isFirst, directory) in Mounts)
        {
            var path = lines.FirstOrDefault(fields => isFirst ? fields[1].Split(',').Contains("memory") : fields[0] == "0")?[2];
            // Seen from within a control group namespace, or in another's mounts, the path leads elsewhere: the list tells.
            if (path is not null && Processes.TextOf($"{directory}{path}/cgroup.procs").Split('\n').Contains(pid.ToString(CultureInfo.InvariantCulture)))
            {
                return directory + path;
            }
        }
        throw new FaultFailedException($"the memory group of process {pid} is not seen from here");
    }
}
