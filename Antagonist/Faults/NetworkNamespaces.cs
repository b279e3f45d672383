using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;
using HmsOrleans.Antagonist.Leases;

namespace HmsOrleans.Antagonist.Faults;

/// <summary>Network namespaces of containers, and the host's ends of their links.</summary>
internal static partial class NetworkNamespaces
{
    /// <summary>The namespace of a container's process, which is never the agent's own nor that of process 1.</summary>
    /// <exception cref="FaultRefusedException">It is the host's, or not known.</exception>
    public static string Of(string container, ProcessMark process)
    {
        var network = Processes.NetworkOf(process.Pid.ToString(CultureInfo.InvariantCulture));
        if (network is null || network == Processes.NetworkOf("self") || network == Processes.NetworkOf("1"))
        {
            throw new FaultRefusedException(network is null ? $"the network of {container} is not seen from here" : $"{container} has the host's network");
        }
        return network;
    }

    /// <summary>The ends on the host of a container's links (veth).</summary>
    public static async Task<ImmutableArray<(string Name, int Index)>> InterfacesAsync(string container, ProcessMark process, CancellationToken cancellationToken)
    {
        var inside = await Tool.RunAsync("nsenter", [$"--net=/proc/{process.Pid}/ns/net", "--", "ip", "-o", "link", "show", "type", "veth"], cancellationToken);
        var here = await Tool.RunAsync("ip", ["-o", "link", "show", "type", "veth"], cancellationToken);
        var ends = Links(here.OrThrow("the host's interfaces").Output).ToDictionary(link => link.Index);
        ImmutableArray<(string, int)> found =
        [
            .. Links(inside.OrThrow($"the interfaces of {container}").Output)
                // Both must name each other: numbers are counted in each namespace by itself.
                .Where(link => ends.TryGetValue(link.Peer, out var end) && end.Peer == link.Index)
                .Select(link => (ends[link.Peer].Name, link.Peer)),
        ];
        return found is [] ? throw new FaultRefusedException($"{container} has no link to this host (veth)") : found;
    }

    /// <summary>The interface of that number has that name still.</summary>
    public static bool IsThere(HostInterface host)
    {
        var name = new byte[16]; // IF_NAMESIZE
        return NameOf((uint)host.Index, name) != 0 && Encoding.ASCII.GetString(name).TrimEnd('\0') == host.Name;
    }

    private static IEnumerable<(int Index, string Name, int Peer)> Links(string output) =>
        Link().Matches(output).Select(match => (Number(match.Groups[1]), match.Groups[2].Value, Number(match.Groups[3])));

    private static int Number(Group group) => int.Parse(group.ValueSpan, CultureInfo.InvariantCulture);

    /// <summary>12: eth0@if13: ...</summary>
    [GeneratedRegex(@"^(\d+): ([^@\s]+)@if(\d+):", RegexOptions.Multiline)]
    private static partial Regex Link();

    [LibraryImport("libc", EntryPoint = "if_indextoname")]
    private static partial nint NameOf(uint index, [In, Out] byte[] name);
}
