using System.Diagnostics;
using System.Net;
using System.Threading.Channels;
using HmsOrleans.Grains.Health;
using HmsOrleans.Grains.Probing;
using HmsOrleans.Silo.Icmp;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Xunit;

namespace HmsOrleans.Tests.Icmp;

/// <summary>The prober against the kernel: one network, hence one test at a time.</summary>
public sealed class IcmpProberTests(ProbedNetwork network, ITestOutputHelper output) : IClassFixture<ProbedNetwork>, IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly ProbeTarget Web = new("web", IPAddress.Parse("10.99.0.2"), 24, 60);
    private static readonly ProbeTarget Web6 = new("web6", IPAddress.Parse("fd00:99::2"), 64, 60);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await network.HealAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Theory]
    [InlineData(ProberMode.Raw)]
    [InlineData(ProberMode.Datagram)]
    public async Task Containers_that_answer_are_fine_in_both_families(ProberMode mode)
    {
        using var prober = Start(mode);
        prober.Watch(Web);
        prober.Watch(Web6);

        foreach (var target in (ProbeTarget[])[Web, Web6])
        {
            var window = await NextAsync<ProbeReport.Window>(prober.Reports, target);
            Assert.Equal(0, window.Lost);
            Assert.InRange(window.Sent, 1, 20); // the first one may be short
            Assert.InRange(window.RoundTrip!.Value, TimeSpan.FromMicroseconds(1), TimeSpan.FromMilliseconds(100));
            output.WriteLine($"{mode} {target.Address}: {window.Sent} answered, mean {window.RoundTrip.Value.TotalMicroseconds:0} us");
        }
    }

    [Theory]
    [InlineData(ProberMode.Raw)]
    [InlineData(ProberMode.Datagram)]
    public async Task Silence_is_seen_and_so_is_its_end(ProberMode mode)
    {
        using var prober = Start(mode);
        foreach (var target in (ProbeTarget[])[Web, Web6])
        {
            prober.Watch(target);
            await NextAsync<ProbeReport.Window>(prober.Reports, target);
            var began = TimeProvider.System.GetUtcNow(); // a probe may be lost as soon as the rule holds
            await network.LoseAsync();
            var since = Stopwatch.GetTimestamp();

            var window = await NextAsync<ProbeReport.Window>(prober.Reports, target, IsLossy);

            var took = Stopwatch.GetElapsedTime(since);
            output.WriteLine($"{mode} {target.Address}: lossy {took.TotalMilliseconds:0} ms after the rule, {window.Lost} of {window.Sent}");
            Assert.Equal((13, 13), (window.Sent, window.Lost));
            Assert.InRange(window.Since, began, window.At - TimeSpan.FromMilliseconds(200));

            await network.HealAsync();
            since = Stopwatch.GetTimestamp();
            var fine = await NextAsync<ProbeReport.Window>(prober.Reports, target, report => !IsLossy(report));
            took = Stopwatch.GetElapsedTime(since);
            output.WriteLine($"{mode} {target.Address}: fine again after {took.TotalMilliseconds:0} ms, {fine.Lost} of {fine.Sent}");
            prober.Unwatch(target.ContainerId);
        }
    }

    [Theory]
    [InlineData("--every 4 --packet 0")]
    [InlineData("--every 2 --packet 0")]
    public async Task Loss_below_the_threshold_is_not_lossy(string pattern)
    {
        await network.LoseAsync($"-m statistic --mode nth {pattern}");
        using var prober = Start(ProberMode.Raw);
        prober.Watch(Web);

        for (var i = 0; i < 10; i++)
        {
            Assert.False(IsLossy(await NextAsync<ProbeReport.Window>(prober.Reports, Web)));
        }
    }

    [Fact]
    public async Task Loss_above_the_threshold_is_lossy_though_some_probes_are_answered()
    {
        // Three of four.
        await network.LoseAsync("-m statistic --mode nth --every 4 --packet 0");
        await network.LoseAsync("-m statistic --mode nth --every 3 --packet 0");
        await network.LoseAsync("-m statistic --mode nth --every 2 --packet 0");
        using var prober = Start(ProberMode.Raw);
        prober.Watch(Web);

        var window = await NextAsync<ProbeReport.Window>(prober.Reports, Web, IsLossy);
        Assert.Equal(13, window.Lost);
        Assert.InRange(window.Sent, 14, 20);
        Assert.NotNull(window.RoundTrip);
    }

    [Fact]
    public async Task Two_hundred_containers_are_fine_and_the_dead_among_them_are_lossy()
    {
        var many = Enumerable.Range(10, 200).Select(i => Web with { ContainerId = $"c{i}", Address = new IPAddress([10, 99, 0, (byte)i]) }).ToList();
        // The last ten do not even answer ARP: the kernel queues what is sent to them.
        foreach (var target in many.SkipLast(10))
        {
            await network.InsideAsync($"ip address add {target.Address}/24 dev eth0");
        }
        using var prober = Start(ProberMode.Raw);
        foreach (var target in many)
        {
            prober.Watch(target);
        }
        var dead = many.TakeLast(10).Select(target => target.ContainerId).ToHashSet();
        HashSet<string> lossy = [];
        HashSet<string> fine = [];
        List<ProbeReport.Window> wrong = [];
        while (lossy.Count < 10 || fine.Count < 190)
        {
            var report = await ReadAsync(prober.Reports);
            var window = Assert.IsType<ProbeReport.Window>(report);
            (IsLossy(window) ? lossy : fine).Add(window.ContainerId);
            if (window.Lost > 0 && !dead.Contains(window.ContainerId))
            {
                wrong.Add(window);
            }
        }

        Assert.Empty(wrong);
        Assert.True(dead.SetEquals(lossy));
    }

    [Theory]
    [InlineData("ip link set hms0 down", "Network is unreachable", "ip link set hms0 up; ip address replace fd00:99::1/64 dev hms0 nodad")]
    [InlineData("ip route delete 10.99.0.0/24", "Network is unreachable", "ip route add 10.99.0.0/24 dev hms0 src 10.99.0.1")]
    [InlineData(
        "ip link add hms1 type veth peer name hms2; ip link set hms2 up; ip address add 10.98.0.1/24 dev hms1; ip link set hms1 up; ip route add default dev hms1; ip link set hms0 down",
        "probes would leave from 10.98.0.1",
        "ip link delete hms1; ip link set hms0 up; ip address replace fd00:99::1/64 dev hms0 nodad")]
    public async Task A_host_that_is_not_attached_is_blind_and_accuses_nobody(string detach, string reason, string attach)
    {
        using var prober = Start(ProberMode.Raw);
        prober.Watch(Web);
        await NextAsync<ProbeReport.Window>(prober.Reports, Web);

        try
        {
            await ProbedNetwork.RunAsync(detach);
            var first = await NextAsync<ProbeReport.Blind>(prober.Reports, Web);
            output.WriteLine(first.Reason);
            Assert.Contains("10.99.0.0/24", first.Reason, StringComparison.Ordinal);
            Assert.Contains(reason, first.Reason, StringComparison.Ordinal);
            var second = await NextAsync<ProbeReport.Blind>(prober.Reports, Web);
            Assert.InRange(second.At - first.At, TimeSpan.FromSeconds(2), Patience);
        }
        finally
        {
            await ProbedNetwork.RunAsync(attach);
        }
        await NextAsync<ProbeReport.Window>(prober.Reports, Web, window => window.Lost == 0);
    }

    [Fact]
    public async Task Two_probers_do_not_take_each_others_answers()
    {
        using var raw = Start(ProberMode.Raw);
        using var datagram = Start(ProberMode.Datagram);
        raw.Watch(Web);
        datagram.Watch(Web);

        Assert.Equal(0, (await NextAsync<ProbeReport.Window>(raw.Reports, Web)).Lost);
        Assert.Equal(0, (await NextAsync<ProbeReport.Window>(datagram.Reports, Web)).Lost);
    }

    [Fact]
    public async Task Nothing_is_reported_after_unwatch()
    {
        using var prober = Start(ProberMode.Raw);
        prober.Watch(Web);
        await NextAsync<ProbeReport.Window>(prober.Reports, Web);
        prober.Unwatch(Web.ContainerId);

        using var quiet = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        quiet.CancelAfter(TimeSpan.FromSeconds(3));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await prober.Reports.ReadAsync(quiet.Token));
    }

    [Fact]
    public async Task The_reports_end_with_the_prober()
    {
        var prober = Start(ProberMode.Raw);
        prober.Watch(Web);
        prober.Dispose();
        prober.Dispose();
        prober.Watch(Web);
        prober.Unwatch(Web.ContainerId);

        await foreach (var report in prober.Reports.ReadAllAsync(Cancelled))
        {
            Assert.Fail($"{report}");
        }
    }

    private static IcmpProber Start(ProberMode mode)
    {
        ProbedNetwork.PermitDatagram(mode == ProberMode.Datagram);
        var prober = new IcmpProber(Options.Create(new ProbeOptions()), NullLogger<IcmpProber>.Instance);
        Assert.Equal(new ProberStatus(mode), prober.Status);
        return prober;
    }

    private static bool IsLossy(ProbeReport.Window window)
        => LossWindow.Judge(window.Sent, window.Lost, new ProbeOptions().Count, Web.Threshold) == LossVerdict.Lossy;

    private static async Task<ProbeReport> ReadAsync(ChannelReader<ProbeReport> reports)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        patience.CancelAfter(Patience);
        return await reports.ReadAsync(patience.Token);
    }

    /// <summary>The next report of a target that is of the kind asked for.</summary>
    private static async Task<T> NextAsync<T>(ChannelReader<ProbeReport> reports, ProbeTarget target, Predicate<T>? wanted = null)
        where T : ProbeReport
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        patience.CancelAfter(Patience);
        while (true)
        {
            var report = await reports.ReadAsync(patience.Token);
            if (typeof(T) == typeof(ProbeReport.Blind))
            {
                Assert.False(report is ProbeReport.Window lossy && IsLossy(lossy), $"{report}");
            }
            if (report is T match && match.ContainerId == target.ContainerId && (wanted is null || wanted(match)))
            {
                return match;
            }
        }
    }
}
