using CsCheck;
using HmsOrleans.Grains.Containers;
using HmsOrleans.Grains.Engine;
using HmsOrleans.Grains.Health;
using Xunit;
using static HmsOrleans.Grains.Health.HealthState;

namespace HmsOrleans.Tests.Health;

/// <summary>What holds in every life of a container. A failure prints the shortest life found and its seed: set CsCheck_Seed to see it again.</summary>
public sealed class HealthProperties
{
    private const int Walks = 5000;

    [Fact]
    public void The_walks_reach_every_state_and_every_cause_for_an_action()
    {
        var (states, causes) = (new HashSet<HealthState>(), new HashSet<(HealthAction, FaultCause)>());
        HealthWalk.Any.Sample(
            walk =>
            {
                foreach (var turn in walk.Turns())
                {
                    states.Add(turn.Next.State);
                    if (turn.Action != HealthAction.None && turn.Next.LastFault is { } fault)
                    {
                        causes.Add((turn.Action, fault.Cause));
                    }
                }
            },
            iter: Walks,
            threads: 1);
        Assert.Equal(Enum.GetValues<HealthState>().Order(), states.Order());
        Assert.Superset(
            new HashSet<(HealthAction, FaultCause)>
            {
                (HealthAction.Start, FaultCause.Stopped),
                (HealthAction.Start, FaultCause.Died),
                (HealthAction.Start, FaultCause.OutOfMemory),
                (HealthAction.Start, FaultCause.StartRefused),
                (HealthAction.Restart, FaultCause.PacketLoss),
                (HealthAction.Restart, FaultCause.Unhealthy),
                (HealthAction.Connect, FaultCause.Disconnected),
            },
            causes);
    }

    [Fact]
    public void Nothing_throws_and_everything_can_be_shown() => Holds(turn =>
    {
        Assert.InRange(turn.Next.PacketLoss ?? 0, 0, 100);
        _ = turn.Next.RoundTrip;
        _ = HealthMachine.NextDeadline(turn.Next, turn.Policy);
        if (ContainerReasons.Explain("10.0.0.1", turn.Next, turn.Policy, new(), turn.Seen.At) is { } explanation)
        {
            Assert.Equal(ContainerSentence.View("10.0.0.1", turn.Next, turn.Policy)!.Health, explanation.Health);
            Assert.EndsWith(".", explanation.Rule, StringComparison.Ordinal);
            Assert.True(!explanation.Next.IsEmpty || turn.Next.State == Gone);
        }
    });

    [Fact]
    public void There_are_never_two_orders_at_once() => Holds(() =>
    {
        var out_ = (int?)null;
        return turn =>
        {
            if ((turn.Seen is Observation.RestartEnded ended && ended.Attempt == out_) || !turn.Policy.Supervised || turn.Next.State == Gone)
            {
                out_ = null;
            }
            if (turn.Action != HealthAction.None)
            {
                Assert.Null(out_);
                out_ = turn.Next.Attempt;
            }
            Assert.Equal(turn.Before.Attempt + (turn.Action == HealthAction.None ? 0 : 1), turn.Next.Attempt);
            Assert.True(out_ is null || turn.Next.State == Restarting);
        };
    });

    [Fact]
    public void Nothing_is_done_to_a_container_that_is_not_ours_to_heal_or_while_the_engine_is_silent() => Holds(() =>
    {
        var (silent, newest) = (false, DateTimeOffset.MinValue);
        return turn =>
        {
            if (turn.Seen is Observation.FromEngine && turn.Seen.At > newest)
            {
                (silent, newest) = (false, turn.Seen.At);
            }
            silent |= (turn.Seen is Observation.Silenced && turn.Seen.At >= turn.Before.LastFactAt)
                || (turn.Seen is Observation.RestartEnded { Outcome: RestartOutcome.Unanswered } ended && turn.Before.State == Restarting && ended.Attempt == turn.Before.Attempt);
            if (turn.Action != HealthAction.None)
            {
                // A person may want what the label hms.restart and the state of the container leave to nobody else.
                var asked = turn.Seen is Observation.RestartAsked;
                Assert.True(turn.Policy.Supervised && (asked || turn.Policy.Restart != RestartMode.Never) && !silent);
                var container = turn.Next.Container!;
                Assert.Contains(container.State, turn.Action == HealthAction.Connect ? [ContainerState.Running]
                    : turn.Action == HealthAction.Restart ? (ContainerState[])[ContainerState.Running, .. asked ? [ContainerState.Restarting] : Array.Empty<ContainerState>()]
                    : [ContainerState.Exited, .. asked ? [ContainerState.Created] : Array.Empty<ContainerState>()]);
                Assert.False(turn.Action == HealthAction.Start && container is { State: ContainerState.Exited, AutoRemove: true });
            }
        };
    });

