using System.Net;
using HmsOrleans.Grains.Probing;
using HmsOrleans.Silo.Icmp;
using Xunit;

namespace HmsOrleans.Tests.Icmp;

public sealed class ProbePlanTests
{
    private const int HostUnreachable = 113;

    private readonly PlanDriver _driver = new();

    [Fact]
    public void An_address_that_answers_is_probed_once_a_period()
    {
        _driver.Watch(PlanDriver.Web).RunTo(1100);

        Assert.Equal([0, 250, 500, 750, 1000], _driver.SentAt);
        Assert.Empty(_driver.Reports);
    }

    [Fact]
    public void All_addresses_are_probed_in_the_same_round()
    {
        _driver.Watch(PlanDriver.Web).RunTo(100);
        _driver.Watch(PlanDriver.Web with { ContainerId = "db", Address = IPAddress.Parse("fd00:99::3"), PrefixLength = 64 }).RunTo(600);

        Assert.Equal([0, 100, 250, 250, 500, 500], _driver.SentAt);
    }

    [Fact]
    public void The_last_outcomes_are_reported_every_two_seconds()
    {
        _driver.Watch(PlanDriver.Web).RunTo(10_100);

        Assert.Equal([8, 16, 20, 20, 20], _driver.Windows.Select(window => window.Sent));
        Assert.Equal([2000, 4000, 6000, 8000, 10_000], _driver.Windows.Select(window => (window.At - PlanDriver.Origin).TotalMilliseconds));
        var last = _driver.Windows.Last();
        Assert.Equal((0, PlanDriver.RoundTrip, PlanDriver.Wall(5000)), (last.Lost, last.RoundTrip!.Value, last.Since));
    }

    [Fact]
    public void Silence_is_lossy_after_thirteen_of_twenty_probes_and_is_looked_at_again_at_once()
    {
        _driver.Answers = _ => _driver.Now < TimeSpan.FromSeconds(1);
        _driver.Watch(PlanDriver.Web).RunTo(1540);

        Assert.Equal(
            [
                new ProbeReport.Window("web", PlanDriver.Web.Address, PlanDriver.Wall(1320), PlanDriver.Wall(1100), 13, 13, null),
                new ProbeReport.Window("web", PlanDriver.Web.Address, PlanDriver.Wall(1540), PlanDriver.Wall(1320), 13, 13, null),
            ],
            _driver.Reports);
        Assert.Equal(Enumerable.Range(0, 20).Select(i => 1100.0 + (10 * i)), _driver.SentAt.Skip(5).Take(20));
        Assert.Equal(1320, _driver.SentAt[25]);
    }

    [Fact]
    public void A_single_loss_is_acquitted_after_eight_answers()
    {
        _driver.Answers = _ => _driver.Now != TimeSpan.FromSeconds(1);
        _driver.Watch(PlanDriver.Web).RunTo(1600);

        var window = Assert.Single(_driver.Windows);
        Assert.Equal((8, 0, PlanDriver.Wall(1100)), (window.Sent, window.Lost, window.Since));
        Assert.Equal(PlanDriver.Wall(1170) + PlanDriver.RoundTrip, window.At);
        Assert.Equal([1100, 1110, 1120, 1130, 1140, 1150, 1160, 1170, 1250, 1500], _driver.SentAt.Skip(5));
    }

    [Fact]
    public void A_fine_burst_with_much_loss_is_followed_by_another()
    {
        var probe = 0;
        _driver.Answers = _ => _driver.Now < TimeSpan.FromSeconds(1) || probe++ % 2 == 1;
        _driver.Watch(PlanDriver.Web).RunTo(3000);

        Assert.Empty(_driver.Lossy);
        Assert.True(_driver.Windows.Count() > 5);
        Assert.All(_driver.Windows.SkipLast(1), window =>
        {
            Assert.InRange(window.Lost * 100.0 / window.Sent, 30, 60);
            var at = (window.At - PlanDriver.Origin).TotalMilliseconds;
            Assert.InRange(_driver.SentAt.First(sent => sent >= at) - at, 0, 10);
        });
    }

