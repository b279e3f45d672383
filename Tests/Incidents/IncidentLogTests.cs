using HmsOrleans.Grains.Engine;
using HmsOrleans.Grains.Health;
using HmsOrleans.Grains.Incidents;
using HmsOrleans.Tests.Health;
using Xunit;

namespace HmsOrleans.Tests.Incidents;

/// <summary>From the first fault until it has stayed well: what happens in between is one incident.</summary>
public sealed class IncidentLogTests
{
    [Theory]
    [InlineData(RestartOutcome.Withdrawn, RestartOutcome.Done)]
    [InlineData(RestartOutcome.Done, RestartOutcome.Withdrawn)]
    public void What_the_engine_said_of_an_attempt_counts_in_whatever_order_it_is_heard(RestartOutcome first, RestartOutcome second)
    {
        var open = SampleIncidents.Open();
        var trail = new IncidentTrail { Attempt = 1, Incident = open with { Attempts = [new(1, open.FaultAt, HealthAction.Start, open.Cause, open.Evidence)] } };

        foreach (var outcome in (RestartOutcome[])[first, second])
        {
            trail = IncidentLog.EndAttempts(trail, [new Observation.RestartEnded(open.FaultAt.AddSeconds(1), 1, outcome)]);
        }

        Assert.Equal(RestartOutcome.Done, Assert.Single(trail.Incident!.Attempts).Outcome);
    }

    [Fact]
    public void One_that_is_well_has_no_incident() => Assert.Empty(IncidentStory.OfHealthy().Tick(100).Seen().Probed(0).Probed(1).Incidents);

    [Fact]
    public void A_death_is_healed_and_over_when_it_has_stayed_well()
    {
        var story = IncidentStory.OfHealthy();
        var diedAt = story.Now;
        story.Died(7);
        var open = Assert.Single(story.Incidents);
        Assert.Equal(("10.0.0.1", new string('a', 64), "web", "nginx"), (open.Host, open.ContainerId, open.Container, open.Image));
        Assert.Equal((IncidentCause.Died, "exit code 7", IncidentOutcome.Open), (open.Cause, open.Evidence, open.Outcome));
        Assert.Equal((diedAt, diedAt.AddMilliseconds(1), null, null), (open.DownSince, open.FaultAt, open.RunningAgainAt, open.EndedAt));
        Assert.Equal(new HealAttempt(1, open.FaultAt, HealthAction.Start, IncidentCause.Died, "exit code 7"), Assert.Single(open.Attempts));
        Assert.Equal([new Outage(diedAt, null)], open.Outages);
        Assert.False(open.IsOver);

        story.After(0.2);
        var startedAt = story.Now;
        story.Healed();
        var endedAt = startedAt.AddSeconds(0.5);
        Assert.Equal((startedAt, IncidentOutcome.Open), (story.Last.RunningAgainAt, story.Last.Outcome));
        Assert.Equal(open.Attempts[0] with { EndedAt = endedAt, Outcome = RestartOutcome.Done }, Assert.Single(story.Last.Attempts));
        Assert.Equal([new Outage(diedAt, startedAt)], story.Last.Outages);

        story.Tick(5).Tick(4);
        Assert.Equal(IncidentOutcome.Open, story.Last.Outcome);
        story.Tick(2);
        Assert.Equal((IncidentOutcome.Recovered, story.Now, true), (story.Last.Outcome, story.Last.EndedAt, story.Last.IsOver));
        Assert.Single(story.Incidents);
        var revision = story.Last.Revision;
        Assert.Equal(revision, story.Tick(100).Seen().Probed(0).Last.Revision);
    }

