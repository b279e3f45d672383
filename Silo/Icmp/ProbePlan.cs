using HmsOrleans.Grains.Health;
using HmsOrleans.Grains.Probing;

namespace HmsOrleans.Silo.Icmp;

/// <summary>
/// When which address is probed, and what the outcomes mean. Knows neither sockets nor clocks: a turn is <see cref="Begin"/>
/// (after what has arrived was passed to <see cref="Answered"/>), then one of <see cref="Sent"/>, <see cref="Failed"/> and
/// <see cref="Postponed"/> for each of <see cref="Requests"/>, then <see cref="End"/>.
/// </summary>
/// <remarks>
/// <para>
/// An address that answers is probed once a period, all addresses in the same round. A lost probe starts a burst, which ends as
/// soon as the rest could not change the verdict. A burst that is lossy, or lossy by more than half of what is tolerated, is
/// followed by another.
/// </para>
/// <para>
/// Between bursts the last outcomes are reported every two seconds, for people to see. The receiver judges every window that
/// it gets, and only a burst may be judged lossy. Hence those reports hold sparse probes only, are withheld while they would
/// be judged lossy, and start from nothing after a burst that was lossy.
/// </para>
/// </remarks>
internal sealed class ProbePlan(ProbeOptions options, Func<ProbeTarget, string?> hostTrouble)
{
    /// <summary>From one report of an address that answers to the next, and at least between two of being blind.</summary>
    internal static readonly TimeSpan ReportEvery = TimeSpan.FromSeconds(2);

    private long _known;
    private long _lost;

    private readonly List<Watched> _watched = [];
    private readonly Flights _flights = new();
    private readonly List<EchoRequest> _requests = [];
    private readonly List<ProbeReport> _reports = [];
    private TimeSpan _began;
    private TimeSpan _expected;
    private TimeSpan _nextReport = ReportEvery;

    /// <summary>Probes that are due now may take along those due a moment later: one call to the kernel instead of two.</summary>
    private TimeSpan Slack => options.Interval / 10;

    /// <summary>What is to be sent in this turn.</summary>
    internal List<EchoRequest> Requests => _requests;

    /// <summary>What was found out; the caller takes it away.</summary>
    internal List<ProbeReport> Reports => _reports;

    /// <summary>Probes are on their way.</summary>
    internal bool Waiting => _flights.Count > 0;

    /// <summary>Begins to probe an address at once; one that is watched already begins anew.</summary>
    internal void Watch(ProbeTarget target, TimeSpan now)
    {
        Forget(known => known.ContainerId == target.ContainerId && known.Address.Equals(target.Address));
        _watched.Add(new Watched(target, options.Count, now));
    }

    internal void Unwatch(string containerId) => Forget(known => known.ContainerId == containerId);

    /// <summary>Takes note of an answer.</summary>
    /// <param name="sequence">Of the probe.</param>
    /// <param name="from">Who answered.</param>
    /// <param name="receivedAt">When the kernel received it.</param>
    /// <param name="now">When it was read.</param>
    internal void Answered(ushort sequence, EchoAddress from, TimeSpan receivedAt, Moment now)
    {
        ref var flight = ref _flights.Find(sequence, out var found);
        // What arrived after the deadline is left to expire: the kernel's clock decides, not how soon this thread looked.
        if (!found || flight.Target!.Address.Bits != from.Bits || receivedAt > flight.Deadline)
        {
            return;
        }
        var (target, phase, sentAt) = (flight.Target, flight.Phase, flight.SentAt);
        _flights.Remove(sequence);
        // An answer before its question: the send time is an estimate within its batch (one packet may have taken most of the call),
        // and the time of day may have been set meanwhile. What this thread saw itself is then the bound that holds.
        var roundTrip = receivedAt > sentAt ? receivedAt - sentAt : now.Up - sentAt;
        Known(target, phase, sentAt, roundTrip, now);
    }

    /// <summary>Decides what is to be sent now. Everything that has arrived must have been passed on before.</summary>
    internal void Begin(Moment now)
    {
        _began = now.Up;
        if (now.Up - _expected > options.Timeout)
        {
            Void(now, now.Up - _expected);
        }
        while (_flights.TryTakeExpired(now.Up, out var flight))
        {
            Known(flight.Target!, flight.Phase, flight.SentAt, null, now);
        }
        if (now.Up >= _nextReport)
        {
            _nextReport = now.Up + ReportEvery;
            ReportSparse(now);
        }
        _requests.Clear();
        foreach (var target in _watched)
        {
            if (target.NextSend <= now.Up + Slack)
            {
                Launch(target, now.Up);
            }
        }
    }

    /// <summary>All outcomes so far; may be asked for from any thread.</summary>
    internal ProbeTotals Totals => new(Volatile.Read(ref _known), Volatile.Read(ref _lost));

