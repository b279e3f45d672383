using System.Collections.Immutable;
using System.Globalization;
using HmsOrleans.Grains.Engine;

namespace HmsOrleans.Grains.Health;

/// <summary>
/// Decides what a fact about a container means and what is to be done. Pure: no clock, no engine; the time arrives as
/// <see cref="Observation.At"/>.
/// </summary>
/// <remarks>
/// One way through: drop what is old, record what is new, then judge. A container is judged only when nothing is under way
/// and the engine answers; a fault found then is healed at once, or waits (back-off), or is left to a person (quarantine).
/// </remarks>
public static class HealthMachine
{
    /// <summary>How long losses below the threshold make a later lossy burst doubtful. At 20 % loss one burst in 75,000 is
    /// lossy at 60 % by chance (binomial, 13 or more of 20): too many for a fleet. Two in a row are one in 5 billion.</summary>
    private static readonly TimeSpan NoiseMemory = TimeSpan.FromMinutes(1);

    /// <summary>Time beyond the stop timeout within which a death still counts as the one that was asked for.</summary>
    private static readonly TimeSpan StopMargin = TimeSpan.FromSeconds(5);

    /// <summary>Longest time from the question to a description, which may be of a run that began in between.</summary>
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(10);

    /// <summary>Whoever moves a container from one network to another leaves it on none for a moment.</summary>
    public static readonly TimeSpan NetworkPause = TimeSpan.FromSeconds(0.5);

    /// <summary>A container is taken off several networks one after the other.</summary>
    private static readonly TimeSpan NetworksTogether = TimeSpan.FromSeconds(10);

    /// <summary>Exit code of a process that SIGKILL ended, as the kernel does for want of memory.</summary>
    private const int KilledBySignal9 = 137;

    /// <summary>The next health, and what to do.</summary>
    /// <param name="health">What was known.</param>
    /// <param name="seen">The new fact.</param>
    /// <param name="policy">The rules for this container as they stand now.</param>
    public static Decision Decide(ContainerHealth health, Observation seen, HealthPolicy policy)
    {
        if (IsOld(health, seen))
        {
            return new(seen is Observation.OutOfMemory late ? RecordLate(health, late) : health);
        }

        var next = NoteWhy(NoteNetwork(health, NoteVerdict(health, Record(health, seen, policy), seen, policy), seen));
        if (next.State == HealthState.Gone)
        {
            return new(next);
        }
        if (!policy.Supervised)
        {
            return new(Enter(Forgive(next), HealthState.Ignored, seen.At));
        }
        if (next.State == HealthState.Ignored)
        {
            next = Enter(next, HealthState.Unknown, seen.At);
        }
        if (next.State == HealthState.Restarting || next.Silence is not null || next.Container is null)
        {
            return new(next);
        }
        if (seen is Observation.RestartAsked)
        {
            return CarryOutWish(next, seen.At);
        }
        return next.Container.State switch
        {
            ContainerState.Running => JudgeRunning(next, seen, policy),
            ContainerState.Exited => JudgeStopped(health, next, seen, policy),
            // The engine is between two runs under its own restart policy: its turn, not ours.
            ContainerState.Restarting => new(Enter(next, HealthState.BackingOff, seen.At) with { RetryAt = null, Recovering = true }),
            _ => new(Enter(next, HealthState.Unknown, seen.At) with { RetryAt = null }),
        };
    }

    /// <summary>When time alone may change something; null when only a new fact can. A host ticks its containers by it.</summary>
    public static DateTimeOffset? NextDeadline(ContainerHealth health, HealthPolicy policy)
    {
        if (!policy.Supervised || health.Silence is not null)
        {
            return null;
        }
        return health.State switch
        {
            _ when AwaitsNetwork(health, policy) => health.OffNetworkSince + NetworkPause,
            HealthState.BackingOff or HealthState.Quarantined when policy.Restart == RestartMode.Never && health.OffNetworkSince is { } off => off + NetworkPause,
            HealthState.BackingOff when health.OffNetworkSince is { } off => health.RetryAt > off + NetworkPause ? health.RetryAt : off + NetworkPause,
            // One that runs and loses packets waits for its next burst, not for time.
            HealthState.BackingOff when health is { IsRunning: true, WellSince: null, Container.HealthCheck: not HealthCheck.Unhealthy } => null,
            HealthState.BackingOff => health.RetryAt,
            HealthState.Starting => health.Container?.HealthCheck == HealthCheck.Starting ? null : health.RunningSince + policy.StartGrace,
            HealthState.Healthy or HealthState.Quarantined => RecoveredAt(health, policy),
            _ => null,
        };
    }

