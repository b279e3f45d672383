using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using HmsOrleans.Grains.Containers;
using HmsOrleans.Grains.Health;
using HmsOrleans.Grains.Incidents;

namespace HmsOrleans.Grains.Telemetry;

/// <summary>
/// The open trace of one container: from the first sign of a fault until it has stayed well, or nobody tries any more. Each fault is
/// a span in it (<c>observe</c>), and so is each time in which an order is out (<c>restart</c>), the next one waits (<c>back off</c>),
/// or it runs and has to show that it stays well (<c>prove</c>). Used from one grain's turns only; holds the spans that are open.
/// </summary>
internal sealed class HealTrace
{
    private const string Restart = "restart";
    private const string BackOff = "back off";
    private const string Prove = "prove";

    private readonly Activity _root;
    private Activity? _phase;
    private string? _phaseName;

    /// <summary>The fault that it began with; null when a person asked for a restart.</summary>
    private readonly Fault? _first;
    private Fault? _last;

    private HealTrace(Activity root, Fault? first) => (_root, _first) = (root, first);

    /// <summary>What the call of the engine is part of; default while no order is out.</summary>
    public ActivityContext Order => _phaseName == Restart && _phase is { } restart ? restart.Context : default;

    /// <summary>Takes in what a container has answered to facts.</summary>
    /// <param name="trace">The open one; null when there is none.</param>
    /// <param name="facts">What the container was told.</param>
    /// <param name="report">What it answered.</param>
    /// <param name="isNewest">No later answer has been taken in.</param>
    /// <param name="now">When that was.</param>
    /// <returns>The trace that is open now. None is begun while nobody listens.</returns>
    public static HealTrace? Follow(HealTrace? trace, ImmutableArray<Observation> facts, ContainerReport report, bool isNewest, DateTimeOffset now)
    {
        foreach (var change in report.Changes)
        {
            var fault = FaultOf(change, report);
            if (change.To is HealthState.Restarting or HealthState.BackingOff)
            {
                trace ??= Begin(report, fault, fault?.FirstSign(facts) ?? now);
            }
            trace?.Take(change.To, fault, facts, report, now);
        }
        if (trace is not null && isNewest && IncidentLog.OutcomeOf(report) is { } outcome)
        {
            trace.End(Telemetry.Word(outcome), report.View?.LastFault, now);
            return null;
        }
        return trace;
    }

    /// <summary>Ends it, whatever it was about to tell.</summary>
    /// <param name="outcome">How it ended.</param>
    /// <param name="named">The container's last fault: the cause of the first may have become known since.</param>
    /// <param name="now">When that is.</param>
    public void End(string outcome, Fault? named, DateTimeOffset now)
    {
        EndPhase(outcome == Telemetry.Word(IncidentOutcome.Recovered) && _phaseName == Prove ? "stayedWell" : null, now);
        Describe(_root, named?.At == _first?.At ? named : _first);
        _root.SetTag("hms.outcome", outcome);
        if (outcome == Telemetry.Word(IncidentOutcome.Quarantined))
        {
            _root.SetStatus(ActivityStatusCode.Error, named?.Evidence);
        }
        Stop(_root, now);
    }

    private static HealTrace? Begin(ContainerReport report, Fault? fault, DateTimeOffset at)
    {
        if (Start("heal", at, default) is not { } root)
        {
            return null;
        }
        root.SetTag("hms.host", report.View?.Host).SetTag("hms.container", report.View?.Name).SetTag("hms.container.id", report.View?.Id);
        return new(root, fault);
    }

    /// <summary>What led to a change; the engine may restart one whose end was never told of.</summary>
    private static Fault? FaultOf(HealthChange change, ContainerReport report) =>
        change.To == HealthState.BackingOff && change.Fault?.At != change.At
            ? new(FaultCause.Died, change.At, string.Create(CultureInfo.InvariantCulture, $"exit code {report.Container?.ExitCode}"))
            : change.Fault;

    private void Take(HealthState to, Fault? fault, ImmutableArray<Observation> facts, ContainerReport report, DateTimeOffset now)
    {
        var phase = PhaseOf(to);
        if (fault is not null && fault.At != _last?.At)
        {
            _last = fault;
            Observed(fault, facts, phase, report, now);
        }
        if (phase == _phaseName)
        {
            return;
        }
        if (_phaseName == Restart && facts.OfType<Observation.RestartEnded>().LastOrDefault() is { } ended)
        {
            EndRestart(ended);
        }
        EndPhase(_phaseName == Prove && fault is not null ? "fellAgain" : null, now);
        if (phase is not null)
        {
            (_phaseName, _phase) = (phase, Start(phase, now, _root.Context));
        }
        if (phase == Restart)
        {
            _phase?.SetTag("hms.action", Telemetry.Word(report.Action)).SetTag("hms.attempt", report.Attempt);
        }
    }

    private static string? PhaseOf(HealthState state) => state switch
    {
        HealthState.Restarting => Restart,
        HealthState.BackingOff => BackOff,
        HealthState.Starting or HealthState.Healthy or HealthState.Suspect => Prove,
        _ => null,
    };

    private void Observed(Fault fault, ImmutableArray<Observation> facts, string? decision, ContainerReport report, DateTimeOffset now)
    {
        if (Start("observe", fault.FirstSign(facts), _root.Context) is not { } observe)
        {
            return;
        }
        Describe(observe, fault);
        if (fault.Cause == FaultCause.PacketLoss)
        {
            observe.SetTag("hms.threshold", report.View?.Threshold);
        }
        observe.AddEvent(new("decided", now, new() { ["hms.decision"] = decision ?? Telemetry.Word(HealthState.Quarantined) }));
        Stop(observe, now);
    }

    private static void Describe(Activity activity, Fault? fault) =>
        activity.SetTag("hms.cause", fault is null ? "asked" : Telemetry.Word(fault.Cause)).SetTag("hms.evidence", fault?.Evidence);

    private void EndRestart(Observation.RestartEnded ended)
    {
        _phase?.SetTag("hms.outcome", Telemetry.Word(ended.Outcome));
        if (ended.Outcome is RestartOutcome.Refused or RestartOutcome.Unanswered)
        {
            _phase?.SetStatus(ActivityStatusCode.Error, ended.Detail);
        }
    }

    private void EndPhase(string? outcome, DateTimeOffset now)
    {
        if (_phase is { } phase)
        {
            Stop(outcome is null ? phase : phase.SetTag("hms.outcome", outcome), now);
        }
        (_phaseName, _phase) = (null, null);
    }

    /// <remarks>A span outlives the turn that begins it, so it is never what a turn's other work is part of.</remarks>
    private static Activity? Start(string name, DateTimeOffset at, ActivityContext parent)
    {
        if (!Telemetry.Source.HasListeners())
        {
            return null;
        }
        var current = Activity.Current;
        Activity.Current = null;
        var activity = Telemetry.Source.StartActivity(name, ActivityKind.Internal, parent, startTime: at);
        Activity.Current = current;
        return activity;
    }

    private static void Stop(Activity activity, DateTimeOffset now)
    {
        var current = Activity.Current;
        activity.SetEndTime(now.UtcDateTime).Stop();
        Activity.Current = current;
    }
}
