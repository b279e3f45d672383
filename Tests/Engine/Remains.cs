using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace HmsOrleans.Tests.Engine;

/// <summary>
/// Everything that one engine leaves on the machine, found by its own paths only, never by a broad name: processes, mounts,
/// cgroups, sockets, bridges. <c>deploy/lib.sh</c> does the same from outside after a test runner that was killed.
/// </summary>
internal sealed partial class Remains(string id)
{
    private const string CgroupRoot = "/sys/fs/cgroup";
    private static readonly string[] EngineProcesses = ["dockerd", "containerd", "containerd-shim", "docker-proxy", "runc"];

    public string RunDirectory { get; } = $"/run/hms-test/{id}";

    public string DataDirectory { get; } = $"/var/lib/hms-test/{id}";

    public string CgroupParent { get; } = $"/hms-test/{id}";

    /// <summary>dockerd, containerd, shims and proxies: those that name our run directory in their arguments.</summary>
    public IReadOnlyList<int> Engine() => [.. Running().Where(p => IsOurs(p, out _))];

    /// <summary>The containers' own processes: all in our cgroups (v1 has a tree per controller, v2 has one).</summary>
    public IReadOnlyList<int> Contained()
        => [.. Cgroups().SelectMany(Tree).SelectMany(c => Lines($"{c}/cgroup.procs")).Select(l => int.Parse(l, null)).Where(p => p > 0).Distinct()];

    public IReadOnlyList<string> Mounts()
        => [.. Lines("/proc/self/mountinfo").Select(l => l.Split(' ')[4])
            .Where(m => m.StartsWith(RunDirectory + "/", StringComparison.Ordinal) || (m + "/").StartsWith(DataDirectory + "/", StringComparison.Ordinal))];

    public IReadOnlyList<string> Cgroups()
        => [.. Directory.EnumerateDirectories(CgroupRoot).Prepend(CgroupRoot).Select(c => c + CgroupParent).Where(Directory.Exists)];

    /// <summary>Bridges of user-defined networks, by the ids in the engine's own store: works however dead the engine is.</summary>
    public IReadOnlyList<string> Bridges()
    {
        var store = $"{DataDirectory}/docker/network/files/local-kv.db";
        if (!File.Exists(store))
        {
            return [];
        }

        var known = NetworkId().Matches(Encoding.Latin1.GetString(File.ReadAllBytes(store))).Select(m => $"br-{m.Value[..12]}").ToHashSet();
        return [.. Interfaces().Where(known.Contains)];
    }

    /// <summary>The interfaces of our own network namespace (/sys would show those of the namespace that mounted it).</summary>
    public static IEnumerable<string> Interfaces() => Lines("/proc/self/net/dev").Skip(2).Select(l => l.Split(':')[0].Trim());

    /// <summary>Ends and removes it all. dockerd goes first, and at once, so that it starts nothing again.</summary>
    public async Task ClearAsync()
    {
        string[] sockets = [.. Running().Select(p => IsOurs(p, out var args) ? ShimSocket(args) : null).OfType<string>()];
        for (var round = 0; round < 600; round++)
        {
            int[] left = [.. Engine(), .. Contained()];
            if (left.Length == 0)
            {
                break;
            }

            await Command.SignalAsync("KILL", left);
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }

        foreach (var bridge in Bridges())
        {
            await Command.RunAsync("ip", CancellationToken.None, "link", "del", bridge);
        }

        foreach (var mount in Mounts().OrderDescending())
        {
            await Command.RunAsync("/bin/sh", CancellationToken.None, "-c", $"umount -l '{mount}' 2>/dev/null || :");
        }

        foreach (var cgroup in Cgroups().SelectMany(Tree).OrderDescending())
        {
            await RemoveCgroupAsync(cgroup);
        }

        foreach (var socket in sockets)
        {
            File.Delete(socket);
        }

        foreach (var directory in new[] { RunDirectory, DataDirectory }.Where(Directory.Exists))
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private bool IsOurs(int process, out string[] args)
    {
        args = [];
        try
        {
            // comm has at most 15 characters, hence "containerd-shim"; a zombie has no arguments, hence is not found.
            var comm = File.ReadAllText($"/proc/{process}/comm").Trim();
            if (!EngineProcesses.Contains(comm))
            {
                return false;
            }

            args = File.ReadAllText($"/proc/{process}/cmdline").Split('\0');
            return args.Any(a => a.Contains(RunDirectory + "/", StringComparison.Ordinal));
        }
        catch (IOException)
        {
            return false; // it ended meanwhile
        }
    }

    /// <summary>A shim killed the hard way leaves its socket behind, named sha256(containerd's address/namespace/id).</summary>
    private static string? ShimSocket(string[] args)
    {
        string? After(string name) => Array.IndexOf(args, name) is >= 0 and var at && at + 1 < args.Length ? args[at + 1] : null;
        return After("-address") is { } address && After("-namespace") is { } space && After("-id") is { } container
            ? $"/run/containerd/s/{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{address}/{space}/{container}")))}"
            : null;
    }

    private static async Task RemoveCgroupAsync(string cgroup)
    {
        // A killed process may still be on its way out: EBUSY.
        for (var attempt = 1; Directory.Exists(cgroup); attempt++)
        {
            try
            {
                Directory.Delete(cgroup);
            }
            catch (IOException) when (attempt < 600)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
            }
        }
    }

    private static IEnumerable<int> Running()
        => Directory.EnumerateDirectories("/proc").Select(d => int.TryParse(Path.GetFileName(d), out var pid) ? pid : 0).Where(p => p > 0);

    private static IEnumerable<string> Tree(string directory)
        => Directory.EnumerateDirectories(directory, "*", SearchOption.AllDirectories).Prepend(directory);

    private static string[] Lines(string file)
    {
        try
        {
            return File.ReadAllLines(file);
        }
        catch (IOException)
        {
            return []; // a cgroup that went away
        }
    }

    [GeneratedRegex("[0-9a-f]{64}")]
    private static partial Regex NetworkId();
}
