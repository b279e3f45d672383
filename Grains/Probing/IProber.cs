using System.Net;
using System.Threading.Channels;

namespace HmsOrleans.Grains.Probing;

/// <summary>Sends ICMP echo requests to the containers of a host, sparsely while they answer, in bursts when they do not.</summary>
public interface IProber
{
    /// <summary>How probes are sent, or why none are.</summary>
    ProberStatus Status { get; }

    /// <summary>All that it has found out so far.</summary>
    ProbeTotals Totals => default;

    /// <summary>What was found out, in order. One reader.</summary>
    ChannelReader<ProbeReport> Reports { get; }

    /// <summary>Begins to probe an address, or begins anew: earlier outcomes are forgotten. Returns at once; safe from any thread.</summary>
    void Watch(ProbeTarget target);

    /// <summary>Stops probing all addresses of a container. Returns at once; safe from any thread. Reports already queued may still arrive.</summary>
    void Unwatch(string containerId);
}

/// <summary>Probes counted over the life of a prober.</summary>
/// <param name="Known">Those whose outcome is known.</param>
/// <param name="Lost">Those of them that were not answered in time, or could not be sent.</param>
public readonly record struct ProbeTotals(long Known, long Lost);

/// <summary>An address to probe.</summary>
/// <param name="ContainerId">Whose address it is.</param>
/// <param name="Address">IPv4 or IPv6.</param>
/// <param name="PrefixLength">Bits of the network's prefix: the host must have an address in the same network, else a lost probe proves nothing.</param>
/// <param name="Threshold">Percent of lost probes above which a burst may end early as lossy.</param>
public sealed record ProbeTarget(string ContainerId, IPAddress Address, int PrefixLength, double Threshold);

/// <summary>What the prober found out about one address.</summary>
public abstract record ProbeReport(string ContainerId, IPAddress Address, DateTimeOffset At)
{
    /// <summary>A window of probes: a burst that came to a verdict, or the last probes every few seconds.</summary>
    /// <param name="ContainerId">Whose address it is.</param>
    /// <param name="Address">Whom the probes were sent to.</param>
    /// <param name="At">When the window closed.</param>
    /// <param name="Since">When the first probe of the window was sent.</param>
    /// <param name="Sent">Probes in it whose outcome is known.</param>
    /// <param name="Lost">Those that were not answered in time, or could not be sent.</param>
    /// <param name="RoundTrip">Mean round trip of the answered ones.</param>
    public sealed record Window(
        string ContainerId, IPAddress Address, DateTimeOffset At, DateTimeOffset Since, int Sent, int Lost, TimeSpan? RoundTrip)
        : ProbeReport(ContainerId, Address, At);

    /// <summary>The prober is itself to blame, or the host is not attached to the address's network: no verdict.</summary>
    public sealed record Blind(string ContainerId, IPAddress Address, DateTimeOffset At, string Reason)
        : ProbeReport(ContainerId, Address, At);
}

/// <summary>How probes are sent.</summary>
/// <param name="Mode">Which kind of socket the kernel permits.</param>
/// <param name="Reason">Where there is none: what to change.</param>
/// <param name="Count">Probes in a full burst.</param>
[GenerateSerializer, Immutable, Alias("hms.ProberStatus")]
public sealed record ProberStatus([property: Id(0)] ProberMode Mode, [property: Id(1)] string? Reason = null, [property: Id(2)] int Count = 20);

/// <summary>Kind of ICMP socket.</summary>
[GenerateSerializer]
public enum ProberMode
{
    /// <summary>No socket is permitted: the host runs on the engine's events alone.</summary>
    Off,

    /// <summary>Datagram ICMP, permitted by <c>net.ipv4.ping_group_range</c>.</summary>
    Datagram,

    /// <summary>Raw ICMP, permitted by root or <c>CAP_NET_RAW</c>.</summary>
    Raw,
}
