using System.Collections.Immutable;
using HmsOrleans.Grains.Antagonist;
using HmsOrleans.Grains.Engine;
using HmsOrleans.Grains.Health;

namespace HmsOrleans.Antagonist.Campaigns;

/// <summary>What became of a fault.</summary>
/// <param name="Host">Address of the host.</param>
/// <param name="Container">Name of the container.</param>
/// <param name="Fault">The fault's id.</param>
/// <param name="Kind">What was done.</param>
/// <param name="At">When it began, or the container died of it.</param>
/// <param name="Verdict">Whether it was noticed.</param>
/// <param name="Detected">Seconds from then until it was noticed.</param>
/// <param name="DetectedOnceVisible">Seconds until it was noticed from when it could be: the container ran and its grace after a start was over.</param>
/// <param name="Healed">Of a stop, seconds from the death to the start; of another fault, from its end until the container is well. Null: not within the cell, or not before the next fault.</param>
internal sealed record FaultOutcome(
    string Host, string Container, Guid Fault, AttackKind Kind, double At, FaultVerdict Verdict, double? Detected = null, double? DetectedOnceVisible = null, double? Healed = null)
{
    /// <summary>Seconds of a fault that have to be visible before not noticing it is a miss.</summary>
    public const double LeastVisible = 1;

    /// <summary>Seconds after a start in which nothing is held against a container (<c>Hms:Health:StartGrace</c>).</summary>
    public const double Grace = 2;

    /// <summary>What was seen of a fault while it was there may be told a little after its end.</summary>
    private const double Afterwards = 0.5;

    private const double ClockSlack = 0.05;

    /// <summary>A pause is written down when the engine has answered; its event may be told as long before.</summary>
    private const double PauseTime = 1;

    public static ImmutableArray<FaultOutcome> Of(CellHistory history, ImmutableArray<ContainerLife> lives)
    {
        var views = history.Views.ToLookup(view => (view.Host, view.ContainerId));
        return
        [
            .. from life in lives
               let told = views[(life.Container.Host, life.Container.Id)].ToImmutableArray()
               from trouble in life.Troubles
               select trouble.Kind.Stops() ? OfStop(trouble, life, told, history.Info.Length) : OfImpairment(trouble, life, told, history.Info),
        ];
    }

    private static FaultOutcome OfStop(ContainerLife.Trouble trouble, ContainerLife life, ImmutableArray<CellHistory.View> told, double length)
    {
        var outcome = new FaultOutcome(life.Container.Host, life.Container.Name, trouble.Id, trouble.Kind, trouble.From, FaultVerdict.WithoutEffect);
        if (life.Deaths.FirstOrDefault(death => death.Fault == trouble.Id) is not { } death)
        {
            return trouble.From > length - LeastVisible ? outcome with { Verdict = FaultVerdict.CutShort } : outcome;
        }
        // The antagonist undoes what nobody heals, after ten minutes or at a halt: that heals nothing for us.
        var undone = trouble is { HasEnded: true, EndedBecause: null } ? trouble.To : double.PositiveInfinity;
        double? start = life.Starts.FirstOrDefault(at => at > death.At) is > 0 and var at && at < undone - ClockSlack ? at : null;
        double? seen = told.FirstOrDefault(view => view.At >= death.At && view.At < undone && (view.FaultAt >= death.At - ClockSlack || view.State == ContainerState.Exited))?.At;
        var noticed = Least(start, seen) - death.At;
        return outcome with
        {
            At = death.At,
            Verdict = noticed is not null ? FaultVerdict.Detected : death.At > length - LeastVisible ? FaultVerdict.CutShort : FaultVerdict.Missed,
            Detected = noticed,
            DetectedOnceVisible = noticed,
            Healed = start - death.At,
        };
    }

    private static FaultOutcome OfImpairment(ContainerLife.Trouble trouble, ContainerLife life, ImmutableArray<CellHistory.View> told, CellInfo info)
    {
        var active = Stretches.Of(trouble.From, trouble.To);
        // The first run began well before the cell.
        var judged = Stretches.Of(life.Runs.All.Select(run => (run.From <= 0 ? run.From : run.From + Grace, run.To)));
        var visible = active.Within(judged);
        var outcome = new FaultOutcome(life.Container.Host, life.Container.Name, trouble.Id, trouble.Kind, trouble.From, FaultVerdict.Missed);

        var before = told.LastOrDefault(view => view.At <= trouble.From);
        var until = trouble.To + Afterwards;
        double? acted = life.Deaths.FirstOrDefault(death => death.Fault is null && death.At > trouble.From && death.At <= until)?.At;
        double? seen = told.FirstOrDefault(view => view.At > trouble.From && view.At <= until
            && (view is { Cause: FaultCause.PacketLoss or FaultCause.Unhealthy or FaultCause.Disconnected } && view.FaultAt > trouble.From
                || (IsSuspicious(view) && !(before is not null && IsSuspicious(before)))
                || (trouble.Kind == AttackKind.Pause && view.State == ContainerState.Paused)))?.At;
        if (trouble.Kind == AttackKind.Pause && before is { State: ContainerState.Paused } && before.At > trouble.From - PauseTime)
        {
            seen = trouble.From;
        }
        var noticed = Least(acted, seen);
        if (noticed is { } at)
        {
            return outcome with
            {
                Verdict = FaultVerdict.Detected,
                Detected = at - trouble.From,
                DetectedOnceVisible = visible.All is [var first, ..] && first.From <= at ? at - first.From : null,
                Healed = HealedAfter(trouble, life, told),
            };
        }
        return outcome with
        {
            Verdict = before is { Health: HealthState.BackingOff or HealthState.Quarantined } ? FaultVerdict.KnownBefore
                : trouble.Kind == AttackKind.Loss && trouble.Loss <= info.Threshold ? FaultVerdict.BelowThreshold
                : visible.Longest < LeastVisible ? trouble.HasEnded ? FaultVerdict.TooShort : FaultVerdict.CutShort
                : FaultVerdict.Missed,
        };
    }

    private static bool IsSuspicious(CellHistory.View view) => view is { State: ContainerState.Running, Health: HealthState.Suspect or HealthState.BackingOff or HealthState.Quarantined };

    private static double? HealedAfter(ContainerLife.Trouble trouble, ContainerLife life, ImmutableArray<CellHistory.View> told)
    {
        if (!trouble.HasEnded)
        {
            return null;
        }
        var next = life.Troubles.Where(other => other.From > trouble.From && other.To > trouble.To).Select(other => (double?)other.From).Min();
        if (next <= trouble.To)
        {
            return null; // another fault had begun by then
        }
        if (told.LastOrDefault(view => view.At <= trouble.To) is { Health: HealthState.Healthy, State: ContainerState.Running })
        {
            return 0;
        }
        var well = told.FirstOrDefault(view => view.At > trouble.To && view is { Health: HealthState.Healthy, State: ContainerState.Running })?.At;
        return well > next ? null : well - trouble.To;
    }

    private static double? Least(double? one, double? other) => one is { } a && other is { } b ? Math.Min(a, b) : one ?? other;
}

/// <summary>Whether a fault was noticed.</summary>
internal enum FaultVerdict
{
    /// <summary>The monitor acted, or told of it.</summary>
    Detected,

    /// <summary>The container was in back-off or quarantine when it began: the monitor knew that it was ill, and had no more to say.</summary>
    KnownBefore,

    /// <summary>Not noticed, and there was no whole second in which it could be: the container was down or within its grace after a start, or the fault was over.</summary>
    TooShort,

    /// <summary>Not noticed, and not to be: it dropped no more than the threshold permits.</summary>
    BelowThreshold,

    /// <summary>The cell ended before it could be noticed.</summary>
    CutShort,

    /// <summary>A stop of what had just ended otherwise: nothing died of it.</summary>
    WithoutEffect,

    /// <summary>Not noticed, and it could have been.</summary>
    Missed,
}
