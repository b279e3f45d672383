using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace HmsOrleans.Silo.Hosts;

/// <summary>The TCP ports at which silos and clients reach this one.</summary>
internal sealed record SiloPorts(int Silo, int Gateway)
{
    /// <summary>Reads them, and sees that both are free.</summary>
    /// <param name="configuration">The node's settings.</param>
    /// <param name="own">The address at which it listens.</param>
    /// <param name="ports">The ports; null when one cannot be had.</param>
    /// <param name="trouble">What to tell the operator; null when all is well.</param>
    public static bool TryRead(IConfiguration configuration, IPAddress own, [NotNullWhen(true)] out SiloPorts? ports, [NotNullWhen(false)] out string? trouble)
    {
        ports = null;
        if (!TryRead(configuration, own, "Orleans:Endpoints:SiloPort", 11111, out var silo, out trouble)
            || !TryRead(configuration, own, "Orleans:Endpoints:GatewayPort", 30000, out var gateway, out trouble))
        {
            return false;
        }
        ports = new(silo, gateway);
        return true;
    }

    private static bool TryRead(IConfiguration configuration, IPAddress own, string setting, int otherwise, out int port, [NotNullWhen(false)] out string? trouble)
    {
        var text = configuration[setting];
        port = otherwise;
        if (text is { Length: > 0 } && !(int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is >= 1 and <= 65535))
        {
            trouble = $"{setting} is '{text}'; it must be a TCP port, 1 to 65535";
            return false;
        }
        trouble = IsFree(own, port) ? null : $"port {port} is in use, perhaps by another node: end it, or choose another port with {setting}";
        return trouble is null;
    }

    /// <summary>
    /// Orleans shares its ports with whoever else asks for them (SO_REUSEPORT): a second node would not fail, but take messages
    /// that are meant for the first.
    /// </summary>
    private static bool IsFree(IPAddress own, int port)
    {
        using var socket = new Socket(own.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(own, port));
            socket.Listen();
            return true;
        }
        catch (SocketException e)
        {
            // An address that this machine does not have is for Orleans to refuse.
            return e.SocketErrorCode != SocketError.AddressAlreadyInUse;
        }
    }
}