    [Fact]
    public void No_report_of_sparse_probes_arrives_in_a_burst_or_looks_lossy()
    {
        // Lost at the sparse pace only: each burst is fine.
        _driver.Answers = _ => _driver.SentAt.Count > 1 && _driver.SentAt[^1] - _driver.SentAt[^2] < 50;
        _driver.Watch(PlanDriver.Web).RunTo(20_000);

        Assert.Empty(_driver.Lossy);
        Assert.Contains(_driver.Windows, window => window is { Lost: <= 1, Sent: >= 8 });
    }

    [Fact]
    public void An_answer_counts_once_and_only_from_whom_was_asked()
    {
        var plan = _driver.Plan;
        var web = EchoAddress.From(PlanDriver.Web.Address);
        plan.Watch(PlanDriver.Web, TimeSpan.Zero);
        plan.Begin(_driver.Moment);
        var sequence = Assert.Single(plan.Requests).Sequence;
        plan.Sent(sequence, TimeSpan.Zero, TimeSpan.Zero);
        plan.End(_driver.Moment);

        plan.Answered((ushort)(sequence + 1), web, PlanDriver.RoundTrip, _driver.Moment);
        plan.Answered((ushort)(sequence - 1), web, PlanDriver.RoundTrip, _driver.Moment);
        plan.Answered(sequence, EchoAddress.From(IPAddress.Parse("10.99.0.3")), PlanDriver.RoundTrip, _driver.Moment);
        Assert.True(plan.Waiting);

        plan.Answered(sequence, web, PlanDriver.RoundTrip, _driver.Moment);
        Assert.False(plan.Waiting);

        plan.Answered(sequence, web, PlanDriver.RoundTrip, _driver.Moment);
        _driver.RunTo(2000);
        Assert.Equal(8, Assert.Single(_driver.Windows).Sent);
    }

    [Theory]
    [InlineData(99, false)]
    [InlineData(101, true)]
    public void The_time_of_arrival_decides_not_the_time_of_reading(int arrival, bool lost)
    {
        var plan = _driver.Plan;
        plan.Watch(PlanDriver.Web, TimeSpan.Zero);
        plan.Begin(_driver.Moment);
        var request = Assert.Single(plan.Requests);
        plan.Sent(request.Sequence, TimeSpan.Zero, TimeSpan.Zero);
        plan.End(_driver.Moment);

        var read = new Moment(TimeSpan.FromMilliseconds(150), PlanDriver.Wall(150));
        plan.Answered(request.Sequence, request.To, TimeSpan.FromMilliseconds(arrival), read);
        plan.Begin(read);

        // A burst begins at once.
        Assert.Equal(lost ? 1 : 0, plan.Requests.Count);
    }

    [Fact]
    public void A_probe_that_cannot_be_sent_is_lost()
    {
        _driver.Watch(PlanDriver.Web).RunTo(900);
        _driver.SendError = HostUnreachable;
        _driver.RunTo(1150);

        var window = Assert.Single(_driver.Windows);
        Assert.Equal((13, 13), (window.Sent, window.Lost));
    }

    [Theory]
    [InlineData(Libc.Errors.NetworkUnreachable)]
    [InlineData(Libc.Errors.NetworkDown)]
    [InlineData(Libc.Errors.FamilyNotSupported)]
    public void What_the_host_could_not_send_is_not_held_against_a_container(int error)
    {
        _driver.SendError = error;
        _driver.Watch(PlanDriver.Web).RunTo(1900);

        Assert.Empty(_driver.Windows);
        Assert.Contains("could not leave this host", Assert.Single(_driver.Blind).Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Libc.Errors.TryAgain)]
    [InlineData(Libc.Errors.NoBuffers)]
    public void A_probe_for_which_the_kernel_had_no_room_is_sent_again(int error)
    {
        _driver.Watch(PlanDriver.Web).RunTo(240);
        _driver.SendError = error;
        _driver.RunTo(275);
        _driver.SendError = 0;
        _driver.RunTo(600);

        Assert.Equal([0, 280, 500], _driver.SentAt);
        Assert.Empty(_driver.Reports);
    }

