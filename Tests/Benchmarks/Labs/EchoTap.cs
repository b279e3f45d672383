using System.Buffers.Binary;
using HmsOrleans.Silo.Icmp;

namespace HmsOrleans.Benchmarks.Labs;

/// <summary>
/// Sees every echo request and reply in this network namespace, with the kernel's own time: so the first lost packet is
/// known, not guessed.
/// </summary>
internal sealed unsafe class EchoTap : IDisposable
{
    private const int FamilyPacket = 17;
    private const int TypeCooked = 2; // without the link's header: the packet begins with the IP header
    private const int CloseOnExec = 0x80000;
    private const int AllProtocols = 0x0300; // ETH_P_ALL in network byte order; any other shows no outgoing packets
    private const int LevelSocket = 1;
    private const int TimestampNanoseconds = 35;
    private const int ReceiveBufferForce = 33;
    private const int ReceiveBytes = 16 << 20;
    private const int DontWait = 0x40;
    private const short Readable = 1;
    private const byte Icmp = 1;
    private const byte Request = 8;
    private const byte Reply = 0;
    private const int Length = 96;

    /// <summary>A packet is seen on every interface on its way; sequence numbers come around only after minutes.</summary>
    private static readonly TimeSpan SameWithin = TimeSpan.FromSeconds(1);

    private readonly Libc.Descriptor _socket;
    private readonly Thread _thread;
    private readonly Lock _gate = new();
    private readonly Dictionary<(uint Address, uint Number), Echo> _last = [];
    private readonly List<Echo> _echoes = [];
    private volatile bool _ended;

    public EchoTap()
    {
        _socket = Libc.Socket(FamilyPacket, TypeCooked | CloseOnExec, AllProtocols);
        int on = 1, bytes = ReceiveBytes;
        if (_socket.IsInvalid
            || Libc.SetSocketOption(_socket, LevelSocket, TimestampNanoseconds, &on, sizeof(int)) != 0
            || Libc.SetSocketOption(_socket, LevelSocket, ReceiveBufferForce, &bytes, sizeof(int)) != 0)
        {
            throw new IOException("no packet socket is permitted: the benchmarks need root");
        }
        _thread = new Thread(Listen) { IsBackground = true, Name = "echo-tap" };
        _thread.Start();
    }

    /// <summary>When the first echo request since a moment left that was never answered; null when all were.</summary>
    public DateTimeOffset? FirstLost(string address, DateTimeOffset since)
    {
        var bytes = System.Net.IPAddress.Parse(address).GetAddressBytes();
        var wanted = BinaryPrimitives.ReadUInt32BigEndian(bytes);
        lock (_gate)
        {
            return _echoes.Where(echo => echo.Address == wanted && echo.At >= since && !echo.Answered).Select(echo => (DateTimeOffset?)echo.At).Min();
        }
    }

    public void Dispose()
    {
        _ended = true;
        _thread.Join();
        _socket.Dispose();
    }

    private void Listen()
    {
        var packet = stackalloc byte[Length];
        var control = new Libc.TimestampControl();
        var buffer = new Libc.Buffer { Start = packet, Length = Length };
        var limit = new Libc.Timespec { Nanoseconds = 100_000_000 };
        while (!_ended)
        {
            var entry = new Libc.PollEntry { File = (int)_socket.DangerousGetHandle(), Events = Readable };
            if (Libc.Poll(&entry, 1, &limit, null) <= 0)
            {
                continue;
            }
            var message = new Libc.Message { Buffers = &buffer, BufferCount = 1, Control = &control, ControlLength = (nuint)sizeof(Libc.TimestampControl) };
            if (Libc.ReceiveMany(_socket, &message, 1, DontWait, null) == 1)
            {
                var at = DateTimeOffset.UnixEpoch.AddTicks((control.Time.Seconds * TimeSpan.TicksPerSecond) + (control.Time.Nanoseconds / TimeSpan.NanosecondsPerTick));
                Note(new ReadOnlySpan<byte>(packet, (int)Math.Min(message.Length, Length)), at);
            }
        }
    }

    private void Note(ReadOnlySpan<byte> packet, DateTimeOffset at)
    {
        var header = packet.Length < 20 || packet[0] >> 4 != 4 ? 0 : (packet[0] & 0xf) * 4;
        if (header < 20 || packet.Length < header + 8 || packet[9] != Icmp || packet[header] is not (Request or Reply))
        {
            return;
        }
        var isRequest = packet[header] == Request;
        var address = BinaryPrimitives.ReadUInt32BigEndian(packet[(isRequest ? 16 : 12)..]);
        var key = (address, BinaryPrimitives.ReadUInt32BigEndian(packet[(header + 4)..])); // identifier and sequence
        lock (_gate)
        {
            var known = _last.GetValueOrDefault(key);
            if (!isRequest)
            {
                known?.Answered = true;
            }
            else if (known is null || at - known.At > SameWithin)
            {
                var echo = new Echo(address, at);
                _last[key] = echo;
                _echoes.Add(echo);
            }
        }
    }

    private sealed class Echo(uint address, DateTimeOffset at)
    {
        public uint Address => address;

        public DateTimeOffset At => at;

        public bool Answered { get; set; }
    }
}
