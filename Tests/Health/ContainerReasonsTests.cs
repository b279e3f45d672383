using HmsOrleans.Grains.Containers;
using HmsOrleans.Grains.Engine;
using HmsOrleans.Grains.Health;
using Xunit;

namespace HmsOrleans.Tests.Health;

/// <summary>What is said of a container's state, for each way into one. Times are in seconds from the last fact.</summary>
public sealed class ContainerReasonsTests
{
    private static readonly (string Case, HealthStory Story, RuleSources Sources, string Rule, (double? In, string Text)[] Next)[] _table =
    [
        ("within its start grace", new HealthStory().At(0.1).Seen(), new(),
            "It runs. It counts as healthy when nothing speaks against it 2 s after its start; until then packet loss is not held against it.",
            [(2, "counts as healthy, if nothing speaks against it by then"), (null, "if it stops, whoever did it, it is started at once"),
                (null, "if it loses more than 60 % of a burst of 20 probes, it is restarted at once")]),
        ("its health check has not passed yet", new HealthStory(container: engine => engine with { HealthCheck = HealthCheck.Starting }).At(9).Seen(), new(),
            "It runs, but its own health check has not passed yet: until it has, it does not count as healthy.",
            [(null, "counts as healthy when its health check passes"), (null, "if it stops, whoever did it, it is started at once"),
                (null, "if it loses more than 60 % of a burst of 20 probes, it is restarted at once"), (null, "if its health check fails, it is restarted at once")]),
        ("healthy", HealthStory.OfHealthy().Fine(), new(),
            "It runs and answers its probes: nothing speaks against it.",
            [(null, "if it stops, whoever did it, it is started at once"), (null, "if it loses more than 60 % of a burst of 20 probes, it is restarted at once")]),
        ("healthy and not probed", HealthStory.OfHealthy(container: engine => engine with { Addresses = [], NetworkMode = "host" }), new(),
            "It runs and is not probed (network host gives it no address): nothing speaks against it.",
            [(null, "if it stops, whoever did it, it is started at once")]),
        ("healthy, only failures healed", HealthStory.OfHealthy(policy => policy with { Restart = RestartMode.OnFailure, Threshold = 100 }), new(),
            "It runs and has not been probed yet: nothing speaks against it.",
            [(null, "if it ends by itself with an exit code other than 0, it is started at once")]),
        ("recovering", HealthStory.OfRecovering().After(2).Ticked(), new(),
            "It runs again and has not been probed yet. A recovery counts only after 10 s of unbroken health, so that what led to it is not forgotten yet: It died by itself (exit code 137).",
            [(8, "counts as recovered, and earlier failures are forgotten, if nothing speaks against it until then"),
                (null, "if it is stopped, it is started at once; if it dies by itself, it is started after 1 s"),
                (null, "if it loses more than 60 % of a burst of 20 probes, it is restarted after 1 s")]),
        ("suspect", HealthStory.OfHealthy().Probed(5, of: 20).Lossy(), new(),
            "A burst of probes was lost, but single ones were lost before, too: where there is noise, chance alone can do that. A second burst has to confirm it.",
            [(null, "restarted, if the next burst loses more than 60 %, too"), (null, "counts as healthy again, if it answers")]),
        ("suspect, and never touched", HealthStory.OfHealthy(policy => policy with { Restart = RestartMode.Never }).Lossy(), new(),
            "It loses packets above its threshold, but its label hms.restart says never: it is watched and not touched.",
            [(null, "nothing; counts as healthy when nothing speaks against it any more")]),
        ("started after a kill", HealthStory.OfHealthy().Died(137), new(),
            "It died by itself (exit code 137): a fault is healed at once, unless it follows on a recovery that did not last. A start has been ordered, number 1; there is at most one at a time.",
            [(null, "the engine starts it"), (null, "then it has 2 s to come up, and 10 s of unbroken health make a recovery of it"),
                (null, "if it is stopped, it is started at once; if it dies by itself, it is started after 1 s"),
                (null, "if it loses more than 60 % of a burst of 20 probes, it is restarted after 1 s")]),
        ("restarted because somebody asked", HealthStory.OfHealthy().RestartAsked(), new(),
            "A person asked for it, which waits for no fault and no back-off. A restart has been ordered, number 1; there is at most one at a time.",
            [(null, "the engine stops it as it wishes to be stopped, and starts it"), (null, "then it has 2 s to come up, and counts as healthy again"),
                (null, "if it stops, whoever did it, it is started at once"), (null, "if it loses more than 60 % of a burst of 20 probes, it is restarted at once")]),
        ("backing off", HealthStory.OfRecovering().Died(1), new(),
            "It died by itself (exit code 1), before it had been healthy for 10 s since the last recovery. That makes 1 failed recovery in a row, after which the next attempt waits 1 s: 1 s, doubled each time, at most 60 s.",
            [(1, "started again"), (null, "left to a person after 9 further failed recoveries within 10 min")]),
        ("backing off while it runs", HealthStory.OfRecovering().After(5).Ticked().Lossy(), new(),
            "It loses packets (13 of 13 probes lost to 172.17.0.3), before it had been healthy for 10 s since the last recovery. That makes 1 failed recovery in a row, after which the next attempt waits 1 s: 1 s, doubled each time, at most 60 s.",
            [(1, "restarted, if it still loses more than 60 %; if it answers before, it is not"), (null, "left to a person after 9 further failed recoveries within 10 min")]),
        ("the engine restarts it", HealthStory.OfHealthy(container: engine => engine with { RestartPolicy = "always" }).Died(1), new(),
            "It ended, and the engine restarts it under its own policy (always, 0 times so far): a second start would be one too many.",
            [(null, "the engine restarts it"), (null, "if the engine gives up, it is started at once")]),
        ("quarantined", HealthStory.OfRecovering(policy => policy with { QuarantineAfter = 1 }).Died(1), new(),
            "It died by itself (exit code 1), again and again: 1 recovery failed within 10 min. After 1 it is left to a person.",
            [(null, "nothing, until a person puts it under supervision"), (null, "if it comes to be healthy for 10 s all the same, it counts as such")]),
        ("quarantined, but it runs", HealthStory.OfRecovering(policy => policy with { QuarantineAfter = 1 }).Died(1).After(60).Started(), new(),
            "It died by itself (exit code 1), again and again: 1 recovery failed within 10 min. After 1 it is left to a person.",
            [(10, "counts as healthy again, if nothing speaks against it until then"), (null, "no attempt to heal it, until a person puts it under supervision")]),
        ("off its networks", HealthStory.OfHealthy().Disconnected("bridge", "side"), new(),
            "It was taken off its network just now. Whoever moves a container from one network to another leaves it on none for a moment: that is no fault yet.",
            [(0, "connected again, if it is still on no network by then")]),
        ("being connected again", HealthStory.OfHealthy().Disconnected("bridge", "side").TickedWhenDue(), new(),
            "It was taken off its network (it was on bridge and side): a fault is healed at once, unless it follows on a recovery that did not last. That it is connected again has been ordered, number 1; there is at most one at a time.",
            [(null, "the engine gives it its networks back, and it goes on running"), (null, "then it has 2 s to come up, and 10 s of unbroken health make a recovery of it"),
                (null, "if it is stopped, it is started at once; if it dies by itself, it is started after 1 s")]),
        ("off its networks again", HealthStory.OfRecovering().After(5).Disconnected("bridge", "side").TickedWhenDue(), new(),
            "It was taken off its network (it was on bridge and side), before it had been healthy for 10 s since the last recovery. That makes 1 failed recovery in a row, after which the next attempt waits 1 s: 1 s, doubled each time, at most 60 s.",
            [(1, "connected to its networks again, if nobody has done so before"), (null, "left to a person after 9 further failed recoveries within 10 min")]),
        ("off its networks, and never touched", HealthStory.OfHealthy(policy => policy with { Restart = RestartMode.Never }).Disconnected("bridge", "side").TickedWhenDue(), new(),
            "It was taken off its network, but its label hms.restart says never: it is watched and not touched.",
            [(null, "nothing; counts as healthy when nothing speaks against it any more")]),
        ("ignored by a person", HealthStory.OfHealthy().Under(policy => policy with { Supervised = false }).Ticked(), new(Supervised: RuleSource.Container),
            "A person put it on the ignored list: it is neither judged nor touched.", [(null, "nothing, until a person puts it under supervision")]),
        ("ignored by label", HealthStory.OfHealthy().Under(policy => policy with { Supervised = false }).Ticked(), new(Supervised: RuleSource.Label),
            "Its label (hms.enable or autoheal) opts it out: it is neither judged nor touched.", [(null, "nothing, until a person puts it under supervision")]),
        ("its host was removed", HealthStory.OfHealthy().Under(policy => policy with { Supervised = false }).Ticked(), new(Supervised: RuleSource.Fleet),
            "Its host is not under supervision: nothing there is judged or touched.", [(null, "nothing, until its host is put under supervision")]),
        ("the engine is silent", HealthStory.OfHealthy().Silenced(), new(),
            "The engine does not answer (socket gone). That is no fault of its containers: nothing is concluded and nothing done. What it was before is kept: healthy.",
            [(null, "judged again as soon as the engine answers; what has stopped meanwhile is started then")]),
        ("paused", HealthStory.OfHealthy().Paused(), new(),
            "It is paused: whoever did that wants it so, and a paused container is not judged.", [(null, "judged again when it is resumed")]),
        ("stopped when first seen", new HealthStory().At(1).SeenExited(), new(),
            "It was already stopped when it was first seen: what has never been seen running is not missed.", [(null, "nothing, until somebody starts it or puts it under supervision")]),
        ("stopped, which is no failure", HealthStory.OfHealthy(policy => policy with { Restart = RestartMode.OnFailure }).StoppedByPerson(), new(Restart: RuleSource.Label),
            "It ended with exit code 0 after somebody had asked for it, and its label hms.restart says on-failure: only an end by itself with an exit code other than 0 is a fault.",
            [(null, "nothing, until somebody starts it or puts it under supervision")]),
        ("ended, and removed by the engine", HealthStory.OfHealthy(container: engine => engine with { AutoRemove = true }).Died(0), new(),
            "It ended, and the engine removes it (docker run --rm).", [(null, "gone when the engine has removed it")]),
        ("its order was not carried out", HealthStory.OfHealthy().Lossy().Ended(RestartOutcome.Withdrawn), new(),
            "It runs. Its last probes were lost; that is no proof of how it is now, and the next burst decides.",
            [(null, "if it stops, whoever did it, it is started at once"), (null, "if it loses more than 60 % of a burst of 20 probes, it is restarted at once")]),
    ];

