using HmsOrleans.Grains.Incidents;
using Xunit;
using static HmsOrleans.Tests.Incidents.SampleIncidents;

namespace HmsOrleans.Tests.Incidents;

/// <summary>Down time over watched time. Minutes count from noon; it is two hours later now.</summary>
public sealed class AvailabilityTests
{
    private static readonly DateTimeOffset _now = Noon.AddHours(2);
    private static readonly DateTimeOffset _always = _now.AddDays(-30);

    /// <summary>What was watched, what was down, and the minutes of both in the last hour, two hours being all there is.</summary>
    public static TheoryData<string, (double From, double To)[], (double From, double? To)[], double, double, double, double> Cases => new()
    {
        { "never watched", [], [(10, 20)], 0, 0, 0, 0 },
        { "always up", [(0, 120)], [], 60, 0, 120, 0 },
        { "down for a while", [(0, 120)], [(70, 76)], 60, 6, 120, 6 },
        { "down before the last hour", [(0, 120)], [(10, 40)], 60, 0, 120, 30 },
        { "down at its beginning", [(0, 120)], [(50, 63)], 60, 3, 120, 13 },
        { "down now", [(0, 120)], [(118, null)], 60, 2, 120, 2 },
        { "down all the time", [(0, 120)], [(0, null)], 60, 60, 120, 120 },
        { "several times", [(0, 120)], [(70, 71), (80, 82), (90, 93)], 60, 6, 120, 6 },
        { "not watched for a while, and down then", [(0, 80), (100, 120)], [(85, 95)], 40, 0, 100, 0 },
        { "not watched for a while, and down before and after it", [(0, 80), (100, 120)], [(78, 105)], 40, 7, 100, 7 },
        { "watched no more", [(0, 90)], [(80, null)], 30, 10, 90, 10 },
        { "it goes on, and the next word is due", [(0, 118)], [(119, null)], 60, 1, 120, 1 },
        { "new", [(119, 120)], [], 1, 0, 1, 0 },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Minutes_watched_and_down(string what, (double From, double To)[] watched, (double From, double? To)[] down, double watchedInHour, double downInHour, double watchedInDay, double downInDay)
    {
        var past = new ContainerPast(
            [.. watched.Select(span => new WatchedTime(IdOf("web"), "web", Noon.AddMinutes(span.From), Noon.AddMinutes(span.To)))],
            [Healed() with { Outages = [.. down.Select(span => new Outage(Noon.AddMinutes(span.From), span.To is { } to ? Noon.AddMinutes(to) : null))] }]);

        var windows = Availability.Of(past, _always, _now);

        Assert.NotEmpty(what);
        Assert.Equal([1, 24, 7 * 24, 30 * 24], windows.Select(window => window.Length.TotalHours));
        AssertMinutes(watchedInHour, downInHour, windows[0]);
        Assert.All(windows[1..], window => AssertMinutes(watchedInDay, downInDay, window));
    }

    [Fact]
    public void Of_a_host_the_times_of_its_containers_are_added_up_and_outages_count_for_their_own()
    {
        var past = new ContainerPast(
            [new(IdOf("web"), "web", Noon, _now), new(IdOf("db"), "db", Noon.AddMinutes(90), _now)],
            [
                Healed(container: "web") with { Outages = [new(Noon.AddMinutes(60), Noon.AddMinutes(69))] },
                Healed(container: "db") with { Outages = [new(Noon.AddMinutes(80), Noon.AddMinutes(100))] },
                Open(cause: IncidentCause.EngineSilent, at: Noon.AddMinutes(30)) with { Container = null, ContainerId = null, Outages = [new(Noon, null)] },
            ]);
        var hour = Availability.Of(past, _always, _now)[0];
        AssertMinutes(90, 19, hour);
        Assert.Equal(100 * (1 - 19 / 90.0), hour.Availability!.Value, 0.001);
    }

    [Fact]
    public void Incidents_count_where_they_lasted_restarts_and_healings_where_they_were()
    {
        var web = new WatchedTime(IdOf("web"), "web", Noon.AddDays(-40), _now);
        var past = new ContainerPast([web],
            [
                Healed(at: _now.AddMinutes(-30)),
                Healed(at: _now.AddMinutes(-20)) with { RunningAgainAt = _now.AddMinutes(-20).AddSeconds(2.3) },
                Healed(at: _now.AddHours(-3)) with { EndedAt = _now.AddMinutes(-59) },
                Open(at: _now.AddDays(-2)),
                Healed(at: _now.AddDays(-20)) with { Attempts = [] },
            ]);
        var windows = Availability.Of(past, _always, _now);
        Assert.Equal([4, 4, 4, 5], windows.Select(window => window.Incidents));
        Assert.Equal([2, 3, 3, 3], windows.Select(window => window.Restarts));
        Assert.Equal([1.3, (0.3 + 2.3 + 0.3) / 3, (0.3 + 2.3 + 0.3) / 3, (0.3 + 2.3 + 0.3 + 0.3) / 4], windows.Select(window => window.TimeToHeal!.Value.TotalSeconds), (a, b) => Math.Abs(a - b) < 0.001);
        Assert.Null(Availability.Of(new([web], []), _always, _now)[0].TimeToHeal);
    }

    [Fact]
    public void One_that_was_given_up_counts_as_long_as_it_is_down()
    {
        var given = Healed(at: Noon) with { Outcome = IncidentOutcome.Quarantined, EndedAt = Noon.AddMinutes(5), RunningAgainAt = null, Outages = [new(Noon, null)] };
        var runs = given with { RunningAgainAt = Noon.AddMinutes(70), Outages = [new(Noon, Noon.AddMinutes(70))] };

        Assert.Equal([1, 1, 0], new[] { given, runs, runs with { RunningAgainAt = Noon.AddMinutes(50), Outages = [new(Noon, Noon.AddMinutes(50))] } }
            .Select(incident => Availability.Of(new([], [incident]), _always, _now)[0].Incidents));
    }

    [Fact]
    public void Of_time_from_before_what_is_remembered_nothing_counts()
    {
        var past = new ContainerPast([new(IdOf("web"), "web", Noon.AddDays(-40), _now)], [Healed() with { Outages = [new(Noon.AddMinutes(20), Noon.AddMinutes(90))] }]);

        var windows = Availability.Of(past, remembered: Noon.AddMinutes(30), _now);

        Assert.Equal([1, 24, 7 * 24, 30 * 24], windows.Select(window => window.Length.TotalHours));
        AssertMinutes(60, 30, windows[0]);
        Assert.All(windows[1..], window => AssertMinutes(90, 60, window));
    }

    private static void AssertMinutes(double watched, double down, AvailabilityWindow window)
    {
        Assert.Equal((watched, down), (Math.Round(window.Watched.TotalMinutes, 3), Math.Round(window.Down.TotalMinutes, 3)));
        Assert.Equal(watched == 0 ? -1 : 100 * (1 - down / watched), window.Availability ?? -1, 0.001);
    }
}