    /// <summary>It is on no network, and may just be on its way to another.</summary>
    internal static bool AwaitsNetwork(ContainerHealth health, HealthPolicy policy) => health.OffNetworkSince is not null && health.State switch
    {
        HealthState.Unknown or HealthState.Starting or HealthState.Healthy => true,
        HealthState.Suspect => policy.Restart != RestartMode.Never,
        _ => false,
    };

    /// <summary>Wait before the next attempt: doubles with each failure, up to the maximum.</summary>
    /// <param name="failures">Recoveries in a row that did not last, 1 or more.</param>
    /// <param name="policy">Gives the first wait and the longest.</param>
    public static TimeSpan BackOff(int failures, HealthPolicy policy)
    {
        // Bounded so that the shift cannot overflow; 2^30 first waits are longer than any maximum.
        var factor = 1L << Math.Clamp(failures - 1, 0, 30);
        return policy.BackOff >= policy.MaxBackOff / factor ? policy.MaxBackOff : policy.BackOff * factor;
    }

    private static bool IsOld(ContainerHealth health, Observation seen) => seen switch
    {
        _ when health.State == HealthState.Gone => true,
        // An answer may describe a run that began after the question; the events that led to it come later, and are old.
        Observation.FromEngine => seen.At <= health.LastFactAt || (seen is not Observation.Seen && seen.At < health.RunningSince),
        Observation.Probed probed => probed.Sent == 0
            || health.RunningSince is not { } start || probed.Since < start || probed.At <= health.ProbesAfter
            || (health.Probes.TryGetValue(probed.Address, out var last) && probed.At <= last.At),
        Observation.NotProbed => !health.IsRunning || seen.At < health.RunningSince || seen.At < health.ProbesAfter || health.Probes.Values.Any(probed => seen.At < probed.At),
        // It was asked about before it was heard of.
        Observation.Silenced => seen.At < health.LastFactAt,
        Observation.RestartEnded ended => health.State != HealthState.Restarting || ended.Attempt != health.Attempt,
        _ => false,
    };

    /// <summary>Writes the fact down; what it means is judged afterwards.</summary>
    private static ContainerHealth Record(ContainerHealth health, Observation seen, HealthPolicy policy)
    {
        // Of one that is only not described a death is told all the same.
        var unseen = (health.Silence is not null && seen is not Observation.Died) || !health.SeenRunning;
        if (seen is Observation.FromEngine)
        {
            // A fact proves that the engine speaks again.
            health = health with { LastFactAt = seen.At, Silence = null };
        }
        return (seen, health.Container) switch
        {
            (Observation.Seen fact, _) => Describe(health, fact.Container, seen, unseen),
            // Until it is described, one that was on no network is believed to be on all that it had: engines put it back on one, at least.
            (Observation.Started, { } known) => Describe(health, Run(known.Networks is [] ? known with { Networks = [.. health.LostSeats.Select(lost => lost.Seat)] } : known, seen.At), seen, unseen),
            (Observation.Disconnected from, { State: ContainerState.Running } known) => Describe(health, TakenOff(known, from.Network), seen, unseen),
            // It may be dead again before anybody can describe it; it ran under care all the same.
            (Observation.Started, null) => health with { SeenRunning = true },
            (Observation.Died died, { } known) => Describe(health, known with { State = ContainerState.Exited, FinishedAt = seen.At, ExitCode = died.ExitCode, Pid = 0, Addresses = [] }, seen, unseen),
            (Observation.Paused, { } known) => Describe(health, known with { State = ContainerState.Paused }, seen, unseen),
            (Observation.Resumed, { } known) => Describe(health, known with { State = ContainerState.Running }, seen, unseen),
            (Observation.OutOfMemory, _) => health with { OutOfMemoryAt = seen.At },
            (Observation.HealthChecked check, { } known) => health with
            {
                Container = known with { HealthCheck = check.Verdict },
                WellSince = check.Verdict switch
                {
                    HealthCheck.Unhealthy => null,
                    // Told late, it says nothing about what has spoken against it since.
                    HealthCheck.Healthy when !AnyLossy(health, policy) => health.WellSince > seen.At ? health.WellSince : seen.At,
                    _ => health.WellSince,
                },
            },
            (Observation.Signalled signalled, _) when Ends(signalled.Signal) => health with
            {
                StopAskedAt = seen.At,
                // While the engine waits to restart it, it is the restart that somebody stops.
                Excused = health.Excused || health is { State: HealthState.BackingOff, RetryAt: null },
            },
            (Observation.Removed, _) => Enter(health, HealthState.Gone, seen.At) with { RetryAt = null },
            (Observation.Silenced silenced, _) => health with { Silence = silenced.Reason },
            (Observation.Measured measured, { State: ContainerState.Running }) => health with { Memory = measured.MemoryBytes },
            (Observation.NotProbed blind, _) => DropProbes(health, seen.At) with { NotProbed = blind.Reason, WellSince = health.WellSince ?? seen.At },
            (Observation.Probed probed, _) => RecordProbes(health, probed, policy),
            (Observation.RestartEnded ended, _) => RecordEnd(health, ended, policy),
            (Observation.ClockSet set, _) => Shift(health, set.By),
            (Observation.Adopted, _) => Forgive(health) with { SeenRunning = true },
            _ => health,
        };
    }