    public static TheoryData<string> Cases => new(_table.Select(row => row.Case));

    [Theory, MemberData(nameof(Cases))]
    public void The_rule_and_what_comes_next_are_said(string which)
    {
        var (_, story, sources, rule, next) = _table.Single(row => row.Case == which);

        var explanation = ContainerReasons.Explain("10.0.0.1", story.Health, story.Policy, sources, story.Now)!;

        Assert.Equal(rule, explanation.Rule);
        Assert.Equal(next, explanation.Next.Select(step => ((step.At - story.Now)?.TotalSeconds is { } seconds ? Math.Round(seconds) : (double?)null, step.Text)));
    }

    [Fact]
    public void What_is_never_restarted_is_not_said_to_be_confirmed()
    {
        var suspect = HealthStory.OfHealthy().Probed(5, of: 20).Lossy();
        Assert.Equal("loses packets, being confirmed", Details(suspect));

        var left = HealthStory.OfHealthy(policy => policy with { Restart = RestartMode.Never });
        Assert.Equal("loses packets, left so by label hms.restart", Details(left.Lossy()));
        Assert.Equal("its health check fails, left so by label hms.restart", Details(left.Checked(HealthCheck.Unhealthy)));
        Assert.Equal("is on no network, left so by label hms.restart", Details(left.Disconnected("bridge", "side").After(1).Ticked()));

        static string Details(HealthStory story)
        {
            story.Then(HealthState.Suspect);
            return ContainerReasons.Explain("10.0.0.1", story.Health, story.Policy, new(), story.Now)!.Details;
        }
    }

