using System.Net;
using System.Net.Sockets;

namespace HmsOrleans.Silo.Hosts;

/// <summary>
/// Orleans shares its ports with whoever else asks for them (SO_REUSEPORT): a second node would not fail, but take messages that
/// are meant for the first.
/// </summary>
internal static class SiloPorts
{
    /// <summary>What to tell the operator when one of the ports is in use; null when all are free.</summary>
    public static string? Trouble(params IEnumerable<(string Setting, int Port)> ports)
    {
        foreach (var (setting, port) in ports)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
                socket.Listen();
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                return $"port {port} is in use, perhaps by another node: end it, or choose another port with {setting}";
            }
        }
        return null;
    }
}
