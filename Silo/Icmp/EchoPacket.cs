using System.Buffers.Binary;

namespace HmsOrleans.Silo.Icmp;

/// <summary>Echo requests and replies on the wire (RFC 792, RFC 4443): a header of 8 bytes and a cookie of 8.</summary>
/// <remarks>
/// The cookie is drawn once per socket. The identifier has only 16 bits, and another program that pings the same container
/// may have chosen ours.
/// </remarks>
internal static class EchoPacket
{
    internal const int Length = 16;

    private const byte RequestV4 = 8;
    private const byte ReplyV4 = 0;
    private const byte RequestV6 = 128;
    private const byte ReplyV6 = 129;

    internal static void Write(Span<byte> packet, bool v4, ushort identifier, ushort sequence, ulong cookie)
    {
        packet[0] = v4 ? RequestV4 : RequestV6;
        packet[1] = 0;
        BinaryPrimitives.WriteUInt16BigEndian(packet[2..], 0);
        BinaryPrimitives.WriteUInt16BigEndian(packet[4..], identifier);
        BinaryPrimitives.WriteUInt16BigEndian(packet[6..], sequence);
        BinaryPrimitives.WriteUInt64BigEndian(packet[8..], cookie);
        if (v4)
        {
            // Over IPv6 the sum covers the addresses too; the kernel computes it.
            BinaryPrimitives.WriteUInt16BigEndian(packet[2..], Checksum(packet[..Length]));
        }
    }

    /// <param name="packet">What the socket gave.</param>
    /// <param name="v4">The family of the socket.</param>
    /// <param name="ipHeader">A raw IPv4 socket delivers the IP header as well.</param>
    /// <param name="identifier">Ours; null on a datagram socket, where the kernel chose it and delivers no other.</param>
    /// <param name="cookie">Ours.</param>
    /// <param name="sequence">Which request is answered.</param>
    internal static bool TryReadReply(
        ReadOnlySpan<byte> packet, bool v4, bool ipHeader, ushort? identifier, ulong cookie, out ushort sequence)
    {
        sequence = 0;
        if (ipHeader)
        {
            var header = packet.IsEmpty ? 0 : (packet[0] & 0xf) * 4;
            if (packet.Length < header)
            {
                return false;
            }
            packet = packet[header..];
        }
        if (packet.Length != Length
            || packet[0] != (v4 ? ReplyV4 : ReplyV6)
            || packet[1] != 0
            || (identifier is { } ours && BinaryPrimitives.ReadUInt16BigEndian(packet[4..]) != ours)
            || BinaryPrimitives.ReadUInt64BigEndian(packet[8..]) != cookie)
        {
            return false;
        }
        sequence = BinaryPrimitives.ReadUInt16BigEndian(packet[6..]);
        return true;
    }

    /// <summary>The internet checksum (RFC 1071) of an even number of bytes.</summary>
    internal static ushort Checksum(ReadOnlySpan<byte> bytes)
    {
        uint sum = 0;
        for (var i = 0; i < bytes.Length; i += 2)
        {
            sum += BinaryPrimitives.ReadUInt16BigEndian(bytes[i..]);
        }
        sum = (sum >> 16) + (sum & 0xffff);
        return (ushort)~(sum + (sum >> 16));
    }
}