    [Fact]
    public void A_kernel_that_never_has_room_makes_the_prober_blind()
    {
        _driver.SendError = Libc.Errors.NoBuffers;
        _driver.Watch(PlanDriver.Web).RunTo(4500);

        Assert.Equal(2, _driver.Reports.Count);
        Assert.All(_driver.Reports, report => Assert.Contains("no room", Assert.IsType<ProbeReport.Blind>(report).Reason, StringComparison.Ordinal));
    }

    [Fact]
    public void A_burst_goes_on_where_the_kernel_had_no_room()
    {
        _driver.Answers = _ => _driver.Now < TimeSpan.FromSeconds(1);
        _driver.Watch(PlanDriver.Web).RunTo(1135);
        _driver.SendError = Libc.Errors.TryAgain;
        _driver.RunTo(1165);
        _driver.SendError = 0;
        _driver.RunTo(1360);

        var window = Assert.Single(_driver.Windows);
        Assert.Equal((13, 13, PlanDriver.Wall(1100)), (window.Sent, window.Lost, window.Since));
    }

    [Fact]
    public void A_prober_that_overslept_accuses_nobody()
    {
        _driver.Watch(PlanDriver.Web).RunTo(990);
        _driver.Answers = _ => false;
        _driver.RunTo(1010);
        _driver.Answers = _ => true;
        _driver.OversleepTo(1500);
        _driver.RunTo(2100);

        var window = Assert.Single(_driver.Windows);
        Assert.Equal(0, window.Lost);
        Assert.Equal([1000, 1500, 1750, 2000], _driver.SentAt.Skip(4));
    }

