using System.Collections.Immutable;
using HmsOrleans.Grains.Antagonist;
using HmsOrleans.Grains.Engine;

namespace HmsOrleans.Antagonist.Leases;

/// <summary>A fault and all that undoing it needs, so that a later life of the agent can.</summary>
internal sealed record Lease
{
    public required Guid Id { get; init; }

    public required AttackKind Kind { get; init; }

    public required string ContainerId { get; init; }

    /// <summary>The container's name.</summary>
    public required string Container { get; init; }

    public required DateTimeOffset Since { get; init; }

    /// <summary>When it is undone at the latest.</summary>
    public required DateTimeOffset Until { get; init; }

    /// <summary>Percent, of dropped packets.</summary>
    public double? Loss { get; init; }

    /// <summary>The run of the container that the fault holds in: when that began.</summary>
    public DateTimeOffset Run { get; init; }

    /// <summary>How long the engine may take to carry a stop out.</summary>
    public TimeSpan StopTimeout { get; init; }

    /// <summary>The container's main process in that run.</summary>
    public ProcessMark? Process { get; init; }

    /// <summary>For loss and delay: where.</summary>
    public PacketPath? Path { get; init; }

    /// <summary>For disconnected ones: what they had.</summary>
    public ImmutableArray<NetworkSeat> Networks { get; init; } = [];

    /// <summary>For memory: the file whose pages fill it.</summary>
    public string? File { get; init; }

    /// <summary>For memory: the readiness to be killed (oom_score_adj) that the main process had.</summary>
    public int? Score { get; init; }
}

/// <summary>A process that cannot be mistaken for a later one of the same number.</summary>
/// <param name="Pid">Its number.</param>
/// <param name="Start">Ticks from the machine's start to its own: field 22 of /proc/PID/stat.</param>
internal sealed record ProcessMark(int Pid, long Start);

/// <summary>Where packets to a container are dropped or delayed.</summary>
/// <param name="Backend">How.</param>
/// <param name="Pid">A process in the container's network namespace, when it was written.</param>
/// <param name="NetworkNamespace">That namespace, as the kernel names it: net:[4026532317].</param>
/// <param name="Tables">Programs that rules are made with: iptables, ip6tables.</param>
/// <param name="Interfaces">The host's ends of its links.</param>
internal sealed record PacketPath(string Backend, int Pid, string NetworkNamespace, ImmutableArray<string> Tables, ImmutableArray<HostInterface> Interfaces);

/// <summary>The host's end of a container's link.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Index">Its number, which the kernel does not give twice.</param>
/// <param name="IsQdiscOurs">There was no clsact qdisc: the one that is there now is ours.</param>
internal sealed record HostInterface(string Name, int Index, bool IsQdiscOurs);
