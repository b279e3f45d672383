using System.Collections.Immutable;
using System.Globalization;
using HmsOrleans.Antagonist.Leases;

namespace HmsOrleans.Antagonist.Faults;

/// <summary>
/// A rule that drops at random, in the container's own network namespace, made with the host's programs: nothing is needed in the image.
/// What the container sends to itself is spared, or its own health checks would fail.
/// </summary>
internal sealed class IptablesBackend : IPacketBackend
{
    /// <summary>Arguments: the namespace that it must be in, the programs, insert or delete, the probability, the mark.</summary>
    private const string Script = """
        [ "$(readlink /proc/self/ns/net)" = "$1" ] || { echo "another network namespace" >&2; exit 1; }
        for tables in $2; do
          complaint=$("$tables" -w 3 "$3" INPUT ! -i lo -m statistic --mode random --probability "$4" -m comment --comment "$5" -j DROP 2>&1) && continue
          case $3:$complaint in
            -D:*"matching rule exist"* | -D:*"No chain/target/match"*) ;;
            *) echo "$tables: $complaint" >&2; exit 1 ;;
          esac
        done
        """;

    private ImmutableArray<string> _tables = ["iptables"];

    public string Name => "iptables";

    public bool CanDelay => false;

    public async Task<string?> TryAsync(CancellationToken cancellationToken)
    {
        if (await Fails("iptables") is { } reason)
        {
            return reason;
        }
        _tables = await Fails("ip6tables") is null ? ["iptables", "ip6tables"] : ["iptables"];
        return null;

        async Task<string?> Fails(string tables)
        {
            var result = await Tool.RunAsync(
                "unshare", ["--net", "--", tables, "-w", "3", "-I", "INPUT", "!", "-i", "lo", "-m", "statistic", "--mode", "random", "--probability", "0.5", "-m", "comment", "--comment", ChaosMark.Prefix, "-j", "DROP"],
                cancellationToken);
            return result.ExitCode == 0 ? null : $"{tables}: {result.Complaint}";
        }
    }

    public Task<PacketPath> LocateAsync(string container, ProcessMark process, CancellationToken cancellationToken) =>
        Task.FromResult(new PacketPath(Name, process.Pid, NetworkNamespaces.Of(container, process), _tables, []));

    public async Task ApplyAsync(Lease lease, CancellationToken cancellationToken) =>
        (await RunAsync(lease, "-I", lease.Path!.Pid, cancellationToken)).OrThrow($"no rule in {lease.Container}");

    public async Task<bool> RemoveAsync(Lease lease, CancellationToken cancellationToken)
    {
        // The rules go with their namespace, and that goes with the last process in it.
        while (Processes.InNetwork(lease.Path!.NetworkNamespace, lease.Path.Pid) is { } pid)
        {
            var result = await RunAsync(lease, "-D", pid, cancellationToken);
            if (result.ExitCode == 0)
            {
                return true;
            }
            if (Processes.NetworkOf(pid.ToString(CultureInfo.InvariantCulture)) == lease.Path.NetworkNamespace)
            {
                result.OrThrow($"the rule in {lease.Container} stays");
            }
        }
        return false;
    }

    private static Task<Tool.Result> RunAsync(Lease lease, string action, int pid, CancellationToken cancellationToken)
    {
        var path = lease.Path!;
        var probability = (lease.Loss!.Value / 100).ToString("0.########", CultureInfo.InvariantCulture);
        return Tool.RunAsync(
            "nsenter", [$"--net=/proc/{pid}/ns/net", "--", "/bin/sh", "-c", Script, "sh", path.NetworkNamespace, string.Join(' ', path.Tables), action, probability, ChaosMark.Of(lease.Id)],
            cancellationToken);
    }
}