    [Fact]
    public void A_prober_that_oversleeps_again_and_again_says_that_it_is_blind()
    {
        _driver.Answers = _ => false;
        _driver.Watch(PlanDriver.Web).RunTo(150);
        for (var at = 400; at <= 2200; at += 300)
        {
            _driver.OversleepTo(at);
            _driver.RunTo(at + 50);
        }

        Assert.Empty(_driver.Windows);
        Assert.Contains("held up for", Assert.Single(_driver.Blind).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_detached_host_is_blind_and_says_so_every_two_seconds()
    {
        _driver.Answers = _ => false;
        _driver.HostTrouble = "the bridge is down";
        _driver.Watch(PlanDriver.Web).RunTo(5000);

        Assert.Empty(_driver.Windows);
        Assert.InRange(_driver.Blind.Count(), 2, 3);
        Assert.All(_driver.Blind, blind => Assert.Equal("the bridge is down", blind.Reason));

        _driver.HostTrouble = null;
        _driver.RunTo(6000);
        Assert.NotEmpty(_driver.Lossy);
    }

    [Fact]
    public void A_host_that_is_detached_during_a_burst_is_blind()
    {
        _driver.Answers = _ => false;
        _driver.Watch(PlanDriver.Web).RunTo(200);
        _driver.HostTrouble = "the bridge is down";
        _driver.RunTo(1500);

        Assert.Empty(_driver.Windows);
        Assert.Single(_driver.Blind);
    }

    [Fact]
    public void To_watch_again_forgets_what_was_known()
    {
        _driver.Answers = _ => _driver.Now < TimeSpan.FromSeconds(1);
        _driver.Watch(PlanDriver.Web).RunTo(1315);
        _driver.Answers = _ => true;
        _driver.Watch(PlanDriver.Web).RunTo(2010);

        var window = Assert.Single(_driver.Windows);
        Assert.Equal((0, PlanDriver.Wall(1315)), (window.Lost, window.Since));
        Assert.Equal([1315, 1500, 1750, 2000], _driver.SentAt.Where(at => at >= 1315));
    }

    [Fact]
    public void Nothing_is_sent_or_said_after_unwatch()
    {
        _driver.Answers = _ => false;
        _driver.Watch(PlanDriver.Web).Watch(PlanDriver.Web with { Address = IPAddress.Parse("fd00:99::2"), PrefixLength = 64 }).RunTo(150);
        var sent = _driver.SentAt.Count;
        _driver.Plan.Unwatch("web");
        _driver.RunTo(5000);

        Assert.Equal(sent, _driver.SentAt.Count);
        Assert.Empty(_driver.Reports);
    }

    [Fact]
    public void One_container_is_left_alone_by_the_unwatch_of_another()
    {
        _driver.Watch(PlanDriver.Web).Watch(PlanDriver.Web with { ContainerId = "db", Address = IPAddress.Parse("10.99.0.3") });
        _driver.Plan.Unwatch("web");
        _driver.RunTo(2000);

        Assert.Equal("db", Assert.Single(_driver.Reports).ContainerId);
    }

    [Fact]
    public void At_a_threshold_of_zero_one_loss_in_a_burst_is_lossy()
    {
        _driver.Answers = _ => _driver.Now < TimeSpan.FromSeconds(1);
        _driver.Watch(PlanDriver.Web with { Threshold = 0 }).RunTo(1200);

        var window = Assert.Single(_driver.Windows);
        Assert.Equal((1, 1, PlanDriver.Wall(1200)), (window.Sent, window.Lost, window.At));
    }

    [Fact]
    public void At_a_threshold_of_zero_a_burst_must_be_answered_in_full()
    {
        _driver.Answers = _ => _driver.Now != TimeSpan.FromSeconds(1);
        _driver.Watch(PlanDriver.Web with { Threshold = 0 }).RunTo(1400);

        var window = Assert.Single(_driver.Windows);
        Assert.Equal((20, 0), (window.Sent, window.Lost));
    }

    [Fact]
    public void At_a_threshold_of_a_hundred_nothing_is_lossy_and_no_burst_is_sent()
    {
        _driver.Answers = _ => false;
        _driver.Watch(PlanDriver.Web with { Threshold = 100 }).RunTo(4000);

        Assert.Equal(Enumerable.Range(0, 17).Select(i => 250.0 * i), _driver.SentAt);
        Assert.All(_driver.Windows, window => Assert.Equal(window.Sent, window.Lost));
        Assert.Equal(2, _driver.Windows.Count());
    }

    [Fact]
    public void Sequence_numbers_run_out_and_begin_again()
    {
        for (var i = 0; i < 1000; i++)
        {
            _driver.Watch(new ProbeTarget($"c{i}", new IPAddress([10, 99, (byte)(i >> 8), (byte)i]), 16, 60));
        }
        _driver.RunTo(20_100);

        Assert.True(_driver.SentAt.Count > ushort.MaxValue);
        Assert.Equal(10_000, _driver.Windows.Count());
        Assert.All(_driver.Windows, window => Assert.Equal(0, window.Lost));
    }

    [Fact]
    public void A_failed_prober_begins_anew_and_is_blind_until_then()
    {
        _driver.Answers = _ => _driver.Now < TimeSpan.FromSeconds(1);
        _driver.Watch(PlanDriver.Web).RunTo(1315);
        _driver.Plan.Reset("the socket broke", _driver.Moment);
        Assert.Equal("the socket broke", Assert.IsType<ProbeReport.Blind>(Assert.Single(_driver.Plan.Reports)).Reason);
        Assert.False(_driver.Plan.Waiting);

        _driver.Answers = _ => true;
        _driver.OversleepTo(2315);
        _driver.RunTo(4500);
        Assert.All(_driver.Windows, window => Assert.Equal(0, window.Lost));
        Assert.NotEmpty(_driver.Windows);
    }
}
