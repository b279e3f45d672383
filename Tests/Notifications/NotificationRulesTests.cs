using HmsOrleans.Grains.Health;
using HmsOrleans.Grains.Incidents;
using HmsOrleans.Grains.Notifications;
using Xunit;

namespace HmsOrleans.Tests.Notifications;

/// <summary>What people are told, as stories.</summary>
public sealed class NotificationRulesTests
{
    private const string Host = NotificationStory.Host;
    private const string Other = "10.0.0.2";

    private readonly NotificationStory _story = new();

    [Fact]
    public void A_container_that_is_healed_at_once_wakes_nobody()
    {
        _story.Died("web").At(0.5).RunsAgain("web").At(11).Ended("web").At(60);

        _story.MustHaveTold();
        Assert.Empty(_story.Book.Watched);
    }

    [Fact]
    public void One_that_stays_down_is_told_after_ten_seconds_and_so_is_its_recovery()
    {
        _story.Died("web").At(9).MustHaveTold();
        _story.At(13).MustHaveTold("web on 10.0.0.1 is down");
        _story.At(50).RunsAgain("web").At(60).Ended("web").At(90);

        _story.MustHaveTold("web on 10.0.0.1 is down", "web on 10.0.0.1 is well again");
        Assert.Equal(
            ["Died: exit code 7. Since 2026-01-02 12:00:00 UTC, no attempt to heal it so far.", "It was down for 50 s. Died: exit code 7."],
            _story.Told.Select(notice => notice.Text));
        Assert.Equal(["10.0.0.1/web-opened", "10.0.0.1/web-recovered"], _story.Told.Select(notice => notice.Id));
        Assert.Empty(_story.Book.Watched);
    }

    [Fact]
    public void One_that_fails_again_and_again_is_told_when_it_is_down_after_ten_seconds()
    {
        _story.Died("web").At(0.5).RunsAgain("web").At(9).FailsAgain("web").At(9.5).RunsAgain("web").At(18).MustHaveTold();

        _story.FailsAgain("web").At(18.5).MustHaveTold("web on 10.0.0.1 is down");
    }

    [Fact]
    public void A_recovery_before_the_telling_is_not_told()
    {
        _story.Died("web").At(11).Ended("web").At(60);

        _story.MustHaveTold();
    }

    [Fact]
    public void With_all_each_is_told_with_its_recovery()
    {
        var story = new NotificationStory(new() { All = true });
        story.Died("web").At(0.5).RunsAgain("web").At(10.5).Ended("web").At(20);

        story.MustHaveTold("web on 10.0.0.1 was down", "web on 10.0.0.1 is well again");
        Assert.Equal("Died: exit code 7. It ran again after 0.5 s.", story.Told[0].Text);
    }

    [Fact]
    public void A_quarantine_is_told_at_once_whether_or_not_its_opening_was()
    {
        _story.Died("web").At(0.5).RunsAgain("web").At(5).FailsAgain("web")
            .Changed("10.0.0.1/web", incident => incident! with { Attempts = [new(4, NotificationStory.Start, HealthAction.Start, IncidentCause.Died, ""), new(13, NotificationStory.Start, HealthAction.Start, IncidentCause.Died, "")] })
            .Ended("web", IncidentOutcome.Quarantined).At(8);

        _story.MustHaveTold("web on 10.0.0.1 was given up");
        Assert.Equal("Died: exit code 7. 10 attempts to heal it did not help. Look at it, then put it back under supervision: PUT /containers/10.0.0.1/web", _story.Told[0].Text);
        Assert.Equal(NoticeKind.Quarantined, _story.Told[0].Kind);
    }

    [Fact]
    public void A_quarantine_that_somebody_ended_before_it_was_told_is_not_told()
    {
        _story.Book = _story.Book with { Windows = [new("1", Host, NotificationStory.Start, NotificationStory.Start.AddSeconds(90))] };
        _story.Died("web").At(20).Ended("web", IncidentOutcome.Quarantined).At(50).RunsAgain("web").At(120);

        _story.MustHaveTold();
        Assert.Empty(_story.Book.Watched);
    }

    [Fact]
    public void One_that_was_given_up_and_runs_for_ten_seconds_is_well_again()
    {
        _story.Died("web").At(20).Ended("web", IncidentOutcome.Quarantined).At(60).Repeated().RunsAgain("web").At(69);
        _story.MustHaveTold("web on 10.0.0.1 is down", "web on 10.0.0.1 was given up");

        _story.At(71).Repeated().At(90).MustHaveTold("web on 10.0.0.1 is down", "web on 10.0.0.1 was given up", "web on 10.0.0.1 is well again");
        Assert.Equal("It was down for 60 s. Died: exit code 7.", _story.Told[2].Text);
        Assert.Empty(_story.Book.Watched);
    }