    [Fact]
    public void A_restart_for_loss_rests_on_fresh_evidence_of_this_run_beyond_the_grace() => Holds(() =>
    {
        var (run, newest) = (DateTimeOffset.MinValue, DateTimeOffset.MinValue);
        return turn =>
        {
            if (turn.Seen is Observation.FromEngine && !turn.Dropped)
            {
                newest = turn.Seen.At;
                run = Begun(turn) ?? run;
            }
            if (turn.Seen is Observation.RestartAsked)
            {
                return; // it needs no evidence
            }
            if (turn.Action == HealthAction.Restart && turn.Next.LastFault!.Cause == FaultCause.PacketLoss)
            {
                var probed = Assert.IsType<Observation.Probed>(turn.Seen);
                Assert.True(probed.Lost * 100 > turn.Policy.Threshold * turn.Policy.ProbeCount);
                Assert.True(probed.At - probed.Since <= turn.Policy.MaxEvidenceAge, "gathered over too long a time");
                Assert.True(newest - probed.At <= turn.Policy.MaxEvidenceAge, "told of too late");
                Assert.True(probed.Since >= run, "of an earlier run");
                Assert.True(probed.Since >= run + turn.Policy.StartGrace, "within the grace");
            }
            else if (turn.Action == HealthAction.Connect)
            {
                Assert.True(turn.Seen.At - turn.Next.OffNetworkSince >= HealthMachine.NetworkPause, "it may just be on its way to another network");
                Assert.NotEmpty(turn.Next.LostSeats);
            }
            else if (turn.Action == HealthAction.Restart)
            {
                Assert.Equal(HealthCheck.Unhealthy, turn.Next.Container!.HealthCheck);
            }
        };
    });

    [Fact]
    public void Facts_that_are_old_or_come_twice_change_nothing() => Holds(() =>
    {
        var told = new List<Observation>();
        return turn =>
        {
            if (turn.Seen is Observation.FromEngine or Observation.Probed or Observation.RestartEnded && !turn.Dropped)
            {
                told.Add(turn.Seen);
            }
            foreach (var old in told)
            {
                var again = HealthMachine.Decide(turn.Next, old, turn.Policy);
                Assert.True(again == new Decision(turn.Next), $"{old} once more: {again.Next.State}, {again.Action}");
            }
        };
    });

    [Fact]
    public void Back_off_doubles_from_the_first_wait_to_the_longest() =>
        Gen.Select(Gen.Int[100, 3_600_000], Gen.Int[1, 86_400_000], Gen.Int[1, 2000]).Sample(
            (first, longest, failures) =>
            {
                var policy = new HealthPolicy { BackOff = TimeSpan.FromMilliseconds(first), MaxBackOff = TimeSpan.FromMilliseconds(Math.Max(first, longest)) };
                var (wait, next) = (HealthMachine.BackOff(failures, policy), HealthMachine.BackOff(failures + 1, policy));
                Assert.Equal(Math.Min(policy.MaxBackOff.TotalMilliseconds, first * Math.Pow(2, failures - 1)), wait.TotalMilliseconds);
                Assert.True(next == policy.MaxBackOff || next == wait * 2);
            },
            iter: 100_000);

