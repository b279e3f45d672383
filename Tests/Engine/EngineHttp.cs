using System.Net.Sockets;

namespace HmsOrleans.Tests.Engine;

/// <summary>An engine's own interface, bare. Free of xunit, so that the benchmarks use it too.</summary>
internal static class EngineHttp
{
    /// <param name="path">The engine's socket.</param>
    /// <param name="timeout">Longest wait for an answer.</param>
    public static HttpClient To(string path, TimeSpan timeout) => new(new SocketsHttpHandler { ConnectCallback = (_, token) => ConnectAsync(path, token) })
    {
        BaseAddress = new Uri("http://engine/"),
        Timeout = timeout,
    };

    private static async ValueTask<Stream> ConnectAsync(string path, CancellationToken token)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), token);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
