using System.Buffers.Binary;
using System.Net;

namespace HmsOrleans.Silo.Icmp;

/// <summary>An IP address as a value, so that a reply's source is compared without allocating.</summary>
/// <param name="Bits">The IPv6 address; an IPv4 one in its mapped form ::ffff:a.b.c.d.</param>
/// <param name="Scope">The interface of a link-local IPv6 address, else 0.</param>
internal readonly record struct EchoAddress(UInt128 Bits, uint Scope)
{
    internal static EchoAddress From(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.MapToIPv6().TryWriteBytes(bytes, out _);
        var mapped = new EchoAddress(BinaryPrimitives.ReadUInt128BigEndian(bytes), 0);
        return mapped.IsV4 ? mapped : mapped with { Scope = (uint)address.ScopeId };
    }

    internal static EchoAddress FromV4(uint address) => new(((UInt128)0xffff << 32) | address, 0);

    internal bool IsV4 => Bits >> 32 == 0xffff;

    /// <summary>The IPv4 address in host byte order.</summary>
    internal uint V4 => (uint)Bits;
}
