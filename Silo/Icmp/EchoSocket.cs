using System.Buffers.Binary;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using HmsOrleans.Grains.Probing;

namespace HmsOrleans.Silo.Icmp;

/// <summary>One ICMP socket for all containers of the host, in batches. Not for use by two threads at once.</summary>
internal sealed unsafe class EchoSocket : IEchoSocket
{
    /// <summary>Packets in one call to the kernel: a round of a full host in one or two, and buffers of 100 kB.</summary>
    private const int Batch = 128;

    // An IP header of at most 60 bytes and our packet; what is longer is none of ours.
    private const int ReceiveLength = 96;

    private const int FamilyV4 = 2;
    private const int FamilyV6 = 10;
    private const int TypeDatagram = 2;
    private const int TypeRaw = 3;
    private const int NonBlocking = 0x800;
    private const int CloseOnExec = 0x80000;
    private const int DontWait = 0x40;
    private const int ProtocolV4 = 1;
    private const int ProtocolV6 = 58;

    private const int LevelSocket = 1;
    private const int LevelRaw = 255;
    private const int SendBuffer = 7;
    private const int ReceiveBuffer = 8;
    private const int AttachFilter = 26;
    private const int SendBufferForce = 32;
    private const int ReceiveBufferForce = 33;
    private const int TimestampNanoseconds = 35;
    private const int FilterV4 = 1;
    private const int FilterV6 = 1;

    private const int ReceiveBytes = 1 << 20;

    // While an address does not answer ARP, the kernel keeps up to 200 kB of our packets to it for 3 s, and charges them to the
    // send buffer: with the default of 200 kB one dead container would stop the probing of all others. A limit, not memory.
    private const int SendBytes = 64 << 20;

    private readonly Libc.Descriptor _socket;
    private readonly bool _v4;
    private readonly ushort _identifier;
    private readonly ulong _cookie;
    private readonly Slot* _outgoing;
    private readonly Slot* _incoming;
    private readonly Libc.Message* _outgoingMessages;
    private readonly Libc.Message* _incomingMessages;
    private bool _disposed;

    private EchoSocket(Libc.Descriptor socket, bool v4, ProberMode mode)
    {
        _socket = socket;
        _v4 = v4;
        Mode = mode;
        Span<byte> random = stackalloc byte[10];
        RandomNumberGenerator.Fill(random);
        _identifier = BinaryPrimitives.ReadUInt16BigEndian(random);
        _cookie = BinaryPrimitives.ReadUInt64BigEndian(random[2..]);
        _outgoing = (Slot*)NativeMemory.AllocZeroed(Batch, (nuint)sizeof(Slot));
        _incoming = (Slot*)NativeMemory.AllocZeroed(Batch, (nuint)sizeof(Slot));
        _outgoingMessages = (Libc.Message*)NativeMemory.AllocZeroed(Batch, (nuint)sizeof(Libc.Message));
        _incomingMessages = (Libc.Message*)NativeMemory.AllocZeroed(Batch, (nuint)sizeof(Libc.Message));
        for (var i = 0; i < Batch; i++)
        {
            Bind(_outgoingMessages + i, _outgoing + i, EchoPacket.Length);
            _outgoingMessages[i].NameLength = v4 ? Libc.SocketAddress.LengthV4 : Libc.SocketAddress.LengthV6;
            Bind(_incomingMessages + i, _incoming + i, ReceiveLength);
            _incomingMessages[i].Control = &_incoming[i].Control;
        }
    }

    public ProberMode Mode { get; }

    /// <summary>Datagram where it is permitted, which is cheaper; else raw.</summary>
    internal static IEchoSocket? Open(AddressFamily family, out string? refusal)
    {
        var v4 = family == AddressFamily.InterNetwork;
        foreach (var mode in (ReadOnlySpan<ProberMode>)[ProberMode.Datagram, ProberMode.Raw])
        {
            var type = (mode == ProberMode.Datagram ? TypeDatagram : TypeRaw) | NonBlocking | CloseOnExec;
            var socket = Libc.Socket(v4 ? FamilyV4 : FamilyV6, type, v4 ? ProtocolV4 : ProtocolV6);
            if (socket.IsInvalid)
            {
                continue;
            }
            var echo = new EchoSocket(socket, v4, mode);
            if (echo.TryConfigure())
            {
                refusal = null;
                return echo;
            }
            refusal = Libc.Describe(Marshal.GetLastPInvokeError());
            echo.Dispose();
            return null;
        }
        refusal = Libc.Describe(Marshal.GetLastPInvokeError());
        return null;
    }

    public int Send(ReadOnlySpan<EchoRequest> requests, out int error)
    {
        var count = Math.Min(requests.Length, Batch);
        for (var i = 0; i < count; i++)
        {
            var slot = _outgoing + i;
            Write(&slot->Peer, requests[i].To);
            EchoPacket.Write(new Span<byte>(slot->Packet, EchoPacket.Length), _v4, _identifier, requests[i].Sequence, _cookie);
        }
        var sent = Libc.SendMany(_socket, _outgoingMessages, (uint)count, DontWait);
        error = sent < 0 ? Marshal.GetLastPInvokeError() : 0;
        return Math.Max(sent, 0);
    }