    [Fact]
    public void A_crash_loop_is_one_incident_with_many_attempts_until_it_is_given_up()
    {
        var story = IncidentStory.OfHealthy(new HealthPolicy { QuarantineAfter = 3 });
        story.Died(7);
        for (var times = 1; times <= 3; times++)
        {
            story.Tick(10).Healed().After(1).Died(7);
        }
        var given = Assert.Single(story.Incidents);
        Assert.Equal((HealthState.Quarantined, IncidentOutcome.Quarantined, null, false), (story.State, given.Outcome, given.RunningAgainAt, given.IsOver));
        Assert.Equal([1, 2, 3], given.Attempts.Select(attempt => attempt.Number));
        Assert.All(given.Attempts, attempt => Assert.Equal(RestartOutcome.Done, attempt.Outcome));
        Assert.Equal((4, null), (given.Outages.Length, given.Outages[^1].To));

        // Somebody starts it: it is down no more, but what was given up stays so.
        story.After(60).Started().Tick(3);
        Assert.Equal((IncidentOutcome.Quarantined, given.EndedAt, true), (story.Last.Outcome, story.Last.EndedAt, story.Last.IsOver));
        Assert.Equal(story.Last.RunningAgainAt, story.Last.Outages[^1].To);
        Assert.NotNull(story.Last.RunningAgainAt);

        // And dies again, which is down, too.
        story.Died(7);
        Assert.Equal((1, 5, false), (story.Incidents.Count, story.Last.Outages.Length, story.Last.IsOver));
    }

    [Fact]
    public void One_that_was_given_up_and_is_tried_again_is_in_a_new_incident()
    {
        var story = IncidentStory.OfHealthy(new HealthPolicy { QuarantineAfter = 1 });
        story.Died().Tick().Healed().After(1).Died();
        Assert.Equal(IncidentOutcome.Quarantined, story.Last.Outcome);

        story.After(60).Tell(new Observation.Adopted(story.Now));
        Assert.Equal(2, story.Incidents.Count);
        Assert.Equal((IncidentOutcome.Quarantined, story.Now, true), (story.Incidents[0].Outcome, story.Incidents[0].Outages[^1].To, story.Incidents[0].IsOver));
        Assert.Equal((IncidentOutcome.Open, HealthAction.Start), (story.Last.Outcome, story.Last.Attempts.Single().Action));
        story.Healed().Tick(5).Tick(6);
        Assert.Equal(IncidentOutcome.Recovered, story.Last.Outcome);
    }

    [Fact]
    public void Packet_loss_lasts_from_the_first_lost_probe_to_the_new_run()
    {
        var story = IncidentStory.OfHealthy();
        var firstProbe = story.Now.AddSeconds(-0.3);
        story.Probed(20);
        Assert.Equal((IncidentCause.PacketLoss, "20 of 20 probes lost to 172.17.0.3", firstProbe), (story.Last.Cause, story.Last.Evidence, story.Last.DownSince));
        Assert.Equal(HealthAction.Restart, story.Last.Attempts.Single().Action);

        story.After(1).Tick();
        Assert.Null(story.Last.RunningAgainAt); // it runs all the time, but is no good
        var startedAt = story.Now;
        story.Healed();
        Assert.Equal([new Outage(firstProbe, startedAt)], story.Last.Outages);
        story.Tick(3).Probed(0).Tick(10);
        Assert.Equal(IncidentOutcome.Recovered, story.Last.Outcome);
    }

    [Fact]
    public void That_it_ran_out_of_memory_may_be_told_late()
    {
        var story = IncidentStory.OfHealthy();
        story.Died(137).Tell(new Observation.OutOfMemory(story.Now));
        var incident = Assert.Single(story.Incidents);
        Assert.Equal((IncidentCause.OutOfMemory, "exit code 137, out of memory"), (incident.Cause, incident.Evidence));
        Assert.Equal((IncidentCause.OutOfMemory, "exit code 137, out of memory"), (incident.Attempts.Single().Cause, incident.Attempts.Single().Evidence));
    }

