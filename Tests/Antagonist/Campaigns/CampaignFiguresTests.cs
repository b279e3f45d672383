using HmsOrleans.Antagonist.Campaigns;
using HmsOrleans.Grains.Health;
using HmsOrleans.Grains.Hosts;
using Xunit;

namespace HmsOrleans.Tests.Antagonist.Campaigns;

public sealed class CampaignFiguresTests
{
    [Fact]
    public void Availability_is_the_share_of_samples_at_which_nothing_is_to_be_fetched()
    {
        var availability = Availability.Of(new HistoryBuilder()
            .Sample(0, HostState.Updated, 1, 1).Sample(0.25, HostState.UpdatePresent, 1, 2).Sample(0.5, HostState.WaitingForUpdate, 1, 2).Sample(0.75, null, null, 2).Build());

        Assert.Equal((25, 1), (availability.Percent, availability.Missed));
    }

    [Fact]
    public void The_view_is_as_old_as_the_oldest_version_that_it_lacks()
    {
        // 2 is first seen at 0.25 and may be there since just after 0; it is held at 1, when 3 is not yet.
        var ages = ViewAge.Of(new HistoryBuilder()
            .Sample(0, HostState.Updated, 1, 1).Sample(0.25, HostState.UpdatePresent, 1, 2).Sample(0.5, HostState.UpdatePresent, 1, null).Sample(0.75, HostState.UpdatePresent, 1, 3)
            .Sample(1, HostState.UpdatePresent, 2, 3).Sample(1.25, HostState.Updated, 3, 3).Sample(1.5, null, null, 4).Build());

        Assert.Equal([0, 0.25, 0.5, 0.75, 0.75, 0], ages);
    }

    [Fact]
    public void Of_states_the_view_is_as_old_as_the_oldest_state_that_it_lacks() =>
        Assert.Equal([0, 0, 0.25], ViewAge.OfStates(new HistoryBuilder()
            .Sample(0, HostState.Updated, 1, 1, 1).Sample(0.25, HostState.UpdatePresent, 1, 2, 1).Sample(0.5, HostState.UpdatePresent, 1, 3, 3).Build()));

    [Fact]
    public void The_reports_protocol_fetches_the_whole_host_once_in_each_window_with_a_change()
    {
        const string Web = """
            "web":{"image":"idle","ip":"172.17.0.2","loss":0,"container":"Running","service":"Up","details":""}
            """;
        var report = ReportProtocol.Replay(new HistoryBuilder(length: 10, window: 1)
            .View(0, HealthState.Healthy).View(0, HealthState.Healthy, container: "sql")
            // Two in one window; one in another; one of the memory alone, and one of the health alone, of which the report knows nothing.
            .View(2.1, HealthState.Healthy, loss: 5).View(2.9, HealthState.Healthy, loss: 9).View(5, HealthState.Healthy, loss: 0).View(7, HealthState.Healthy, memory: 5).View(8, HealthState.Suspect).Build());

        Assert.Equal((2, 3, 2L * (45 + 2 + (2 * Web.Trim().Length) + 1)), (report.Fetches, report.Changes, report.Bytes));
        Assert.Equal([3, 6], Enumerable.Range(0, 10).Where(second => report.PerSecond[second] > 0));
    }

    [Fact]
    public void Traffic_is_what_was_told_and_fetched_and_what_the_requests_took_also_over_a_move_of_the_controller()
    {
        var traffic = TrafficFigures.Of(new HistoryBuilder(length: 10).Count(0, 100, 5000, 1000).Count(1, 102, 5200, 1007).Count(2, 1, 30, 3).Build());

        Assert.Equal((3, 10, 200 + 90 + 30 + 45), (traffic.Fetches, traffic.Updates, traffic.Bytes));
        Assert.Equal([290.0, 75.0], traffic.PerSecond.Take(2));
        Assert.Equal(365 * 8 / 1000.0 / 2, traffic.Kbps, 9);
    }

    [Fact]
    public void The_interval_is_students()
    {
        // 1, 2, 3: s = 1, t(2) = 4.303.
        var estimate = Statistics.Mean([1, 2, 3]);

        Assert.Equal((2, 4.303 / Math.Sqrt(3)), (estimate.Mean, estimate.Margin!.Value));
        Assert.Null(Statistics.Mean([7]).Margin);
        Assert.Equal((2, 10, null), (Statistics.Percentile([1, 2, 10], 0.5), Statistics.Percentile([1, 2, 10], 0.95), Statistics.Percentile([], 0.5)));
    }
}
