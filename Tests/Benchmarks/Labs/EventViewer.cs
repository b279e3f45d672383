using System.Net.Sockets;
using System.Text;

namespace HmsOrleans.Benchmarks.Labs;

/// <summary>One who follows GET /events, at as little cost to this process as can be: what comes is counted and thrown away.</summary>
internal sealed class EventViewer : IDisposable
{
    /// <summary>Nobody looks into it, so one is enough for all.</summary>
    private static readonly byte[] Waste = new byte[64 * 1024];

    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp);
    private long _received;

    /// <summary>Bytes that have come.</summary>
    public long Received => Interlocked.Read(ref _received);

    /// <summary>Asks for the events.</summary>
    /// <param name="address">Of the API.</param>
    /// <param name="reads">False for one that never reads what comes.</param>
    /// <param name="token">Ends the asking.</param>
    public static async Task<EventViewer> OpenAsync(Uri address, bool reads, CancellationToken token)
    {
        var viewer = new EventViewer();
        await viewer._socket.ConnectAsync(address.Host, address.Port, token);
        await viewer._socket.SendAsync(Encoding.ASCII.GetBytes($"GET /events HTTP/1.1\r\nHost: {address.Authority}\r\n\r\n"), token);
        if (reads)
        {
            _ = viewer.ReadAsync();
        }
        return viewer;
    }

    public void Dispose() => _socket.Dispose();

    private async Task ReadAsync()
    {
        try
        {
            while (await _socket.ReceiveAsync(Waste) is > 0 and var count)
            {
                Interlocked.Add(ref _received, count);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // closed
        }
    }
}
