using System.Globalization;
using HmsOrleans.Antagonist.Leases;

namespace HmsOrleans.Antagonist.Faults;

/// <summary>
/// A classic BPF program on what leaves the host's end of the container's link. It drops IP and lets ARP through: a container whose address
/// is not known would be unreachable, not lossy. Needs neither a compiler nor a module for chance.
/// </summary>
internal sealed class BpfBackend : IPacketBackend
{
    /// <summary>The place of our filters among those of an interface; the handle there, made of the fault's id, is our mark.</summary>
    private const int Preference = 26739;

    public string Name => "bpf";

    public bool CanDelay => false;

    public async Task<string?> TryAsync(CancellationToken cancellationToken)
    {
        const string Script = """ip link add hms0 type veth peer name hms1 && exec tc -batch - """;
        var result = await Tool.RunAsync("unshare", ["--net", "--", "/bin/sh", "-c", Script], cancellationToken, $"qdisc add dev hms0 clsact\nfilter add {Filter("hms0", Guid.Empty)} {Program(50)}\n");
        return result.ExitCode == 0 ? null : $"bpf: {result.Complaint}";
    }

    public async Task<PacketPath> LocateAsync(string container, ProcessMark process, CancellationToken cancellationToken)
    {
        var network = NetworkNamespaces.Of(container, process);
        var interfaces = await NetworkNamespaces.InterfacesAsync(container, process, cancellationToken);
        // One command for all: with each interface of the host it says which qdiscs it has.
        var qdiscs = (await Tool.RunAsync("tc", ["qdisc", "show"], cancellationToken)).OrThrow("the host's qdiscs").Output;
        return new(Name, process.Pid, network, [], [.. interfaces.Select(host => new HostInterface(host.Name, host.Index, !HasClsact(qdiscs, host.Name)))]);
    }

    public async Task ApplyAsync(Lease lease, CancellationToken cancellationToken)
    {
        var lines = lease.Path!.Interfaces.SelectMany(host => (string[])[.. host.IsQdiscOurs ? [$"qdisc add dev {host.Name} clsact"] : Array.Empty<string>(), $"filter add {Filter(host.Name, lease.Id)} {Program(lease.Loss!.Value)}"]);
        (await Tool.RunAsync("tc", ["-batch", "-"], cancellationToken, string.Join('\n', lines) + "\n")).OrThrow($"no filter on {lease.Container}'s link");
    }

    public async Task<bool> RemoveAsync(Lease lease, CancellationToken cancellationToken)
    {
        var interfaces = lease.Path!.Interfaces.Where(NetworkNamespaces.IsThere).ToList();
        foreach (var host in interfaces)
        {
            // That there is none is told like an error; what counts is what is there afterwards.
            var left = await Tool.RunAsync(
                "tc", ["-force", "-batch", "-"], cancellationToken,
                $"filter del {Filter(host.Name, lease.Id)}\nfilter show dev {host.Name} egress\nfilter show dev {host.Name} ingress\n");
            if (left.Output.Contains($" handle {Handle(lease.Id)} ", StringComparison.Ordinal))
            {
                throw new FaultFailedException($"the filter on {host.Name} stays: {left.Complaint}");
            }
            if (host.IsQdiscOurs && left.Output.Length == 0)
            {
                var gone = await Tool.RunAsync("tc", ["qdisc", "del", "dev", host.Name, "clsact"], cancellationToken);
                if (gone.ExitCode != 0 && HasClsact((await Tool.RunAsync("tc", ["qdisc", "show", "dev", host.Name], cancellationToken)).Output, host.Name))
                {
                    throw new FaultFailedException($"the qdisc on {host.Name} stays: {gone.Complaint}");
                }
            }
        }
        return interfaces is not [];
    }

    /// <summary>The qdisc that filters hang on; an older <c>ingress</c> takes its place.</summary>
    private static bool HasClsact(string qdiscs, string host) => qdiscs.Split('\n').Any(line =>
        (line.StartsWith("qdisc clsact ", StringComparison.Ordinal) || line.StartsWith("qdisc ingress ", StringComparison.Ordinal))
        && (line.Contains($" dev {host} ", StringComparison.Ordinal) || !line.Contains(" dev ", StringComparison.Ordinal)));

    private static string Filter(string host, Guid lease) => $"dev {host} egress pref {Preference} handle {Handle(lease)} protocol all bpf";

    private static string Handle(Guid lease) => $"0x{Math.Max(1, BitConverter.ToUInt32(lease.ToByteArray())):x}";

    /// <remarks>
    /// ldh protocol; jeq IPv4; jeq IPv6, else pass; ld random; jge share, then pass; drop; pass. The offsets of what is not in the packet
    /// (SKF_AD_PROTOCOL, SKF_AD_RANDOM) count from -0x1000. Dropping is TC_ACT_SHOT (2), passing TC_ACT_UNSPEC (-1): the next filter decides.
    /// </remarks>
    private static string Program(double loss)
    {
        var share = (uint)Math.Min(uint.MaxValue, loss / 100 * (1L << 32));
        return string.Create(
            CultureInfo.InvariantCulture, $"da bytecode \"7,40 0 0 4294963200,21 1 0 2048,21 0 3 34525,32 0 0 4294963256,53 1 0 {share},6 0 0 2,6 0 0 4294967295\"");
    }
}