    /// <summary>It says why a run ends, and decides nothing: whatever was told since, that is worth knowing.</summary>
    private static ContainerHealth RecordLate(ContainerHealth health, Observation.OutOfMemory seen) =>
        health.State != HealthState.Gone && !(seen.At <= health.OutOfMemoryAt) ? NoteWhy(health with { OutOfMemoryAt = seen.At }) : health;

    /// <summary>Why a run ended may be told after it has: the fault is named anew.</summary>
    private static ContainerHealth NoteWhy(ContainerHealth health) =>
        health is { Container: { State: ContainerState.Exited } ended, LastFault: { Cause: FaultCause.Died } fault }
        && fault.At > ended.StartedAt && CauseOfEnd(health, ended) == FaultCause.OutOfMemory
            ? health with { LastFault = fault with { Cause = FaultCause.OutOfMemory, Evidence = EvidenceOfEnd(ended, FaultCause.OutOfMemory) } }
            : health;

    private static FaultCause CauseOfEnd(ContainerHealth health, EngineContainer ended) =>
        health.Excused ? FaultCause.Stopped
        // The kernel may have killed a child, long ago.
        : ended.ExitCode == KilledBySignal9 && (ended.OutOfMemory || health.OutOfMemoryAt >= ended.StartedAt) ? FaultCause.OutOfMemory
        : FaultCause.Died;

    private static string EvidenceOfEnd(EngineContainer ended, FaultCause cause) =>
        string.Create(CultureInfo.InvariantCulture, $"exit code {ended.ExitCode}{(cause == FaultCause.OutOfMemory ? ", out of memory" : "")}");

    /// <summary>What its own health check says speaks for or against it, whether an event or the list tells of it.</summary>
    private static ContainerHealth NoteVerdict(ContainerHealth before, ContainerHealth health, Observation seen, HealthPolicy policy) =>
        health.Container?.HealthCheck == HealthCheck.Unhealthy ? health with { WellSince = null }
        : before.Container?.HealthCheck == HealthCheck.Unhealthy && health is { IsRunning: true, WellSince: null } && !AnyLossy(health, policy) ? health with { WellSince = seen.At }
        : health;

    /// <summary>While it is on no network that speaks against it, and the end of that for it.</summary>
    private static ContainerHealth NoteNetwork(ContainerHealth before, ContainerHealth health, Observation seen) =>
        health.OffNetworkSince is not null ? health with { WellSince = null }
        : before.OffNetworkSince is null || !health.IsRunning ? health
        : health with { ConnectedAt = seen.At, WellSince = health.Container!.HealthCheck == HealthCheck.Unhealthy ? null : health.WellSince ?? seen.At };

