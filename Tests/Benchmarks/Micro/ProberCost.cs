using System.Globalization;
using System.Net;
using System.Net.Sockets;
using HmsOrleans.Benchmarks.Reports;
using HmsOrleans.Grains.Probing;
using HmsOrleans.Silo.Icmp;
using HmsOrleans.Tests.Engine;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace HmsOrleans.Benchmarks.Micro;

/// <summary>What a ping costs: the processor time of the prober's thread, and of fping at the same pace to the same addresses.</summary>
internal static class ProberCost
{
    private const int Targets = 20;
    private const int Count = 20;
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(2);

    public static async Task MeasureAsync(Run run, string row, CancellationToken token)
    {
        run.Say($"  the prober and fping, {Targets} addresses");
        await using var host = await DockerHost.StartAsync(token);
        await host.RunContainerAsync("target", token);
        var targets = await AddressesAsync(host, token);

        var (ours, theirs, crowded) = (new List<double>(), new List<double>(), new List<double>());
        var sockets = new List<CountingSocket>();
        using var prober = new IcmpProber(
            Options.Create(new ProbeOptions { Count = Count, Interval = Pace, Period = Pace }), NullLogger<IcmpProber>.Instance,
            (AddressFamily family, out string? refusal) => Counted(EchoSocket.Open(family, out refusal), sockets), Attachment.Trouble, TimeProvider.System);
        for (var i = 0; i < run.Times(10, 3); i++)
        {
            run.Say(string.Create(CultureInfo.InvariantCulture, $"  {i + 1}"));
            ours.Add(await OursAsync(prober, sockets, targets, token));
            theirs.Add(await FpingAsync(targets, [], token));
            crowded.Add(await FpingAsync(targets, ["-i0"], token));
        }
        var lost = sockets.Sum(socket => socket.Sent - socket.Received);
        run.Add(new(row, $"a ping of the prober, {Targets} addresses, every {Pace.TotalMilliseconds} ms; floor: fping -c{Count} -p10", "us of processor", ours)
        {
            Floor = theirs,
            Target = new("<= floor", figure => figure.MedianRatio <= 1),
            Note = string.Create(CultureInfo.InvariantCulture, $"{lost} of {sockets.Sum(socket => socket.Sent)} pings unanswered; {prober.Status.Mode} sockets; fping includes its start, once in {Count * Targets} pings"),
        });
        run.Add(new(row, "the same; floor: fping -i0, which sends as fast as it may", "us of processor", ours) { Floor = crowded });
    }

    /// <returns>Microseconds per ping.</returns>
    private static async Task<double> OursAsync(IcmpProber prober, List<CountingSocket> sockets, IReadOnlyList<string> targets, CancellationToken token)
    {
        foreach (var target in targets)
        {
            prober.Watch(new ProbeTarget(target, IPAddress.Parse(target), 24, 60));
        }
        await Task.Delay(TimeSpan.FromSeconds(0.5), TimeProvider.System, token);
        var (before, sent) = (ProcessorTime.OfThread("hms-prober"), sockets.Sum(socket => socket.Sent));
        await Task.Delay(Window, TimeProvider.System, token);
        var (after, sentBy) = (ProcessorTime.OfThread("hms-prober"), sockets.Sum(socket => socket.Sent));
        foreach (var target in targets)
        {
            prober.Unwatch(target);
        }
        return (after - before).TotalMicroseconds / (sentBy - sent);
    }

    private static async Task<double> FpingAsync(IReadOnlyList<string> targets, string[] options, CancellationToken token)
    {
        const int Runs = 3;
        var before = ProcessorTime.OfEndedChildren();
        for (var i = 0; i < Runs; i++)
        {
            await Command.RunAsync("fping", token, ["-q", $"-c{Count}", $"-p{Pace.TotalMilliseconds:0}", .. options, .. targets]);
        }
        return (ProcessorTime.OfEndedChildren() - before).TotalMicroseconds / (Runs * Count * targets.Count);
    }

    /// <summary>One container with many addresses: what is probed is the same as with many containers.</summary>
    private static async Task<IReadOnlyList<string>> AddressesAsync(DockerHost host, CancellationToken token)
    {
        var first = await host.AddressOf("target", token);
        var network = string.Join('.', first.GetAddressBytes().Take(3));
        string[] more = [.. Enumerable.Range(200, Targets - 1).Select(i => $"{network}.{i}")];
        var pid = (await host.PidOf("target", token)).ToString(CultureInfo.InvariantCulture);
        foreach (var address in more)
        {
            await Command.RunAsync("nsenter", token, "-t", pid, "-n", "ip", "address", "add", $"{address}/24", "dev", "eth0");
        }
        return [$"{first}", .. more];
    }

    private static CountingSocket? Counted(IEchoSocket? socket, List<CountingSocket> into)
    {
        if (socket is null)
        {
            return null;
        }
        var counted = new CountingSocket(socket);
        into.Add(counted);
        return counted;
    }
}
