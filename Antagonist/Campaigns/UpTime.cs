using System.Collections.Immutable;

namespace HmsOrleans.Antagonist.Campaigns;

/// <summary>Shares of time in percent: what the containers were worth to somebody who needed them.</summary>
/// <param name="Running">Container-seconds in which the container ran.</param>
/// <param name="RunningAtBest">The same if each stop had been healed in the time of the bare loop.</param>
/// <param name="Good">Container-seconds in which it ran and could be reached.</param>
/// <param name="GoodAtBest">The same if each stop had been healed in the time of the bare loop, and nobody had restarted what could not be reached: the attack goes on for as long as it lasts, whatever one does.</param>
/// <param name="AllRunning">Time in which all containers ran.</param>
/// <param name="AllGood">Time in which all ran and could be reached.</param>
internal sealed record UpTime(double Running, double RunningAtBest, double Good, double GoodAtBest, double AllRunning, double AllGood)
{
    /// <summary>
    /// Seconds from a death to the start that the bare loop makes at the event of it: a median of the benchmark of healing, on the machine that
    /// the targets were set on. A yardstick and no bound: on another machine a monitor may be faster.
    /// </summary>
    public const double BareLoop = 0.59;

    /// <param name="lives">Of all containers.</param>
    /// <param name="length">Of the cell, in seconds.</param>
    /// <param name="bareLoop">Seconds that the bare loop takes.</param>
    public static UpTime Of(ImmutableArray<ContainerLife> lives, double length, double bareLoop = BareLoop)
    {
        var whole = Stretches.Of(0, length);
        var (allRunning, allGood) = (whole, whole);
        var (running, runningAtBest, good, goodAtBest) = (0.0, 0.0, 0.0, 0.0);
        foreach (var life in lives)
        {
            var runs = life.Runs.Within(whole);
            // What a fault ended is down for as long as the bare loop takes, or less where it was started sooner; what the monitor itself ended is not down at all.
            var down = whole.Without(life.Runs);
            var unavoidable = down.Within(Stretches.Of(life.Deaths.Where(death => death.Fault is not null).Select(death => (death.At, death.At + bareLoop))));
            var best = whole.Without(unavoidable);
            (allRunning, allGood) = (allRunning.Within(runs), allGood.Within(life.Good));
            running += runs.Length;
            runningAtBest += best.Length;
            good += life.Good.Within(whole).Length;
            goodAtBest += best.Without(life.Paused).Without(life.Impaired).Length;
        }
        var seconds = length * lives.Length;
        return new(Percent(running, seconds), Percent(runningAtBest, seconds), Percent(good, seconds), Percent(goodAtBest, seconds), Percent(allRunning.Length, length), Percent(allGood.Length, length));
    }

    private static double Percent(double part, double whole) => whole > 0 ? 100 * part / whole : double.NaN;
}