    private static EngineContainer TakenOff(EngineContainer known, string network) => known with
    {
        Networks = known.Networks.RemoveAll(seat => seat.Network == network),
        Addresses = known.Addresses.RemoveAll(address => known.Networks.Any(seat => seat.Network == network && seat.Name == address.Network)),
    };

    private static EngineContainer Run(EngineContainer known, DateTimeOffset at) => known with
    {
        State = ContainerState.Running,
        StartedAt = at,
        OutOfMemory = false,
        HealthCheck = known.HealthCheck == HealthCheck.None ? HealthCheck.None : HealthCheck.Starting,
        Addresses = [],
    };

    /// <summary>SIGHUP, SIGUSR1, SIGUSR2 and SIGWINCH are how people talk to a process, not how they end it.</summary>
    private static bool Ends(int signal) => signal is not (1 or 10 or 12 or 28);

    /// <param name="health">What was known.</param>
    /// <param name="container">What is said now.</param>
    /// <param name="seen">Who says it.</param>
    /// <param name="unseen">Nobody watched until now.</param>
    private static ContainerHealth Describe(ContainerHealth health, EngineContainer container, Observation seen, bool unseen)
    {
        var known = health.Container;
        // A pause does not change the start time of the run; but time in it is no time in health, and loss in it is no fault.
        var resumed = known is { State: not ContainerState.Running, StartedAt: { } start } && !(container.StartedAt > start);
        var left = known is { Addresses: var addresses } && addresses.Except(container.Addresses).Any(address => health.Probes.ContainsKey(address.Address.ToString()));
        health = (left ? DropProbes(health) : health) with { Container = container, LostSeats = LostSeats(health, container, seen.At) };
        if (container.State != ContainerState.Running)
        {
            var stopped = container.State == ContainerState.Exited
                && (seen is Observation.Died || known is not { State: ContainerState.Exited } || container.StartedAt > known.StartedAt);
            return DropProbes(health) with
            {
                // Paused or between two runs of the engine's it is alive, as far as anybody asks for it.
                SeenRunning = health.SeenRunning || container.State is ContainerState.Paused or ContainerState.Restarting,
                Excused = stopped ? unseen || WasAsked(health, container, seen.At) : health.Excused,
                RunningSince = null,
                WellSince = null,
                NotProbed = null,
                Memory = null,
                NoisyUntil = null,
            };
        }
        // The engine sets its own start time just before it tells of the start. One far in the future is of a clock that was set back since.
        var startedAt = resumed || container.StartedAt > seen.At + AnswerTime ? seen.At : container.StartedAt ?? seen.At;
        if (startedAt <= health.RunningSince)
        {
            return health;
        }
        health = DropProbes(health);
        // A run whose beginning nobody told of has its grace all the same.
        health = health.State is HealthState.Healthy or HealthState.Suspect ? Enter(health, HealthState.Unknown, seen.At) : health;
        return health with
        {
            SeenRunning = true,
            RunningSince = startedAt,
            // A start told of late takes the probes since then with it, and what they said.
            WellSince = health.ProbesAfter > startedAt ? health.ProbesAfter : startedAt,
            StopAskedAt = resumed ? health.StopAskedAt : null,
            NotProbed = null,
            Memory = null,
            NoisyUntil = null,
        };
    }

    /// <summary>What it has lost now, and what it lost just before; all that it has again is lost no more.</summary>
    private static ImmutableArray<LostSeat> LostSeats(ContainerHealth health, EngineContainer container, DateTimeOffset at)
    {
        var now = (health.Container?.Networks ?? []).Where(IsMissing).Select(seat => new LostSeat(seat, at)).ToList();
        return [.. health.LostSeats.Where(lost => IsMissing(lost.Seat) && (now is [] || at - lost.At <= NetworksTogether)), .. now];

        bool IsMissing(NetworkSeat seat) => container.Networks.All(there => there.Network != seat.Network && there.Name != seat.Name);
    }

    /// <summary>Somebody asked for the end of this run, and it came within the time that this takes.</summary>
    private static bool WasAsked(ContainerHealth health, EngineContainer container, DateTimeOffset at) =>
        health.StopAskedAt is { } asked && !(container.StartedAt > asked) && at - asked <= container.StopTimeout + StopMargin;