    /// <summary>The probe left.</summary>
    internal void Sent(ushort sequence, TimeSpan sentAt, TimeSpan now)
    {
        ref var flight = ref _flights.Find(sequence, out var found);
        if (found)
        {
            flight.SentAt = sentAt;
            flight.Target!.PostponedSince = null;
            // The same for all that left together, so that they expire in one turn.
            flight.Deadline = now + options.Timeout;
        }
    }

    /// <summary>The kernel refused to send the probe. Such a one is lost: the container cannot be reached.</summary>
    internal void Failed(ushort sequence, int error, Moment now)
    {
        ref var flight = ref _flights.Find(sequence, out var found);
        if (!found)
        {
            return;
        }
        var (target, phase) = (flight.Target!, flight.Phase);
        _flights.Remove(sequence);
        if (IsHostError(error))
        {
            target.HostError = error;
        }
        Known(target, phase, now.Up, null, now);
    }

    /// <summary>The kernel had no room for the probe: it is sent again soon.</summary>
    internal void Postponed(ushort sequence, Moment now)
    {
        ref var flight = ref _flights.Find(sequence, out var found);
        if (!found)
        {
            return;
        }
        var target = flight.Target!;
        if (target.Phase == flight.Phase)
        {
            target.NextSend = now.Up + options.Interval;
            target.Launched -= target.Bursting ? 1 : 0;
        }
        _flights.Remove(sequence);
        target.PostponedSince ??= now.Up;
        if (now.Up - target.PostponedSince >= ReportEvery)
        {
            Blind(target, "the kernel has no room for probes (EAGAIN or ENOBUFS); CAP_NET_ADMIN or a higher net.core.wmem_max gives it more", now);
        }
    }

    /// <summary>Says when the next turn is due.</summary>
    /// <returns>Null: nothing is watched.</returns>
    internal TimeSpan? End(Moment now)
    {
        if (now.Up - _began > options.Timeout)
        {
            Void(now, now.Up - _began);
        }
        var due = _flights.NextDeadline;
        foreach (var target in _watched)
        {
            if (due is null || target.NextSend < due)
            {
                due = target.NextSend;
            }
        }
        _expected = due is { } next && next < now.Up ? now.Up : due ?? TimeSpan.MaxValue;
        return due;
    }

    /// <summary>The prober failed: all addresses begin anew, and until then nothing is known about them.</summary>
    internal void Reset(string reason, Moment now)
    {
        _flights.Clear();
        _requests.Clear();
        _expected = TimeSpan.MaxValue;
        for (var i = 0; i < _watched.Count; i++)
        {
            Blind(_watched[i], reason, now);
            _watched[i] = new Watched(_watched[i].Target, options.Count, now.Up) { LastBlind = _watched[i].LastBlind };
        }
    }

    private void Launch(Watched target, TimeSpan now)
    {
        if (!_flights.TryAdd(target, out var sequence))
        {
            target.NextSend = now + options.Interval;
            return;
        }
        _requests.Add(new EchoRequest(sequence, target.Address));
        target.LastSend = now;
        if (!target.Bursting)
        {
            target.NextSend = NextRound(now + Slack);
            return;
        }
        if (target.Launched++ == 0)
        {
            target.BurstSince = now;
        }
        // By its own schedule, so that delays do not add up; but not bunched after a long one.
        var next = target.NextSend + options.Interval;
        var soonest = now + (options.Interval / 2);
        target.NextSend = target.Launched == options.Count ? TimeSpan.MaxValue : next < soonest ? soonest : next;
    }

    /// <param name="target">Who was probed.</param>
    /// <param name="phase">In which phase.</param>
    /// <param name="sentAt">When.</param>
    /// <param name="roundTrip">Null: no answer.</param>
    /// <param name="now">When that became known.</param>
    private void Known(Watched target, int phase, TimeSpan sentAt, TimeSpan? roundTrip, Moment now)
    {
        if (phase != target.Phase)
        {
            return;
        }
        Volatile.Write(ref _known, _known + 1);
        Volatile.Write(ref _lost, _lost + (roundTrip is null ? 1 : 0));
        if (target.Bursting)
        {
            target.Burst.Add(sentAt, roundTrip);
            Judge(target, now);
            return;
        }
        target.Sparse.Add(sentAt, roundTrip);
        if (roundTrip is null && Verdict(target, target.Burst) == LossVerdict.Undecided)
        {
            Suspect(target, now);
        }
    }

    /// <summary>A sparse probe was lost, and a burst can tell more: at a threshold of 100 % it could not.</summary>
    private void Suspect(Watched target, Moment now)
    {
        if (hostTrouble(target.Target) is { } trouble)
        {
            Blind(target, trouble, now);
            return;
        }
        BeginBurst(target, now.Up);
    }

