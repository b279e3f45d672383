using HmsOrleans.Grains.Fleet;
using HmsOrleans.Grains.Hosts;
using HmsOrleans.Grains.Incidents;
using HmsOrleans.Tests.Api;
using HmsOrleans.Tests.Cluster;
using HmsOrleans.Tests.Incidents;
using Xunit;

namespace HmsOrleans.Tests.Fleet;

/// <summary>One incident for each time that a host is offline, whichever controller looks. Times are seconds.</summary>
public sealed class OfflineHostsTests
{
    private const string Host = "10.0.0.1";

    private readonly FakeOutbox _outbox = new();

    private Incident Last => _outbox.Of(Host)[^1];

    [Fact]
    public void One_that_is_offline_for_long_is_an_incident_until_it_is_back()
    {
        var controller = Controller();
        controller.Take([], At(0));
        Look(controller, 1, isOffline: false);
        Look(controller, 2, isOffline: true);
        controller.Take([], At(2));
        Look(controller, 11, isOffline: true);
        Assert.Empty(_outbox.Revisions);
        Look(controller, 12, isOffline: true);
        Look(controller, 60, isOffline: true);
        var open = Assert.Single(_outbox.Revisions);
        Assert.Equal((IncidentCause.HostOffline, null, At(-5), At(12), "no sign of life since 2026-05-01 11:59:55 UTC"), (open.Cause, open.ContainerId, open.DownSince, open.FaultAt, open.Evidence));

        Look(controller, 100, isOffline: false);
        Look(controller, 101, isOffline: false);
        Assert.Equal((2, open.Id, IncidentOutcome.Recovered, At(100)), (_outbox.Revisions.Count, Last.Id, Last.Outcome, Last.EndedAt));

        // The history may still say that it is open.
        controller.Take([open], At(101));
        Look(controller, 102, isOffline: false);
        Assert.Equal(2, _outbox.Revisions.Count);
    }

    [Fact]
    public void One_that_is_soon_back_is_none()
    {
        var controller = Controller();
        for (var second = 0; second < 100; second++)
        {
            controller.Take([], At(second));
            Look(controller, second, isOffline: second % 10 < 9);
        }
        Assert.Empty(_outbox.Revisions);
    }

    [Fact]
    public void Who_cannot_ask_the_history_says_nothing()
    {
        var controller = Controller();
        controller.Take([], At(0));
        Look(controller, 1, isOffline: true);
        Look(controller, 500, isOffline: true);
        Assert.Empty(_outbox.Revisions);
        Assert.True(controller.IsToAsk(At(500)));
        Assert.False(controller.IsToAsk(At(501)));
        Assert.True(controller.IsToAsk(At(506)));

        // It was told of by the one that could.
        var open = IncidentLog.OfHost(Host, IncidentCause.HostOffline, "no sign of life", null, At(20));
        controller.Take([open], At(506));
        Look(controller, 507, isOffline: true);
        Assert.Empty(_outbox.Revisions);
        Look(controller, 508, isOffline: false);
        Assert.Equal((open.Id, 2, IncidentOutcome.Recovered), (Last.Id, Last.Revision, Last.Outcome));
    }

    [Fact]
    public void Of_two_for_the_same_time_the_first_stands()
    {
        var controller = Controller();
        Look(controller, 0, isOffline: true);
        controller.Take([], At(1));
        Look(controller, 20, isOffline: true);
        var late = IncidentLog.OfHost(Host, IncidentCause.HostOffline, "no sign of life", null, At(15));
        var mine = _outbox.Revisions.Single();
        controller.Take([late], At(30));
        Assert.Equal((mine.Id, IncidentOutcome.Recovered), (_outbox.Revisions.Last().Id, _outbox.Revisions.Last().Outcome));
        Look(controller, 40, isOffline: false);
        Assert.Equal((late.Id, IncidentOutcome.Recovered), (_outbox.Revisions.Last().Id, _outbox.Revisions.Last().Outcome));
    }

    [Fact]
    public void One_that_is_taken_out_of_the_fleet_is_missed_no_more()
    {
        var controller = Controller();
        var open = IncidentLog.OfHost(Host, IncidentCause.HostOffline, "no sign of life", null, At(0));
        controller.Take([open], At(1));
        controller.Look([], At(2));
        Assert.Equal(IncidentOutcome.Removed, Last.Outcome);
    }

    [Fact]
    public void The_silence_of_an_engine_that_nobody_else_ends_is_ended()
    {
        var controller = Controller();
        var silent = IncidentLog.OfHost(Host, IncidentCause.EngineSilent, "no socket", null, At(0));
        var status = Samples.Status with { EngineAnswers = true, EngineSince = At(10) };
        End(null, 200);
        End(status with { EngineAnswers = false }, 200);
        End(status with { EngineSince = At(-10) }, 200);
        End(status, 69);
        Assert.Empty(_outbox.Revisions);

        End(status, 71);
        Assert.Equal((silent.Id, IncidentOutcome.Recovered), (Last.Id, Last.Outcome));
        End(status, 72);
        Assert.Single(_outbox.Revisions);

        var other = silent with { Id = "other", Host = "10.0.0.9" };
        controller.EndForgotten([other], new Dictionary<string, HostStatus?>(), At(61));
        Assert.Equal(("other", IncidentOutcome.Removed), (_outbox.Revisions.Last().Id, _outbox.Revisions.Last().Outcome));

        void End(HostStatus? told, double seconds) => controller.EndForgotten([silent], new Dictionary<string, HostStatus?> { [Host] = told }, At(seconds));
    }

    [Fact]
    public void The_history_is_asked_now_and_then_and_when_a_host_goes()
    {
        var controller = Controller();
        Assert.True(controller.IsToAsk(At(0)));
        controller.Take([], At(0));
        Assert.False(controller.IsToAsk(At(59)));
        Assert.True(controller.IsToAsk(At(60)));
        controller.Take([], At(60));
        Look(controller, 70, isOffline: true);
        Assert.True(controller.IsToAsk(At(70)));
    }

    private OfflineHosts Controller() => new(_outbox);

    private static void Look(OfflineHosts controller, double seconds, bool isOffline) => controller.Look([(Host, isOffline, At(-5))], At(seconds));

    private static DateTimeOffset At(double seconds) => SampleIncidents.Noon.AddSeconds(seconds);
}
