using System.Net.Sockets;
using HmsOrleans.Grains.Probing;

namespace HmsOrleans.Silo.Icmp;

/// <summary>Sends echo requests of one address family and receives their replies. Never blocks.</summary>
internal interface IEchoSocket : IDisposable
{
    ProberMode Mode { get; }

    /// <summary>Sends as many as the kernel takes in one go.</summary>
    /// <param name="requests">In this order.</param>
    /// <param name="error">Where none was sent: why the first one was not.</param>
    /// <returns>How many were sent.</returns>
    int Send(ReadOnlySpan<EchoRequest> requests, out int error);

    /// <summary>Receives what has arrived.</summary>
    /// <param name="replies">Room for the replies to us.</param>
    /// <param name="received">How many replies were written.</param>
    /// <returns>Whether more may be waiting.</returns>
    bool Receive(Span<EchoReply> replies, out int received);
}

/// <summary>Opens the socket of an address family, or says why it cannot.</summary>
internal delegate IEchoSocket? OpenEchoSocket(AddressFamily family, out string? refusal);

/// <summary>A probe to be sent.</summary>
internal readonly record struct EchoRequest(ushort Sequence, EchoAddress To);

/// <summary>An answer to one of our probes.</summary>
/// <param name="Sequence">Of the probe.</param>
/// <param name="From">Who answered.</param>
/// <param name="ReceivedAt">When the kernel received it; null where it did not say.</param>
internal readonly record struct EchoReply(ushort Sequence, EchoAddress From, DateTimeOffset? ReceivedAt);