    /// <summary>Everything as if the clock had always been as it is now: else what comes would look old, or long ago.</summary>
    private static ContainerHealth Shift(ContainerHealth health, TimeSpan by) => DropProbes(health) with
    {
        Since = health.Since + by,
        LastFactAt = health.LastFactAt + by,
        LostSeats = [.. health.LostSeats.Select(lost => lost with { At = lost.At + by })],
        ConnectedAt = health.ConnectedAt + by,
        RunningSince = health.RunningSince + by,
        WellSince = health.WellSince + by,
        FailedAt = [.. health.FailedAt.Select(failed => failed + by)],
        RetryAt = health.RetryAt + by,
        StopAskedAt = health.StopAskedAt + by,
        OutOfMemoryAt = health.OutOfMemoryAt + by,
        NoisyUntil = health.NoisyUntil + by,
        ProbesAfter = null,
    };

    /// <summary>What the probes said no longer holds, and is not believed when it is told again.</summary>
    private static ContainerHealth DropProbes(ContainerHealth health, DateTimeOffset? at = null) => health with
    {
        Probes = health.Probes.Clear(),
        ProbesAfter = health.Probes.Values.Select(probed => (DateTimeOffset?)probed.At).Append(health.ProbesAfter).Append(at).Max(),
    };

    private static ContainerHealth RecordProbes(ContainerHealth health, Observation.Probed probed, HealthPolicy policy)
    {
        var lossy = IsLossy(probed, policy);
        health = health with { Probes = health.Probes.SetItem(probed.Address, probed) };
        return health with
        {
            NotProbed = null,
            // One lost probe is everyday; more, below the threshold, is noise that chance can push above it.
            NoisyUntil = !lossy && probed.Lost > 1 ? probed.At + NoiseMemory : health.NoisyUntil,
            // One address that answers does not excuse another that does not.
            WellSince = AnyLossy(health, policy) ? null : health.WellSince ?? probed.At,
        };
    }

    private static bool IsLossy(Observation.Probed probed, HealthPolicy policy) =>
        LossWindow.Judge(probed.Sent, probed.Lost, policy.ProbeCount, policy.Threshold) == LossVerdict.Lossy;

    private static bool AnyLossy(ContainerHealth health, HealthPolicy policy) => health.Probes.Values.Any(probed => IsLossy(probed, policy));

    private static ContainerHealth RecordEnd(ContainerHealth health, Observation.RestartEnded ended, HealthPolicy policy) => ended.Outcome switch
    {
        RestartOutcome.Done => Enter(health, HealthState.Starting, ended.At) with { Restarts = health.Restarts + (health.Ordered == HealthAction.Connect ? 0 : 1) },
        // One of its networks may be gone: on another it is well.
        RestartOutcome.Refused when health is { Ordered: HealthAction.Connect, IsRunning: true, OffNetworkSince: null } => Enter(health, HealthState.Starting, ended.At),
        RestartOutcome.Refused => Fail(health with { LastFault = new(health.Ordered == HealthAction.Connect ? FaultCause.Disconnected : FaultCause.StartRefused, ended.At, ended.Detail ?? "the engine refused") }, ended.At, policy),
        RestartOutcome.Unanswered => NotCarriedOut(health, ended.At) with { Silence = ended.Detail ?? "the engine does not answer" },
        _ => NotCarriedOut(health, ended.At),
    };

    /// <summary>A recovery that was not tried has not failed, and confirms nothing.</summary>
    private static ContainerHealth NotCarriedOut(ContainerHealth health, DateTimeOffset at) =>
        Enter(health, HealthState.Unknown, at) with { Recovering = health.Failures > 0, FailedAttempt = health.Failures > 0 ? health.Attempt : null };

    /// <summary>What a person asks for waits for no back-off and asks no label. How it fares then is judged as ever: a recovery that was under way still is.</summary>
    private static Decision CarryOutWish(ContainerHealth health, DateTimeOffset at) => health.Container!.State switch
    {
        ContainerState.Running or ContainerState.Restarting => Order(health, HealthAction.Restart, at, asked: true),
        ContainerState.Created => Order(health, HealthAction.Start, at, asked: true),
        ContainerState.Exited when !health.Container.AutoRemove => Order(health, HealthAction.Start, at, asked: true),
        // Paused by somebody who wants it so, or about to be gone.
        _ => new(health),
    };

