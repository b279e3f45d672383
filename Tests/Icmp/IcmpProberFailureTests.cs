using System.Net;
using System.Net.Sockets;
using HmsOrleans.Grains.Probing;
using HmsOrleans.Silo.Icmp;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Xunit;

namespace HmsOrleans.Tests.Icmp;

/// <summary>The prober with sockets that are refused, or break.</summary>
public sealed class IcmpProberFailureTests
{
    private static readonly ProbeTarget Web = new("web", IPAddress.Parse("10.99.0.2"), 24, 60);
    private static readonly ProbeTarget Web6 = new("web6", IPAddress.Parse("fd00:99::2"), 64, 60);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public void Without_permission_the_prober_is_off_and_names_the_remedies()
    {
        using var prober = Start((AddressFamily _, out string? refusal) =>
        {
            refusal = "Operation not permitted";
            return null;
        });

        Assert.Equal(ProberMode.Off, prober.Status.Mode);
        Assert.All(
            ["Operation not permitted", "root", "CAP_NET_RAW", "setcap", "AmbientCapabilities", "cap_add", "net.ipv4.ping_group_range"],
            remedy => Assert.Contains(remedy, prober.Status.Reason, StringComparison.Ordinal));
        prober.Watch(Web);
        Assert.True(prober.Reports.TryRead(out var report));
        Assert.Equal(Web.ContainerId, Assert.IsType<ProbeReport.Blind>(report).ContainerId);
        prober.Unwatch(Web.ContainerId);
        Assert.False(prober.Reports.TryRead(out _));
    }

    [Fact]
    public async Task A_socket_that_breaks_is_opened_again_and_until_then_the_prober_is_blind()
    {
        var opened = 0;
        using var prober = Start((AddressFamily family, out string? refusal) =>
        {
            refusal = null;
            return family == AddressFamily.InterNetwork ? new EchoingSocket(broken: Interlocked.Increment(ref opened) == 1) : null;
        });
        prober.Watch(Web);

        var blind = Assert.IsType<ProbeReport.Blind>(await prober.Reports.ReadAsync(Cancelled));
        Assert.Contains("the wire is cut", blind.Reason, StringComparison.Ordinal);
        var window = Assert.IsType<ProbeReport.Window>(await prober.Reports.ReadAsync(Cancelled));
        Assert.Equal(0, window.Lost);
        Assert.Equal(2, opened);
    }

    [Fact]
    public async Task A_family_that_the_host_lacks_is_no_fault_of_the_container()
    {
        using var prober = Start((AddressFamily family, out string? refusal) =>
        {
            refusal = "Address family not supported by protocol";
            return family == AddressFamily.InterNetwork ? new EchoingSocket(broken: false) : null;
        });
        prober.Watch(Web6);
        prober.Watch(Web);

        var blind = Assert.IsType<ProbeReport.Blind>(await prober.Reports.ReadAsync(Cancelled));
        Assert.Equal("web6", blind.ContainerId);
        Assert.Contains("Address family not supported", blind.Reason, StringComparison.Ordinal);
        ProbeReport next;
        do
        {
            next = await prober.Reports.ReadAsync(Cancelled);
        }
        while (next is ProbeReport.Blind);
        Assert.Equal(("web", 0), (next.ContainerId, Assert.IsType<ProbeReport.Window>(next).Lost));
    }

    private static IcmpProber Start(OpenEchoSocket open)
        => new(Options.Create(new ProbeOptions()), NullLogger<IcmpProber>.Instance, open, _ => null, TimeProvider.System);

    /// <summary>Answers at once, or breaks when it is first used.</summary>
    private sealed class EchoingSocket(bool broken) : IEchoSocket
    {
        private readonly Queue<EchoReply> _replies = [];

        public ProberMode Mode => ProberMode.Datagram;

        public int Send(ReadOnlySpan<EchoRequest> requests, out int error)
        {
            if (broken)
            {
                throw new IOException("the wire is cut");
            }
            foreach (var request in requests)
            {
                _replies.Enqueue(new EchoReply(request.Sequence, request.To, null));
            }
            error = 0;
            return requests.Length;
        }

        public bool Receive(Span<EchoReply> replies, out int received)
        {
            for (received = 0; received < replies.Length && _replies.TryDequeue(out var reply); received++)
            {
                replies[received] = reply;
            }
            return received == replies.Length;
        }

        public void Dispose()
        {
        }
    }
}