    [Fact]
    public void The_facts_are_those_that_it_rests_on()
    {
        var story = HealthStory.OfHealthy().Probed(2, of: 20).Fine(HealthStory.Side);
        var facts = ContainerReasons.Explain("10.0.0.1", story.Health, story.Policy, new(), story.Now)!.Facts;

        Assert.Equal((ContainerState.Running, null, "no"), (facts.ContainerState, facts.ExitCode, facts.EnginePolicy));
        Assert.Equal([(HealthStory.Side, 5, 0), (HealthStory.Home, 20, 2)], facts.Probes.Select(probe => (probe.Address, probe.Sent, probe.Lost)));

        story.Signalled(15).OutOfMemory().Died(137);
        facts = ContainerReasons.Explain("10.0.0.1", story.Health, story.Policy, new(), story.Now)!.Facts;

        Assert.Equal((ContainerState.Exited, 137, FaultCause.Stopped), (facts.ContainerState, facts.ExitCode, facts.LastFault!.Cause));
        Assert.True(facts.StopAskedAt is not null && facts.OutOfMemoryAt > facts.StopAskedAt && facts.EngineSaidAt > facts.OutOfMemoryAt);
        Assert.Null(facts.RunningSince);
        Assert.Empty(facts.Probes);
    }

    [Fact]
    public void Failed_recoveries_are_counted_while_they_matter()
    {
        var story = HealthStory.OfRecovering().Died(1);
        ContainerRules Rules(double later) => ContainerReasons.Explain("10.0.0.1", story.Health, story.Policy, new(Threshold: RuleSource.Host), story.Now.AddSeconds(later))!.Policy;

        Assert.Equal((1, 10, 600, RuleSource.Host), (Rules(0).FailedRecoveries, Rules(0).QuarantineAfter, Rules(0).QuarantineWindow, Rules(0).ThresholdBy));
        Assert.Equal(0, Rules(601).FailedRecoveries);
    }

    [Fact]
    public void Nothing_is_said_of_a_container_that_was_never_described() =>
        Assert.Null(ContainerReasons.Explain("10.0.0.1", ContainerHealth.Fresh, new(), new(), default));
}