    public bool Receive(Span<EchoReply> replies, out int received)
    {
        received = 0;
        var room = Math.Min(replies.Length, Batch);
        for (var i = 0; i < room; i++)
        {
            // The kernel wrote the lengths of the last time here.
            _incomingMessages[i].NameLength = (uint)sizeof(Libc.SocketAddress);
            _incomingMessages[i].ControlLength = (nuint)sizeof(Libc.TimestampControl);
        }
        var count = Libc.ReceiveMany(_socket, _incomingMessages, (uint)room, DontWait, null);
        if (count < 0)
        {
            var error = Marshal.GetLastPInvokeError();
            return error is Libc.Errors.TryAgain or Libc.Errors.Interrupted
                ? error == Libc.Errors.Interrupted
                : throw new IOException($"Receiving echo replies failed: {Libc.Describe(error)}");
        }
        for (var i = 0; i < count; i++)
        {
            var slot = _incoming + i;
            var packet = new ReadOnlySpan<byte>(slot->Packet, (int)_incomingMessages[i].Length);
            var raw = Mode == ProberMode.Raw;
            if (EchoPacket.TryReadReply(packet, _v4, _v4 && raw, raw ? _identifier : null, _cookie, out var sequence))
            {
                replies[received++] = new EchoReply(sequence, Read(&slot->Peer), ReceivedAt(_incomingMessages + i));
            }
        }
        return count == room;
    }

    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }
        _disposed = true;
        _socket.Dispose();
        NativeMemory.Free(_outgoing);
        NativeMemory.Free(_incoming);
        NativeMemory.Free(_outgoingMessages);
        NativeMemory.Free(_incomingMessages);
    }

    private static void Bind(Libc.Message* message, Slot* slot, int length)
    {
        slot->Buffer.Start = slot->Packet;
        slot->Buffer.Length = (nuint)length;
        message->Name = &slot->Peer;
        message->Buffers = &slot->Buffer;
        message->BufferCount = 1;
    }

    private bool TryConfigure()
    {
        // Buffers beyond the limit of the host need CAP_NET_ADMIN; without it the kernel gives what it permits.
        return (TrySet(LevelSocket, ReceiveBufferForce, ReceiveBytes) || TrySet(LevelSocket, ReceiveBuffer, ReceiveBytes))
            && (TrySet(LevelSocket, SendBufferForce, SendBytes) || TrySet(LevelSocket, SendBuffer, SendBytes))
            && TrySet(LevelSocket, TimestampNanoseconds, 1)
            && (Mode == ProberMode.Datagram || (TryPassRepliesOnly() && TryPassOursOnly()));
    }

    private bool TrySet<T>(int level, int name, T value)
        where T : unmanaged
        => Libc.SetSocketOption(_socket, level, name, &value, (uint)sizeof(T)) == 0;

    /// <summary>A set bit keeps a type of message out.</summary>
    private bool TryPassRepliesOnly()
    {
        if (_v4)
        {
            return TrySet(LevelRaw, FilterV4, ~(1u << 0));
        }
        var types = stackalloc uint[8];
        new Span<uint>(types, 8).Fill(uint.MaxValue);
        types[129 / 32] &= ~(1u << (129 % 32));
        return Libc.SetSocketOption(_socket, ProtocolV6, FilterV6, types, 8 * sizeof(uint)) == 0;
    }

    /// <summary>
    /// Every raw socket gets a copy of every reply: a flood by another ping on this host would fill our buffer, and our own
    /// replies would look lost. So the kernel drops those without our identifier.
    /// </summary>
    private bool TryPassOursOnly()
    {
        const ushort LoadIndexHeaderLength = 0xb1;
        const ushort LoadIndexImmediate = 0x01;
        const ushort LoadHalfIndirect = 0x48;
        const ushort JumpEqual = 0x15;
        const ushort Return = 0x06;
        var program = stackalloc Libc.FilterInstruction[5];
        // Over IPv4 the program sees the IP header first, over IPv6 it does not.
        program[0] = new(_v4 ? LoadIndexHeaderLength : LoadIndexImmediate, 0, 0, 0);
        program[1] = new(LoadHalfIndirect, 0, 0, 4);
        program[2] = new(JumpEqual, 0, 1, _identifier);
        program[3] = new(Return, 0, 0, uint.MaxValue);
        program[4] = new(Return, 0, 0, 0);
        return TrySet(LevelSocket, AttachFilter, new Libc.FilterProgram { Length = 5, Instructions = program });
    }

    private static void Write(Libc.SocketAddress* peer, EchoAddress address)
    {
        if (address.IsV4)
        {
            peer->Family = FamilyV4;
            peer->V4 = BinaryPrimitives.ReverseEndianness(address.V4);
            return;
        }
        peer->Family = FamilyV6;
        peer->V4 = 0;
        peer->Scope = address.Scope;
        BinaryPrimitives.WriteUInt128BigEndian(new Span<byte>(peer->V6, 16), address.Bits);
    }

    private static EchoAddress Read(Libc.SocketAddress* peer) => peer->Family == FamilyV4
        ? EchoAddress.FromV4(BinaryPrimitives.ReverseEndianness(peer->V4))
        : new EchoAddress(BinaryPrimitives.ReadUInt128BigEndian(new ReadOnlySpan<byte>(peer->V6, 16)), peer->Scope);

    private static DateTimeOffset? ReceivedAt(Libc.Message* message)
    {
        var control = (Libc.TimestampControl*)message->Control;
        return message->ControlLength >= (nuint)sizeof(Libc.TimestampControl)
            && control->Level == LevelSocket
            && control->Type == TimestampNanoseconds
                ? DateTimeOffset.UnixEpoch.AddTicks(
                    (control->Time.Seconds * TimeSpan.TicksPerSecond) + (control->Time.Nanoseconds / TimeSpan.NanosecondsPerTick))
                : null;
    }

    /// <summary>What the kernel reads or writes for one packet.</summary>
    private struct Slot
    {
        internal fixed byte Packet[ReceiveLength];
        internal Libc.Buffer Buffer;
        internal Libc.TimestampControl Control;
        internal Libc.SocketAddress Peer;
    }
}
