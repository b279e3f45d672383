using System.Collections.Immutable;
using HmsOrleans.Grains.Antagonist;

namespace HmsOrleans.Antagonist.Campaigns;

/// <summary>What became of a container in a cell, by the antagonist's and the engine's word.</summary>
internal sealed class ContainerLife
{
    /// <summary>A death is a fault's when it comes so long after that began: the longest stop timeout that we use, and some.</summary>
    private const double StopLimit = 12;

    /// <summary>The antagonist's clock and the engine's may differ by so much.</summary>
    private const double ClockSlack = 0.05;

    private ContainerLife(CellContainer container, ImmutableArray<Death> deaths, ImmutableArray<double> starts, ImmutableArray<Trouble> troubles, Stretches runs, Stretches paused)
    {
        (Container, Deaths, Starts, Troubles, Runs, Paused) = (container, deaths, starts, troubles, runs, paused);
        Impaired = Stretches.Of(troubles.Where(trouble => !trouble.Kind.Stops()).Select(trouble => (trouble.From, trouble.To)));
    }

    public CellContainer Container { get; }

    public ImmutableArray<Death> Deaths { get; }

    /// <summary>The engine's start events.</summary>
    public ImmutableArray<double> Starts { get; }

    /// <summary>The faults that it got.</summary>
    public ImmutableArray<Trouble> Troubles { get; }

    /// <summary>From a start to the next death, by the engine's events.</summary>
    public Stretches Runs { get; }

    public Stretches Paused { get; }

    /// <summary>Under a fault that impairs it, by the antagonist's log. In a run or not.</summary>
    public Stretches Impaired { get; }

    /// <summary>Runs and can be reached.</summary>
    public Stretches Good => Runs.Without(Paused).Without(Impaired);

    public static ImmutableArray<ContainerLife> Of(CellHistory history)
    {
        var records = history.Records.ToLookup(record => (record.Host, record.ContainerId));
        var views = history.Views.GroupBy(view => (view.Host, view.ContainerId)).ToDictionary(group => group.Key, group => group.First());
        return
        [
            .. history.Info.Containers.Select(container => Of(
                container, [.. records[(container.Host, container.Id)].Where(record => record.At <= history.Info.Length).OrderBy(record => record.At)],
                [.. records[(container.Host, container.Id)].Where(record => record.Event == AttackEvent.Ended)],
                !views.TryGetValue((container.Host, container.Id), out var view) || view.State is Grains.Engine.ContainerState.Running or Grains.Engine.ContainerState.Paused,
                history.Info.Length)),
        ];
    }

    private static ContainerLife Of(
        CellContainer container, ImmutableArray<CellHistory.Record> records, ImmutableArray<CellHistory.Record> ends, bool ranAtFirst, double length)
    {
        var troubles = records.Where(record => record is { Event: AttackEvent.Begun, Fault: not null, Kind: not null }).Select(record =>
        {
            var end = ends.FirstOrDefault(end => end.Fault == record.Fault);
            return new Trouble(record.Fault!.Value, record.Kind!.Value, record.Loss, record.At, Math.Min(end?.At ?? length, length), end is not null && end.At <= length, end?.Text);
        }).ToImmutableArray();

        var deaths = ImmutableArray.CreateBuilder<Death>();
        var runs = new List<(double, double)>();
        var pauses = new List<(double, double)>();
        var starts = ImmutableArray.CreateBuilder<double>();
        var (runsSince, pausedSince) = (ranAtFirst || FirstIs("die") ? 0 : (double?)null, (double?)null);
        var (killedAt, blamed) = (double.NegativeInfinity, new HashSet<Guid>());
        foreach (var record in records.Where(record => record.Event == AttackEvent.Engine))
        {
            switch (record.Text)
            {
                case "kill":
                    killedAt = record.At;
                    break;
                case "stop" when runsSince <= killedAt:
                    // It comes after the death, and that was not told: streams lose an event now and then. At the signal is the earliest that it can have been.
                    Die(killedAt);
                    break;
                case "die":
                    Die(record.At);
                    break;
                case "start":
                    starts.Add(record.At);
                    runsSince ??= record.At;
                    break;
                case "pause":
                    pausedSince ??= record.At;
                    break;
                case "unpause":
                    EndPause(record.At);
                    break;
            }
        }
        if (runsSince is { } open)
        {
            runs.Add((open, length));
        }
        EndPause(length);
        return new(container, deaths.ToImmutable(), starts.ToImmutable(), troubles, Stretches.Of(runs), Stretches.Of(pauses));

        void Die(double at)
        {
            var fault = troubles.FirstOrDefault(trouble => trouble.Kind.Stops() && !blamed.Contains(trouble.Id)
                && at >= trouble.From - ClockSlack && at <= trouble.From + StopLimit);
            if (fault is not null)
            {
                blamed.Add(fault.Id);
            }
            deaths.Add(new(at, fault?.Id, at - killedAt <= StopLimit));
            if (runsSince is { } since)
            {
                runs.Add((since, at));
            }
            EndPause(at);
            (runsSince, killedAt) = (null, double.NegativeInfinity);
        }

        void EndPause(double at)
        {
            if (pausedSince is { } since)
            {
                pauses.Add((since, at));
            }
            pausedSince = null;
        }

        bool FirstIs(string text) => records.FirstOrDefault(record => record.Event == AttackEvent.Engine && record.Text is ("start" or "die"))?.Text == text;
    }

    /// <summary>Its main process ended.</summary>
    /// <param name="At">When, by the engine.</param>
    /// <param name="Fault">The fault that ended it; null when it was none.</param>
    /// <param name="WasSignalled">Somebody had sent it a signal through the engine; else it ended by itself.</param>
    internal sealed record Death(double At, Guid? Fault, bool WasSignalled);

    /// <summary>A fault.</summary>
    /// <param name="Id">Joins it with what came of it.</param>
    /// <param name="Kind">What was done.</param>
    /// <param name="Loss">Percent.</param>
    /// <param name="From">When it was there; of one that ends the container, when that was asked for.</param>
    /// <param name="To">When it was over, at the latest the end of the cell.</param>
    /// <param name="HasEnded">It was over before the end of the cell.</param>
    /// <param name="EndedBecause">Null: the antagonist undid it.</param>
    internal sealed record Trouble(Guid Id, AttackKind Kind, double? Loss, double From, double To, bool HasEnded, string? EndedBecause);
}