    [Fact]
    public void A_start_that_is_refused_keeps_the_cause_and_tells_the_engines_words()
    {
        var story = IncidentStory.OfHealthy();
        story.Died(7).Ended(RestartOutcome.Refused, "port is already allocated");
        var incident = Assert.Single(story.Incidents);
        Assert.Equal((IncidentCause.Died, RestartOutcome.Refused, "port is already allocated"), (incident.Cause, incident.Attempts[0].Outcome, incident.Attempts[0].Detail));
        story.Tick(5);
        Assert.Equal((IncidentCause.StartRefused, 2), (story.Last.Attempts[^1].Cause, story.Last.Attempts.Length));
        Assert.Single(story.Last.Outages);
        Assert.Equal(IncidentOutcome.Recovered, story.Healed().Tick(5).Tick(6).Last.Outcome);
    }

    [Fact]
    public void What_the_engine_restarts_itself_is_an_incident_without_attempts()
    {
        var story = IncidentStory.OfHealthy(container: engine => engine with { RestartPolicy = "always" });
        story.Died(7);
        Assert.Equal((IncidentOutcome.Open, 0), (story.Last.Outcome, story.Last.Attempts.Length));
        story.After(0.1).Started();
        Assert.NotNull(story.Last.RunningAgainAt);
        story.Tick(5).Tick(6);
        Assert.Equal((IncidentOutcome.Recovered, 1), (story.Last.Outcome, story.Incidents.Count));

        // A death that nobody told of, in the middle of the engine's own attempts.
        story.Tell(new Observation.Seen(story.Now, new EngineContainer { Id = new('a', 64), Name = "web", Image = "nginx", State = ContainerState.Restarting, ExitCode = 9, StartedAt = story.Now.AddSeconds(-1) }));
        Assert.Equal((2, IncidentCause.Died, "exit code 9"), (story.Incidents.Count, story.Last.Cause, story.Last.Evidence));
    }

    [Fact]
    public void It_ends_when_nobody_cares_any_more()
    {
        var ignored = IncidentStory.OfHealthy().Died();
        ignored.Policy = ignored.Policy with { Supervised = false };
        ignored.Tick();
        Assert.Equal((IncidentOutcome.Ignored, ignored.Now, ignored.Now), (ignored.Last.Outcome, ignored.Last.EndedAt, ignored.Last.Outages[^1].To));

        var removed = IncidentStory.OfHealthy().Killed();
        removed.Tell(new Observation.Removed(removed.Now));
        Assert.Equal((IncidentCause.Stopped, IncidentOutcome.Removed), (removed.Last.Cause, removed.Last.Outcome));

        var done = IncidentStory.OfHealthy(new HealthPolicy { Restart = RestartMode.OnFailure }).Died(3).Healed().After(1).Died(0);
        Assert.Equal(IncidentOutcome.Recovered, done.Last.Outcome);
        var stopped = IncidentStory.OfHealthy(new HealthPolicy { Restart = RestartMode.OnFailure }).Died(3).Healed().After(1).Killed();
        Assert.Equal(IncidentOutcome.Ignored, stopped.Last.Outcome);
    }

    [Fact]
    public void A_silent_engine_changes_nothing()
    {
        var story = IncidentStory.OfHealthy();
        story.Died().Ended(RestartOutcome.Unanswered, "no answer within 60 s");
        Assert.Equal((RestartOutcome.Unanswered, IncidentOutcome.Open), (story.Last.Attempts[0].Outcome, story.Last.Outcome));
        var revision = story.Last.Revision;
        Assert.Equal(revision, story.Tick(30).Tick(30).Last.Revision);
        story.Seen();
        Assert.Equal((1, 2), (story.Incidents.Count, story.Last.Attempts.Length));
    }

