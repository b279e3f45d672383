using System.Net;
using HmsOrleans.Silo.Icmp;
using Xunit;

namespace HmsOrleans.Tests.Icmp;

public sealed class EchoPacketTests
{
    [Fact]
    public void A_request_has_the_checksum_of_the_standard()
    {
        Span<byte> packet = stackalloc byte[EchoPacket.Length];
        EchoPacket.Write(packet, v4: true, identifier: 0x1234, sequence: 0xfffe, cookie: 0x0102030405060708);

        Assert.Equal([8, 0], packet[..2].ToArray());
        // Over a packet with its sum in it, the sum is zero.
        Assert.Equal(0, EchoPacket.Checksum(packet));
    }

    [Theory]
    [InlineData(0x1234, 7, true)]
    [InlineData(0x1235, 7, false)]
    [InlineData(0x1234, 8, false)]
    public void A_reply_is_known_by_identifier_and_cookie(int identifier, int cookie, bool ours)
    {
        var packet = new byte[EchoPacket.Length];
        EchoPacket.Write(packet, v4: false, (ushort)identifier, 42, (ulong)cookie);
        packet[0] = 129;

        Assert.Equal(ours, EchoPacket.TryReadReply(packet, v4: false, ipHeader: false, 0x1234, 7, out var sequence));
        Assert.Equal(ours ? 42 : 0, sequence);
        Assert.False(EchoPacket.TryReadReply(packet.AsSpan(1), v4: false, ipHeader: false, 0x1234, 7, out _));
        Assert.False(EchoPacket.TryReadReply([], v4: true, ipHeader: true, 0x1234, 7, out _));
    }

    [Fact]
    public void A_raw_reply_comes_with_its_ip_header_options_included()
    {
        var packet = new byte[24 + EchoPacket.Length];
        packet[0] = 0x46;
        EchoPacket.Write(packet.AsSpan(24), v4: true, 1, 2, 3);
        packet[24] = 0;

        Assert.True(EchoPacket.TryReadReply(packet, v4: true, ipHeader: true, 1, 3, out var sequence));
        Assert.Equal(2, sequence);
    }

    [Theory]
    [InlineData("10.99.0.1", "10.99.0.200", 24, true)]
    [InlineData("10.99.1.1", "10.99.0.200", 24, false)]
    [InlineData("10.99.1.1", "10.99.0.200", 23, true)]
    [InlineData("192.168.1.7", "10.99.0.200", 0, true)]
    [InlineData("10.99.0.1", "10.99.0.1", 32, true)]
    [InlineData("fd00:99::1", "fd00:99::ffff", 64, true)]
    [InlineData("fd00:98::1", "fd00:99::ffff", 64, false)]
    [InlineData("fd00:98::1", "fd00:99::ffff", 128, false)]
    public void Two_addresses_are_in_one_network_where_their_prefixes_agree(string one, string other, int prefix, bool same)
        => Assert.Equal(same, Attachment.SameNetwork(IPAddress.Parse(one), IPAddress.Parse(other), prefix));
}