    [Theory]
    [InlineData(IncidentOutcome.Recovered, "web on 10.0.0.1 is well again")]
    [InlineData(IncidentOutcome.Quarantined, "web on 10.0.0.1 was given up")]
    public void One_that_was_given_up_and_fails_again_is_told_when_that_has_ended(IncidentOutcome outcome, string told)
    {
        _story.Died("web").Ended("web", IncidentOutcome.Quarantined).At(60).RunsAgain("web").At(65);
        _story.Changed("again", _ => NotificationStory.Container("web", Host, _story.Now) with { Id = "again" }).At(90).MustHaveTold("web on 10.0.0.1 was given up");

        _story.Changed("again", incident => incident! with { Outcome = outcome }).At(120).MustHaveTold("web on 10.0.0.1 was given up", told);
        Assert.Equal($"again-{outcome.ToString().ToLowerInvariant()}", _story.Told[1].Id);
    }

    [Fact]
    public void One_that_was_given_up_and_is_nobodys_concern_any_more_is_told()
    {
        _story.Died("web").Ended("web", IncidentOutcome.Quarantined).At(20).Ended("web", IncidentOutcome.Removed).At(40);

        _story.MustHaveTold("web on 10.0.0.1 was given up", "web on 10.0.0.1 is not supervised any more");
    }

    [Theory]
    [InlineData(IncidentOutcome.Ignored, "It was put on the ignored list.")]
    [InlineData(IncidentOutcome.Removed, "It was removed.")]
    public void One_that_is_nobodys_concern_any_more_is_told_if_it_was_told(IncidentOutcome outcome, string text)
    {
        _story.Died("web").At(20).Ended("web", outcome).At(22).Died("db").At(25).Ended("db", outcome).At(60);

        _story.MustHaveTold("web on 10.0.0.1 is down", "web on 10.0.0.1 is not supervised any more");
        Assert.Equal(text, _story.Told[1].Text);
    }

    [Fact]
    public void What_the_history_repeats_is_not_told_again()
    {
        _story.Died("web").Died("db", Other).At(20).Repeated().At(30).Ended("web").At(40).Repeated().At(90);

        _story.MustHaveTold("web on 10.0.0.1 is down", "db on 10.0.0.2 is down", "web on 10.0.0.1 is well again");
    }

    [Fact]
    public void What_happened_while_nobody_listened_is_told_if_it_is_still_so()
    {
        _story.At(3600);
        _story.Changed("old", _ => NotificationStory.Container("web", Host, NotificationStory.Start)).At(3603);

        _story.MustHaveTold("web on 10.0.0.1 is down");
    }

    [Fact]
    public void A_host_whose_clock_is_ahead_is_not_told_later()
    {
        _story.Changed("ahead", _ => NotificationStory.Container("web", Host, NotificationStory.Start.AddHours(1))).At(13);

        _story.MustHaveTold("web on 10.0.0.1 is down");
    }

    [Fact]
    public void Containers_of_a_host_within_seconds_are_one_message_with_the_first_names()
    {
        for (var number = 0; number < 40; number++)
        {
            _story.Died($"c{number:00}");
        }
        _story.Died("db", Other).At(20);

        _story.MustHaveTold("40 containers on 10.0.0.1 are down", "db on 10.0.0.2 is down");
        Assert.Equal("c00, c01, c02, c03, c04 and 35 more.", _story.Told[0].Text);
        Assert.Equal((40, Notice.MaxIncidents, Host), (_story.Told[0].Count, _story.Told[0].Incidents.Length, _story.Told[0].Host));

        for (var number = 0; number < 40; number++)
        {
            _story.Ended($"c{number:00}");
        }
        _story.At(30);
        Assert.Equal("40 containers on 10.0.0.1 are well again", _story.Titles.Last());
    }

    [Fact]
    public void Two_incidents_of_one_container_are_not_two_containers()
    {
        var story = new NotificationStory(new() { All = true });
        story.Changed("1", _ => NotificationStory.Container("web", Host, story.Now) with { Id = "1", Outcome = IncidentOutcome.Recovered, RunningAgainAt = story.Now.AddSeconds(1) })
            .Changed("2", _ => NotificationStory.Container("web", Host, story.Now) with { Id = "2", Outcome = IncidentOutcome.Recovered, RunningAgainAt = story.Now.AddSeconds(3) })
            .At(5);

        story.MustHaveTold("web on 10.0.0.1 is well again");
        Assert.Equal(("It was down for 3.0 s. Died: exit code 7.", 2), (story.Told[0].Text, story.Told[0].Count));
    }

    [Theory]
    [InlineData(IncidentCause.HostOffline, "10.0.0.1 is offline", "10.0.0.1 is back")]
    [InlineData(IncidentCause.EngineSilent, "The engine of 10.0.0.1 does not answer", "The engine of 10.0.0.1 answers again")]
    public void A_host_that_is_down_is_one_message_and_its_containers_none(IncidentCause cause, string lost, string back)
    {
        _story.Died("web").Died("db").At(1).Lost(Host, cause).At(30).Died("cache").At(60);

        _story.MustHaveTold(lost);
        Assert.Equal("No sign of life for 30 s. Since 2026-01-02 12:00:01 UTC. 2 containers there are in trouble, too.", _story.Told[0].Text);

        // What is healed within ten seconds of its return is not told either, the rest is.
        _story.Back(Host).At(65).RunsAgain("web").RunsAgain("cache").At(100);
        _story.MustHaveTold(lost, back, "db on 10.0.0.1 is down");
        Assert.Equal("It was away for 59 s.", _story.Told[1].Text);
    }