    [Fact]
    public void Failures_are_counted_once_per_recovery_and_make_it_wait_or_give_up() => Holds(() =>
    {
        var (counted, times) = ((int?)null, new List<DateTimeOffset>());
        return turn =>
        {
            if (turn.Next.Failures < turn.Before.Failures)
            {
                Assert.Equal(0, turn.Next.Failures);
                counted = null;
                times.Clear();
            }
            else if (turn.Next.Failures > turn.Before.Failures)
            {
                Assert.Equal(turn.Before.Failures + 1, turn.Next.Failures);
                Assert.NotEqual(counted, turn.Before.Attempt);
                counted = turn.Before.Attempt;
                times.RemoveAll(time => time <= turn.Seen.At - turn.Policy.QuarantineWindow);
                times.Add(turn.Seen.At);
                if (turn.Policy.Restart == RestartMode.Never && turn.Next.State is not (BackingOff or Quarantined))
                {
                    // A person's restart was refused, and of itself nobody tries again.
                    Assert.Null(turn.Next.RetryAt);
                }
                else if (turn.Next.Container!.State is ContainerState.Running or ContainerState.Exited && turn.Next.State != Unknown)
                {
                    Assert.Equal(times.Count >= turn.Policy.QuarantineAfter ? Quarantined : BackingOff, turn.Next.State);
                    Assert.Equal(turn.Next.State == Quarantined ? null : turn.Seen.At + HealthMachine.BackOff(turn.Next.Failures, turn.Policy), turn.Next.RetryAt);
                }
                else
                {
                    // It is paused, or the engine is at it, or it is to be let go.
                    Assert.False(turn.Next.IsRunning);
                }
            }
        };
    });

    [Fact]
    public void Failures_are_forgiven_only_for_lasting_health_or_by_a_person() => Holds(() =>
    {
        var (run, bad) = (DateTimeOffset.MinValue, DateTimeOffset.MinValue);
        return turn =>
        {
            if (!turn.Dropped)
            {
                run = turn.Seen is Observation.FromEngine ? Begun(turn) ?? run : run;
                bad = SpeaksAgainst(turn) && turn.Seen.At > bad ? turn.Seen.At : bad;
            }
            if (turn.Next.Failures < turn.Before.Failures && turn.Policy.Supervised && turn.Seen is not Observation.Adopted)
            {
                Assert.True(turn.Next.IsRunning && turn.Next.State == Healthy);
                Assert.True(turn.Seen.At - run >= turn.Policy.RecoveredAfter, "ran for too short a time");
                Assert.True(turn.Seen.At - bad >= turn.Policy.RecoveredAfter, "was well for too short a time");
            }
        };
    });

    [Fact]
    public void What_a_person_asks_for_is_no_fault_and_no_failure() => Holds(turn =>
    {
        if (turn.Seen is Observation.RestartAsked && turn.Action != HealthAction.None)
        {
            Assert.Equal((turn.Before.LastFault, turn.Before.Failures, turn.Before.Recovering), (turn.Next.LastFault, turn.Next.Failures, turn.Next.Recovering));
            Assert.True(turn.Next.Asked);
        }
        Assert.True(turn.Action == HealthAction.None || turn.Next.Asked == turn.Seen is Observation.RestartAsked);
    });

    [Fact]
    public void No_fault_of_a_container_that_can_be_healed_is_passed_over() => Holds(turn =>
    {
        var (next, policy) = (turn.Next, turn.Policy);
        if (turn.Dropped || !policy.Supervised || policy.Restart != RestartMode.Always || next.Silence is not null || next.State == Gone)
        {
            return;
        }
        var ours = (next.SeenRunning || policy.Adopted) && !next.Container!.AutoRemove;
        if (next.Container is { State: ContainerState.Exited } && ours)
        {
            Assert.Contains(next.State, (HealthState[])[Restarting, BackingOff, Quarantined]);
        }
        if (next.OffNetworkSince is { } off)
        {
            Assert.True(turn.Seen.At < off + HealthMachine.NetworkPause || next.State is Restarting or BackingOff or Quarantined);
            return;
        }
        if (next.Container is { State: ContainerState.Running, HealthCheck: HealthCheck.Unhealthy })
        {
            Assert.Contains(next.State, (HealthState[])[Restarting, BackingOff, Quarantined]);
        }
        if (turn.Seen is Observation.Probed probed && next.IsRunning && IsLossy(probed, policy) && probed.At - probed.Since <= policy.MaxEvidenceAge
            && next.LastFactAt <= probed.At && turn.Before.Since <= probed.At && probed.Since >= next.RunningSince + policy.StartGrace && !(probed.Since < next.ConnectedAt + policy.StartGrace))
        {
            Assert.Contains(next.State, (HealthState[])[Restarting, BackingOff, Quarantined, Suspect]);
        }
    });

