using HmsOrleans.Grains.Probing;
using HmsOrleans.Silo.Icmp;

namespace HmsOrleans.Benchmarks.Micro;

/// <summary>Counts what the prober sends and receives.</summary>
internal sealed class CountingSocket(IEchoSocket socket) : IEchoSocket
{
    private long _sent;
    private long _received;

    public ProberMode Mode => socket.Mode;

    public long Sent => Interlocked.Read(ref _sent);

    public long Received => Interlocked.Read(ref _received);

    public int Send(ReadOnlySpan<EchoRequest> requests, out int error)
    {
        var count = socket.Send(requests, out error);
        Interlocked.Add(ref _sent, count);
        return count;
    }

    public bool Receive(Span<EchoReply> replies, out int received)
    {
        var more = socket.Receive(replies, out received);
        Interlocked.Add(ref _received, received);
        return more;
    }

    public void Dispose() => socket.Dispose();
}