    private static Decision JudgeStopped(ContainerHealth before, ContainerHealth health, Observation seen, HealthPolicy policy)
    {
        if (health.State == HealthState.Quarantined)
        {
            return new(health);
        }
        var container = health.Container!;
        var cause = CauseOfEnd(health, container);
        if (!Heals(health, container, cause, policy))
        {
            return new(Enter(health, HealthState.Unknown, seen.At) with { RetryAt = null });
        }

        var fault = new Fault(cause, seen.At, EvidenceOfEnd(container, cause));
        var isNew = before.Container?.State != ContainerState.Exited;
        if (health is { State: HealthState.BackingOff, RetryAt: { } retry } && !(isNew && health.Excused))
        {
            health = isNew ? health with { LastFault = fault } : health;
            return seen.At < retry ? new(health) : Order(health, HealthAction.Start, seen.At);
        }
        if (health is { State: HealthState.BackingOff, RetryAt: null } && seen is not Observation.Seen)
        {
            return new(health); // The engine said that it would restart it; only its own word can end that.
        }
        if (cause != FaultCause.Stopped && seen is not Observation.Seen && EngineRestarts(container))
        {
            return new(Enter(health, HealthState.BackingOff, seen.At) with { RetryAt = null, Recovering = true, LastFault = fault });
        }
        return OnFault(health, fault, policy);
    }

    private static bool Heals(ContainerHealth health, EngineContainer container, FaultCause cause, HealthPolicy policy) =>
        (health.SeenRunning || policy.Adopted)
        && !container.AutoRemove
        && policy.Restart switch
        {
            RestartMode.Always => true,
            RestartMode.OnFailure => cause != FaultCause.Stopped && container.ExitCode != 0,
            _ => false,
        };

    /// <summary>The engine will start it by itself after a death that nobody asked for; a second start would be one too many.</summary>
    private static bool EngineRestarts(EngineContainer container) =>
        container.RestartPolicy is "always" or "unless-stopped" || (container.RestartPolicy == "on-failure" && container.ExitCode != 0);

    private static Decision JudgeRunning(ContainerHealth health, Observation seen, HealthPolicy policy)
    {
        Fault? fault = null;
        var doubtful = policy.Restart == RestartMode.Never;
        if (health.OffNetworkSince is { } since)
        {
            if (seen.At < since + NetworkPause)
            {
                return new(health);
            }
            fault = new(FaultCause.Disconnected, seen.At, $"it was on {string.Join(" and ", health.LostSeats.Select(lost => lost.Seat.Name))}");
        }
        else if (health.Container!.HealthCheck == HealthCheck.Unhealthy)
        {
            fault = new(FaultCause.Unhealthy, seen.At, "its health check fails");
        }
        else if (seen is Observation.Probed probed && IsLossy(probed, policy) && IsFresh(health, probed, policy))
        {
            fault = new(FaultCause.PacketLoss, seen.At, string.Create(CultureInfo.InvariantCulture, $"{probed.Lost} of {probed.Sent} probes lost to {probed.Address}"));
            doubtful |= health.State is HealthState.Healthy or HealthState.Starting && probed.At < health.NoisyUntil;
        }
        if (fault is not null)
        {
            return doubtful ? new(Enter(health, HealthState.Suspect, seen.At) with { RetryAt = null }) : JudgeFailing(health, fault, policy);
        }
        return new(Improve(health, seen, policy));
    }

    /// <summary>What a container that does not do well needs.</summary>
    private static HealthAction Cure(ContainerHealth health) =>
        !health.IsRunning ? HealthAction.Start : health.OffNetworkSince is null ? HealthAction.Restart : HealthAction.Connect;

    /// <summary>Probes sent within the start grace or over a longer span than a round, or told of late, prove nothing about now.</summary>
    private static bool IsFresh(ContainerHealth health, Observation.Probed probed, HealthPolicy policy) =>
        probed.Since >= health.RunningSince + policy.StartGrace && !(probed.Since < health.ConnectedAt + policy.StartGrace) && probed.At - probed.Since <= policy.MaxEvidenceAge
        && health.LastFactAt - probed.At <= policy.MaxEvidenceAge && health.Since - probed.At <= policy.MaxEvidenceAge;

