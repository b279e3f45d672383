using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using HmsOrleans.Grains.Engine;
using HmsOrleans.Grains.Health;
using HmsOrleans.Grains.Hosts;

namespace HmsOrleans.Silo.Cgroups;

/// <summary>
/// Reads the memory in use of running containers from the kernel's own files: a question to the engine takes it a second for
/// each container. Knows whom to measure from the facts that pass by.
/// </summary>
/// <param name="proc">Where the process file system is mounted.</param>
/// <param name="cgroups">Where the control groups are mounted.</param>
internal sealed class MemoryMeter(string proc = "/proc", string cgroups = "/sys/fs/cgroup")
{
    private readonly ConcurrentDictionary<string, int> _processes = [];

    /// <summary>Notes which containers run, and their first process.</summary>
    public void Note(HostFacts facts)
    {
        if (facts.IsComplete)
        {
            // What the list does not name is gone, and its process id may be somebody else's by now.
            _processes.Clear();
        }
        foreach (var (id, seen) in facts.Facts)
        {
            switch (seen)
            {
                case Observation.Seen { Container: { State: ContainerState.Running, Pid: > 0 and var process } }:
                    _processes[id] = process;
                    break;
                case Observation.Seen or Observation.Died or Observation.Removed:
                    _processes.TryRemove(id, out _);
                    break;
            }
        }
    }

    /// <summary>Memory of all containers that run; those that cannot be read (they have just ended) are left out.</summary>
    public ImmutableArray<ContainerFact> Measure(DateTimeOffset at) =>
        [.. _processes.Select(entry => (Id: entry.Key, Bytes: Read(entry.Value)))
            .Where(measured => measured.Bytes is not null)
            .Select(measured => new ContainerFact(measured.Id, new Observation.Measured(at, measured.Bytes!.Value)))];

    /// <summary>
    /// Bytes in use by all processes in the control group of a process, without the file cache that the kernel can drop at any
    /// time, as <c>docker stats</c> counts; null when it cannot be read.
    /// </summary>
    public long? Read(int process)
    {
        try
        {
            // "4:memory:/docker/ID" in version 1, "0::/docker/ID" in version 2; a machine may have both, and then memory is in version 1.
            var groups = File.ReadAllLines($"{proc}/{process}/cgroup").Select(line => line.Split(':', 3)).ToList();
            if (groups.Find(group => group[1].Split(',').Contains("memory")) is [.., var first])
            {
                return Read($"{cgroups}/memory{first}", "memory.usage_in_bytes", "total_inactive_file");
            }
            return groups.Find(group => group[1].Length == 0) is [.., var second] ? Read(cgroups + second, "memory.current", "inactive_file") : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // The container ended, or this machine does not count memory.
        }
    }

    private static long Read(string group, string usage, string cache)
    {
        var used = long.Parse(File.ReadAllText($"{group}/{usage}"), CultureInfo.InvariantCulture);
        var dropped = File.ReadLines($"{group}/memory.stat").Select(line => line.Split(' ')).FirstOrDefault(pair => pair[0] == cache) is [_, var bytes]
            ? long.Parse(bytes, CultureInfo.InvariantCulture) : 0;
        return Math.Max(0, used - dropped);
    }
}
