using System.Globalization;
using HmsOrleans.Antagonist.Leases;

namespace HmsOrleans.Antagonist.Faults;

/// <summary>The kernel's network emulator on what leaves the host's end of the container's link. It takes ARP too.</summary>
internal sealed class NetemBackend : IPacketBackend
{
    /// <summary>Our mark. Without it the qdisc is somebody else's, and stays; and where one is, none of ours is added.</summary>
    private const string Handle = "7e57:";

    public string Name => "netem";

    public bool CanDelay => true;

    public async Task<string?> TryAsync(CancellationToken cancellationToken)
    {
        const string Script = $"ip link add hms0 type veth peer name hms1 && exec tc qdisc add dev hms0 root handle {Handle} netem loss 50%";
        var result = await Tool.RunAsync("unshare", ["--net", "--", "/bin/sh", "-c", Script], cancellationToken);
        return result.ExitCode == 0 ? null : $"netem: {result.Complaint}";
    }

    public async Task<PacketPath> LocateAsync(string container, ProcessMark process, CancellationToken cancellationToken)
    {
        var network = NetworkNamespaces.Of(container, process);
        var interfaces = await NetworkNamespaces.InterfacesAsync(container, process, cancellationToken);
        return new(Name, process.Pid, network, [], [.. interfaces.Select(host => new HostInterface(host.Name, host.Index, IsQdiscOurs: true))]);
    }

    public async Task ApplyAsync(Lease lease, CancellationToken cancellationToken)
    {
        var harm = lease.Loss is { } loss ? string.Create(CultureInfo.InvariantCulture, $"loss random {loss:0.####}%") : "delay 200ms 50ms";
        var lines = lease.Path!.Interfaces.Select(host => $"qdisc add dev {host.Name} root handle {Handle} netem {harm}\n");
        (await Tool.RunAsync("tc", ["-batch", "-"], cancellationToken, string.Concat(lines))).OrThrow($"no netem on {lease.Container}'s link");
    }

    public async Task<bool> RemoveAsync(Lease lease, CancellationToken cancellationToken)
    {
        var interfaces = lease.Path!.Interfaces.Where(NetworkNamespaces.IsThere).ToList();
        foreach (var host in interfaces)
        {
            // That there is none is told like an error; what counts is what is there afterwards.
            var left = await Tool.RunAsync("tc", ["-force", "-batch", "-"], cancellationToken, $"qdisc del dev {host.Name} root handle {Handle}\nqdisc show dev {host.Name}\n");
            if (left.Output.Contains($"netem {Handle}", StringComparison.Ordinal))
            {
                throw new FaultFailedException($"netem on {host.Name} stays: {left.Complaint}");
            }
        }
        return interfaces is not [];
    }
}