    /// <summary>It runs and fails: now, or when its back-off is over, or no more.</summary>
    private static Decision JudgeFailing(ContainerHealth health, Fault fault, HealthPolicy policy) => health.State switch
    {
        HealthState.Quarantined => new(health),
        HealthState.BackingOff when fault.At < health.RetryAt => new(health),
        HealthState.BackingOff when health.RetryAt is not null => Order(health with { LastFault = fault }, Cure(health), fault.At),
        _ => OnFault(health, fault, policy),
    };

    /// <summary>Nothing new speaks against a running container: how far has it come on the way to healthy?</summary>
    private static ContainerHealth Improve(ContainerHealth health, Observation seen, HealthPolicy policy)
    {
        var well = health.WellSince is not null;
        health = health.State switch
        {
            HealthState.Unknown => Enter(health, HealthState.Starting, seen.At),
            HealthState.BackingOff when well => Enter(health, HealthState.Starting, seen.At) with { RetryAt = null },
            HealthState.Suspect when well => Enter(health, HealthState.Starting, seen.At),
            _ => health,
        };
        if (health.State == HealthState.Starting && health.Container!.HealthCheck != HealthCheck.Starting && seen.At >= health.RunningSince + policy.StartGrace)
        {
            health = Enter(health, HealthState.Healthy, seen.At);
        }
        return health.State is HealthState.Healthy or HealthState.Quarantined && seen.At >= RecoveredAt(health, policy)
            ? Enter(Forgive(health), HealthState.Healthy, seen.At)
            : health;
    }

    /// <summary>When a recovery will have lasted long enough; null when none is under way, or something speaks against it.</summary>
    private static DateTimeOffset? RecoveredAt(ContainerHealth health, HealthPolicy policy) =>
        health is { Recovering: true, RunningSince: not null, Container.HealthCheck: not HealthCheck.Starting } ? health.WellSince + policy.RecoveredAfter : null;

    /// <summary>Heals at once, unless the last recovery has not held: then the container waits, or is left to a person.</summary>
    private static Decision OnFault(ContainerHealth health, Fault fault, HealthPolicy policy)
    {
        health = health with { LastFault = fault };
        if (health.Recovering && fault.Cause != FaultCause.Stopped)
        {
            if (health.FailedAttempt != health.Attempt)
            {
                return new(Fail(health, fault.At, policy));
            }
            // The fault came back without a recovery in between: that is no second failure, and the back-off goes on.
            var retry = health.FailedAt[^1] + BackOff(health.Failures, policy);
            if (fault.At < retry)
            {
                return new(Enter(health, HealthState.BackingOff, fault.At) with { RetryAt = retry });
            }
        }
        return Order(health, Cure(health), fault.At);
    }

    private static Decision Order(ContainerHealth health, HealthAction action, DateTimeOffset at, bool asked = false) =>
        new(Enter(health, HealthState.Restarting, at) with { Attempt = health.Attempt + 1, Ordered = action, Asked = asked, Recovering = health.Recovering || !asked, RetryAt = null }, action);

    /// <summary>Counts a recovery that did not last.</summary>
    private static ContainerHealth Fail(ContainerHealth health, DateTimeOffset at, HealthPolicy policy)
    {
        var failedAt = health.FailedAt.RemoveAll(failed => failed <= at - policy.QuarantineWindow).Add(at);
        health = health with { Failures = health.Failures + 1, FailedAt = failedAt, FailedAttempt = health.Attempt, WellSince = null, Recovering = true };
        return failedAt.Length >= policy.QuarantineAfter
            ? Enter(health, HealthState.Quarantined, at) with { RetryAt = null }
            : Enter(health, HealthState.BackingOff, at) with { RetryAt = at + BackOff(health.Failures, policy) };
    }

    /// <summary>Earlier failures no longer count.</summary>
    private static ContainerHealth Forgive(ContainerHealth health) => health with
    {
        State = health.State is HealthState.Quarantined or HealthState.BackingOff ? HealthState.Unknown : health.State,
        Failures = 0,
        FailedAt = [],
        FailedAttempt = null,
        Recovering = false,
        RetryAt = null,
    };

    private static ContainerHealth Enter(ContainerHealth health, HealthState state, DateTimeOffset at) =>
        health.State == state ? health : health with { State = state, Since = at };
}