    [Fact]
    public void Time_alone_changes_nothing_before_the_deadline() => Holds(turn =>
    {
        var deadline = HealthMachine.NextDeadline(turn.Next, turn.Policy);
        var tick = deadline is { } due ? due.AddMilliseconds(-1) : turn.Seen.At.AddHours(1);
        if (!turn.Dropped && tick >= turn.Seen.At)
        {
            var later = HealthMachine.Decide(turn.Next, new Observation.Ticked(tick), turn.Policy);
            Assert.Equal((turn.Next.State, turn.Next.Failures, HealthAction.None), (later.Next.State, later.Next.Failures, later.Action));
        }
    });

    [Fact]
    public void No_deadline_makes_a_host_tick_for_ever() => Holds(turn =>
    {
        var (health, now) = (turn.Next, turn.Seen.At);
        for (var ticks = 0; HealthMachine.NextDeadline(health, turn.Policy) is { } due && (due <= now || ticks == 0); ticks++)
        {
            Assert.True(ticks < 3, $"three ticks at one moment change nothing in {health.State}");
            now = due > now ? due : now;
            health = HealthMachine.Decide(health, new Observation.Ticked(now), turn.Policy).Next;
        }
    });

    [Fact]
    public void Only_one_that_waits_has_a_time_to_retry() => Holds(turn =>
        Assert.True(turn.Next.RetryAt is null || turn.Next.State == BackingOff, $"{turn.Next.State} until {turn.Next.RetryAt}"));

    private static bool IsLossy(Observation.Probed probed, HealthPolicy policy) => probed.Lost * 100 > policy.Threshold * policy.ProbeCount;

    private static bool SpeaksAgainst(HealthWalk.Turn turn) => turn.Seen switch
    {
        Observation.Probed probed => IsLossy(probed, turn.Policy),
        Observation.HealthChecked { Verdict: HealthCheck.Unhealthy } => true,
        Observation.Seen { Container: { State: ContainerState.Running, HealthCheck: HealthCheck.Unhealthy } } => true,
        Observation.FromEngine => turn.Next.OffNetworkSince is not null,
        _ => false,
    };

    /// <summary>Start of the run, or the end of the pause in it, that a fact of the engine tells of; null when it tells of none.</summary>
    private static DateTimeOffset? Begun(HealthWalk.Turn turn) => (turn.Seen, turn.Before.Container) switch
    {
        (Observation.Started, not null) => turn.Seen.At,
        (Observation.Seen { Container: { State: ContainerState.Running } now }, var before) =>
            before is null || (now.StartedAt is { } started && !(started <= before.StartedAt)) ? now.StartedAt ?? turn.Seen.At : before.State == ContainerState.Paused ? turn.Seen.At : null,
        (Observation.Resumed, { State: ContainerState.Paused }) => turn.Seen.At,
        _ => null,
    };

    private static void Holds(Action<HealthWalk.Turn> check) => Holds(() => check);

    private static void Holds(Func<Action<HealthWalk.Turn>> newCheck) => HealthWalk.Any.Sample(
        walk =>
        {
            var check = newCheck();
            foreach (var turn in walk.Turns())
            {
                check(turn);
            }
        },
        iter: Walks,
        print: walk => walk.ToString());
}