    private void Judge(Watched target, Moment now)
    {
        switch (Verdict(target, target.Burst))
        {
            case LossVerdict.Lossy when HostTrouble(target) is { } trouble:
                Blind(target, trouble, now);
                EndBurst(target, now.Up);
                break;
            case LossVerdict.Lossy:
                ReportBurst(target, now);
                target.Sparse.Clear();
                BeginBurst(target, now.Up);
                break;
            case LossVerdict.Fine:
                // No more are sent, but those on their way are awaited: answers are known at once and losses late, so that
                // the share of lost ones would look too small.
                target.NextSend = TimeSpan.MaxValue;
                if (target.Burst.Known == target.Launched)
                {
                    Acquit(target, now);
                }
                break;
            case LossVerdict.Undecided:
            default:
                break;
        }
    }

    private void Acquit(Watched target, Moment now)
    {
        ReportBurst(target, now);
        if (target.Burst.Lost * 100.0 / target.Burst.Known > target.Target.Threshold / 2)
        {
            BeginBurst(target, now.Up);
        }
        else
        {
            EndBurst(target, now.Up);
        }
    }

    private void ReportBurst(Watched target, Moment now)
    {
        target.Voided = 0;
        Report(target, target.Burst, target.BurstSince, now);
    }

    private void BeginBurst(Watched target, TimeSpan now)
    {
        target.Phase++;
        target.Bursting = true;
        target.Burst.Clear();
        target.Launched = 0;
        target.HostError = null;
        var soonest = target.LastSend + options.Interval;
        target.NextSend = soonest > now ? soonest : now;
    }

    private void EndBurst(Watched target, TimeSpan now)
    {
        target.Phase++;
        target.Bursting = false;
        target.Burst.Clear();
        target.NextSend = NextRound(now);
    }

    /// <summary>
    /// The prober itself slept when it should not have (a stopped process, a starved or paused machine), and perhaps the whole
    /// host did. What was on its way tells nothing; bursts begin anew.
    /// </summary>
    private void Void(Moment now, TimeSpan overslept)
    {
        _flights.Clear();
        foreach (var target in _watched)
        {
            if (!target.Bursting)
            {
                continue;
            }
            if (target.Burst.Known > 0 && Verdict(target, target.Burst) == LossVerdict.Fine)
            {
                Acquit(target, now);
                continue;
            }
            if (++target.Voided > 1)
            {
                Blind(target, $"the prober was held up for {overslept.TotalMilliseconds:0} ms; is the host out of CPU time?", now);
            }
            BeginBurst(target, now.Up);
        }
    }

    private void ReportSparse(Moment now)
    {
        foreach (var target in _watched)
        {
            if (target.Bursting || !target.Sparse.Unread)
            {
                continue;
            }
            if (target.Sparse.LastLost && hostTrouble(target.Target) is { } trouble)
            {
                Blind(target, trouble, now);
            }
            else if (Verdict(target, target.Sparse) != LossVerdict.Lossy)
            {
                target.Sparse.Read();
                Report(target, target.Sparse, target.Sparse.Since, now);
            }
        }
    }

    private void Report(Watched target, Outcomes outcomes, TimeSpan since, Moment now) => _reports.Add(new ProbeReport.Window(
        target.Target.ContainerId, target.Target.Address, now.Wall, now.At(since), outcomes.Known, outcomes.Lost, outcomes.RoundTrip));

    private void Blind(Watched target, string reason, Moment now)
    {
        target.Sparse.Clear();
        if (now.Up - target.LastBlind >= ReportEvery)
        {
            target.LastBlind = now.Up;
            _reports.Add(new ProbeReport.Blind(target.Target.ContainerId, target.Target.Address, now.Wall, reason));
        }
    }

    private string? HostTrouble(Watched target) => hostTrouble(target.Target)
        ?? (target.HostError is { } error ? $"probes could not leave this host: {Libc.Describe(error)}" : null);

    private LossVerdict Verdict(Watched target, Outcomes outcomes)
        => LossWindow.Judge(outcomes.Known, outcomes.Lost, options.Count, target.Target.Threshold);

    private TimeSpan NextRound(TimeSpan now) => new(((now.Ticks / options.Period.Ticks) + 1) * options.Period.Ticks);

    private void Forget(Predicate<ProbeTarget> chosen)
    {
        foreach (var target in _watched)
        {
            if (chosen(target.Target))
            {
                // What is still on its way belongs to a phase that is over.
                target.Phase++;
            }
        }
        _watched.RemoveAll(target => chosen(target.Target));
    }

    private static bool IsHostError(int error) => error is Libc.Errors.NetworkDown or Libc.Errors.NetworkUnreachable
        or Libc.Errors.NoSuchDevice or Libc.Errors.AddressNotAvailable or Libc.Errors.FamilyNotSupported;
}