    [Fact]
    public void It_goes_on_over_the_end_of_the_node()
    {
        var dead = IncidentStory.OfHealthy().Died(7).NodeRestarts(3).Seen();
        Assert.Equal((1, IncidentOutcome.Open), (dead.Incidents.Count, dead.Last.Outcome));
        // The node does not know what became of its order, and has given another.
        Assert.Equal([(1, RestartOutcome.Withdrawn), (2, null)], dead.Last.Attempts.Select(attempt => (attempt.Number, attempt.Outcome)));
        dead.Healed().Tick(5).Tick(6);
        Assert.Equal((1, IncidentOutcome.Recovered, 1), (dead.Incidents.Count, dead.Last.Outcome, dead.Last.Outages.Length));
        Assert.Equal(RestartOutcome.Done, dead.Last.Attempts[^1].Outcome);

        var healed = IncidentStory.OfHealthy().Died(7).Healed().NodeRestarts(3).Seen();
        Assert.Equal((1, IncidentOutcome.Recovered), (healed.Incidents.Count, healed.Last.Outcome));

        var died = IncidentStory.OfHealthy();
        died.Died(7).Healed().Tick(5).Tick(6).NodeRestarts(60);
        var finishedAt = died.Now.AddSeconds(-30);
        died.FoundDead(finishedAt);
        Assert.Equal((2, IncidentCause.Stopped, finishedAt), (died.Incidents.Count, died.Last.Cause, died.Last.DownSince));
    }

    [Fact]
    public void Of_very_many_attempts_the_first_and_the_last_are_kept_and_no_second_is_lost()
    {
        var story = IncidentStory.OfHealthy();
        for (var times = 0; times < 200; times++)
        {
            story.Killed().After(0.1).Healed().After(1);
        }
        var incident = Assert.Single(story.Incidents);
        Assert.Equal([.. Enumerable.Range(1, 20), .. Enumerable.Range(171, 30)], incident.Attempts.Select(attempt => attempt.Number));
        Assert.Equal(50, incident.Outages.Length);
        // From the death to the start: two facts of a millisecond, and 0.1 s.
        Assert.Equal(200 * 0.101, incident.Outages.Sum(outage => (outage.To!.Value - outage.From).TotalSeconds), 0.001);
        Assert.All(incident.Outages.Zip(incident.Outages.Skip(1)), pair => Assert.True(pair.First.To <= pair.Second.From));
    }

    [Fact]
    public void What_people_do_to_one_that_is_well_is_no_incident()
    {
        var story = IncidentStory.OfHealthy();
        story.Policy = story.Policy with { Supervised = false };
        story.Tick().Died();
        story.Policy = story.Policy with { Supervised = true };
        Assert.Empty(IncidentStory.OfHealthy(new HealthPolicy { Restart = RestartMode.Never }).Died().Tick(10).Incidents);
        Assert.Empty(story.Tell(new Observation.Removed(story.Now)).Incidents);
    }

    [Fact]
    public void One_that_is_off_its_network_is_down_until_it_is_connected()
    {
        var seat = HealthStory.Seat("bridge");
        var story = IncidentStory.OfHealthy(container: engine => engine with { Networks = [seat] }).Disconnected();
        var off = story.Now.AddMilliseconds(-1);
        story.Tick(after: 0.499);
        Assert.Equal((IncidentCause.Disconnected, "it was on bridge", off), (story.Last.Cause, story.Last.Evidence, story.Last.DownSince));
        Assert.Equal(HealthAction.Connect, Assert.Single(story.Last.Attempts).Action);
        Assert.Null(story.Last.RunningAgainAt);

        story.Connected(seat).Ended(RestartOutcome.Done);
        Assert.NotNull(story.Last.RunningAgainAt);
        story.Tick(after: 10);
        Assert.Equal(IncidentOutcome.Recovered, story.Last.Outcome);
    }

    [Fact]
    public void A_later_life_of_the_node_does_not_take_one_that_is_off_its_network_for_well()
    {
        var seat = HealthStory.Seat("bridge");
        var story = IncidentStory.OfHealthy(container: engine => engine with { Networks = [seat] }).Disconnected().Tick(after: 0.6);

        story.NodeRestarts(after: 5).Seen().Tick(after: 60);
        Assert.Equal((IncidentOutcome.Open, null), (story.Last.Outcome, story.Last.RunningAgainAt));

        story.Connected(seat);
        Assert.Equal(IncidentOutcome.Recovered, story.Last.Outcome);
    }
}