    [Fact]
    public void Many_hosts_at_once_are_one_message()
    {
        for (var number = 0; number < 12; number++)
        {
            _story.Lost($"10.0.1.{number:00}");
        }
        _story.At(20);

        _story.MustHaveTold("12 hosts are down");
        Assert.Null(_story.Told[0].Host);
    }

    [Fact]
    public void In_a_flood_ten_messages_a_minute_are_made_and_the_rest_is_put_together()
    {
        for (var second = 0; second < 120; second += 2)
        {
            _story.At(second).Died($"c{second:000}", $"10.0.1.{second}");
        }
        _story.At(240);

        Assert.InRange(_story.Told.Count, 11, 40);
        Assert.Equal(60, _story.Told.Sum(notice => notice.Count));
        Assert.All(_story.Told, notice => Assert.InRange(_story.Told.Count(other => other.At > notice.At - TimeSpan.FromMinutes(1) && other.At <= notice.At), 1, 10));
        Assert.Contains(_story.Titles, title => title.EndsWith(" hosts are down", StringComparison.Ordinal) && title.Contains("containers on", StringComparison.Ordinal));
    }

    [Fact]
    public void Of_a_container_that_wants_it_so_nothing_is_told()
    {
        _story.Changed("web", _ => NotificationStory.Container("web", Host, NotificationStory.Start) with { Notify = false }).At(20).Changed("web", incident => incident! with { Outcome = IncidentOutcome.Quarantined }).At(40);

        _story.MustHaveTold();
        Assert.Empty(_story.Book.Watched);
    }

    [Theory]
    [InlineData("web")]
    [InlineData("id-of-web")]
    public void Of_a_muted_container_nothing_is_told(string muted)
    {
        _story.Book = _story.Book with { Mutes = [new(Host, muted, null)] };
        _story.Died("web").Died("db").Died("web", Other).At(20).Ended("web", IncidentOutcome.Quarantined).At(40);

        _story.MustHaveTold("db on 10.0.0.1 is down", "web on 10.0.0.2 is down");
        _story.Ended("web", IncidentOutcome.Removed).At(60);
        Assert.DoesNotContain(_story.Book.Watched.Values, watched => watched.Incident is { Host: Host, Container: "web" });
    }

    [Fact]
    public void When_a_mute_is_taken_back_what_was_given_up_meanwhile_is_told()
    {
        _story.Book = _story.Book with { Mutes = [new(Host, "web", null)] };
        _story.Died("web").At(20).Ended("web", IncidentOutcome.Quarantined).At(40).MustHaveTold();

        _story.Book = _story.Book with { Mutes = [] };
        _story.At(60).MustHaveTold("web on 10.0.0.1 was given up");
    }

    [Fact]
    public void When_a_mute_ends_what_is_still_broken_is_told()
    {
        _story.Book = _story.Book with { Mutes = [new(Host, "web", NotificationStory.Start.AddSeconds(60))] };
        _story.Died("web").At(59).MustHaveTold();

        _story.At(60).MustHaveTold("web on 10.0.0.1 is down");
        Assert.Empty(_story.Book.Mutes);
    }

    [Fact]
    public void In_a_maintenance_window_nothing_is_told_and_at_its_end_what_is_still_broken()
    {
        _story.Book = _story.Book with { Windows = [new("1", Host, NotificationStory.Start.AddSeconds(30), NotificationStory.Start.AddSeconds(90))] };
        _story.Died("early").At(20).At(30).Died("web").Died("db").Died("cache").Died("other", Other).At(50).Ended("cache").Ended("early").Ended("db", IncidentOutcome.Quarantined).At(89);

        _story.MustHaveTold("early on 10.0.0.1 is down", "other on 10.0.0.2 is down");
        _story.At(95).MustHaveTold("early on 10.0.0.1 is down", "other on 10.0.0.2 is down", "db on 10.0.0.1 was given up", "web on 10.0.0.1 is down", "early on 10.0.0.1 is well again");
        Assert.Empty(_story.Book.Windows);
    }

    [Fact]
    public void A_window_for_all_hosts_holds_for_hosts_as_well()
    {
        _story.Book = _story.Book with { Windows = [new("1", null, NotificationStory.Start, NotificationStory.Start.AddSeconds(90))] };
        _story.Lost(Host).Died("web", Other).At(89).MustHaveTold();

        _story.At(90).MustHaveTold("10.0.0.1 is offline", "web on 10.0.0.2 is down");
    }

    [Fact]
    public void A_quiet_book_stays_the_same()
    {
        _story.Died("web").At(20);
        var (next, _) = NotificationRules.Tell(_story.Book, _story.Now.AddMinutes(2), new());

        Assert.Same(next, NotificationRules.Tell(next, _story.Now.AddMinutes(3), new()).Next);
    }
}
