using System.Net;
using System.Net.Sockets;
using HmsOrleans.Grains.Probing;

namespace HmsOrleans.Silo.Icmp;

/// <summary>Is the host attached to the network of an address? If not, a lost probe is the host's fault, not the container's.</summary>
internal static class Attachment
{
    private const int DiscardPort = 9;

    /// <summary>Asks the routing table which of the host's own addresses would be used. Sends nothing.</summary>
    /// <returns>Null where the host is attached, else what a person should know.</returns>
    internal static string? Trouble(ProbeTarget target)
    {
        try
        {
            // Connecting a UDP socket only looks up the route.
            using var socket = new Socket(target.Address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            socket.Connect(target.Address, DiscardPort);
            var own = ((IPEndPoint)socket.LocalEndPoint!).Address;
            return SameNetwork(own, target.Address, target.PrefixLength)
                ? null
                : $"{Detached(target)} (probes would leave from {own})";
        }
        catch (SocketException error)
        {
            // Nothing was asked of the container: whatever failed is on our side, a blackhole route included.
            return $"{Detached(target)} ({error.Message})";
        }
    }

    internal static bool SameNetwork(IPAddress one, IPAddress other, int prefixLength)
    {
        var bits = other.AddressFamily == AddressFamily.InterNetwork ? prefixLength + 96 : prefixLength;
        return (EchoAddress.From(one).Bits & Mask(bits)) == (EchoAddress.From(other).Bits & Mask(bits));
    }

    private static string Detached(ProbeTarget target)
        => $"no interface of this host is attached to {Network(target.Address, target.PrefixLength)}; is the bridge down?";

    private static string Network(IPAddress address, int prefixLength)
    {
        var bytes = address.GetAddressBytes();
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] &= (byte)(0xff00 >> Math.Clamp(prefixLength - (8 * i), 0, 8));
        }
        return $"{new IPAddress(bytes)}/{prefixLength}";
    }

    private static UInt128 Mask(int bits) => bits switch
    {
        <= 0 => UInt128.Zero,
        >= 128 => UInt128.MaxValue,
        _ => ~(UInt128.MaxValue >> bits),
    };
}
