using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using HmsOrleans.Antagonist.Engine;
using HmsOrleans.Antagonist.Faults;
using HmsOrleans.Antagonist.Plans;
using HmsOrleans.Grains.Antagonist;
using HmsOrleans.Grains.Engine;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace HmsOrleans.Antagonist.Agent;

/// <summary>Gets its orders from the cluster, attacks as they say, and reports.</summary>
internal sealed partial class Attacker(
    AgentOptions options, IGrainFactory grains, FaultKeeper keeper, FaultBench bench, AttackLog log, OwnContainer own, Lifelines lifelines, TimeProvider time, ILogger<Attacker> logger) : BackgroundService
{
    /// <summary>Label of containers that are to be left alone, with the value <c>deny</c>.</summary>
    public const string DenyLabel = "hms.chaos";

    private static readonly TimeSpan ReportPeriod = TimeSpan.FromMilliseconds(250);

    /// <summary>While there is something to halt.</summary>
    private static readonly TimeSpan BusyPeriod = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan ReportLimit = TimeSpan.FromSeconds(2);

    /// <summary>How exactly the times of the plan are kept.</summary>
    private static readonly TimeSpan Round = TimeSpan.FromMilliseconds(20);

    /// <summary>One who may have been told to halt does not hear it: after so long without the cluster nothing new is begun.</summary>
    private static readonly TimeSpan Leash = TimeSpan.FromSeconds(10);

    /// <summary>An order that is older was given to an earlier life of this agent.</summary>
    private static readonly TimeSpan NewFor = TimeSpan.FromSeconds(10);

    /// <summary>What ended a container is healed by us only when nobody else has for so long; until then it is what a monitor is there for.</summary>
    private static readonly TimeSpan EndingDuration = TimeSpan.FromMinutes(10);

    /// <summary>Records in one report: a tenth of a megabyte.</summary>
    private const int MaxRecords = 500;

    private readonly Guid _life = Guid.NewGuid();
    private readonly DateTimeOffset _started = time.GetUtcNow();
    private readonly ConcurrentDictionary<Guid, string> _beingCaused = [];

    // The cluster may hold an order from before a halt that it has not heard of: this one is higher.
    private AttackOrder _order = options.HaltedAt is { } halted ? AttackOrder.None with { Revision = halted.UtcTicks, Since = halted } : AttackOrder.None;
    private (long Revision, AttackSchedule Schedule)? _schedule;
    private ImmutableArray<string> _targets;
    private long _nextRecord;
    private long? _heardAt;
    private string? _unheard;
    private Task _undoing = Task.CompletedTask;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await await Task.WhenAny(ReportAsync(stoppingToken), AttackAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    private async Task ReportAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var began = time.GetTimestamp();
            var isNews = await TryReportAsync(cancellationToken);
            // Whoever waits for a halt is not to wait for the next period, nor a long log for many.
            var period = isNews || !_undoing.IsCompleted ? Round : _order.IsRunning || bench.Running.Length > 0 ? BusyPeriod : ReportPeriod;
            if (time.GetElapsedTime(began) is var took && took < period)
            {
                await Task.Delay(period - took, time, cancellationToken);
            }
        }
    }

    /// <returns>Whether there is something that should be told at once.</returns>
    private async Task<bool> TryReportAsync(CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(ReportLimit);
        AgentAnswer answer;
        var report = Report();
        try
        {
            answer = await grains.GetGrain<IAntagonistGrain>(options.Host).Report(report, limit.Token).WaitAsync(limit.Token);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested) // Whatever stands between: the next report is soon.
        {
            Unheard(e is OperationCanceledException or TimeoutException ? "no answer within the time limit" : e.Message.Split('\n')[0]);
            return false;
        }
        Heard();
        (_targets, _nextRecord) = (answer.Targets, answer.NextRecord);
        return Follow(answer.Order, cancellationToken) || report.Records.Length == MaxRecords;
    }

    private AgentReport Report() => new()
    {
        Life = _life,
        Started = _started,
        Order = _order,
        Abilities = bench.Abilities,
        LossBackend = bench.LossBackend,
        MaxShare = options.MaxShare,
        IsDryRun = options.IsDryRun,
        Faults = bench.Running,
        Trouble = keeper.Trouble,
        Records = log.From(_nextRecord, MaxRecords),
    };

    /// <returns>Whether it is a new order.</returns>
    private bool Follow(AttackOrder order, CancellationToken cancellationToken)
    {
        var isNew = order.Revision != _order.Revision;
        if (isNew)
        {
            LogOrder(logger, order.IsRunning ? "attack" : "leave all alone", order.Scenario);
            _order = order;
        }
        // One that was just about to be caused may have been missed.
        if (!order.IsRunning && (_undoing.IsCompleted ? bench.Running.Length > 0 : bench.IsAnyLeftAlone))
        {
            _undoing = Task.WhenAll(_undoing, UndoAsync(cancellationToken));
        }
        return isNew;
    }

    private async Task UndoAsync(CancellationToken cancellationToken)
    {
        try
        {
            await bench.UndoAllAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The keeper undoes the rest at the end.
        }
    }

    private async Task AttackAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await Task.Delay(_order.IsRunning ? Round : ReportPeriod, time, cancellationToken);
            var now = time.GetUtcNow();
            if (_targets.IsDefault || ScheduleNow(now) is not { } schedule)
            {
                continue;
            }
            var there = Targets(_targets);
            foreach (var attack in schedule.Due([AttackPlan.HostItself], now))
            {
                OnHost(attack, schedule.IsLate(attack, now), cancellationToken);
            }
            foreach (var attack in schedule.Due(there.Keys, now).TakeWhile(_ => ReferenceEquals(ScheduleNow(now), schedule)))
            {
                var container = there[attack.Container];
                if (Objection(attack, there, schedule.IsLate(attack, now)) is { } why)
                {
                    log.Skipped(attack, container.Id, why);
                }
                else
                {
                    _ = CauseAsync(attack, container.Id, container.Name, cancellationToken);
                }
            }
        }
    }

    /// <summary>The schedule of the present order; null when that is to leave all alone.</summary>
    private AttackSchedule? ScheduleNow(DateTimeOffset now)
    {
        var order = _order;
        if (order.IsRunning && _schedule?.Revision != order.Revision)
        {
            // A new order begins here and now, however long it took to arrive; one that an earlier life of this agent followed goes on.
            _schedule = (order.Revision, new(options.Host, order.Scenario, now - order.Since < NewFor ? now : order.Since));
        }
        return order.IsRunning ? _schedule?.Schedule : null;
    }

    private void OnHost(PlannedAttack attack, bool isLate, CancellationToken cancellationToken)
    {
        if (Objection(attack, isLate) is { } why)
        {
            log.Skipped(attack, "", why);
            return;
        }
        _ = CauseAsync(attack, "", "the host", cancellationToken);
    }

    /// <summary>Why an attack, on whatever it is, is not carried out; null when it is.</summary>
    private string? Objection(PlannedAttack attack, bool isLate)
    {
        if (options.IsDryRun)
        {
            LogDryRun(logger, attack.Kind, attack.Victim);
            return "a dry run";
        }
        return _heardAt is not { } at || time.GetElapsedTime(at) > Leash ? "the cluster does not answer"
            : isLate ? "it is too late for it"
            : null;
    }

    /// <summary>Those that are under supervision and do not object, by name.</summary>
    private Dictionary<string, ListedContainer> Targets(ImmutableArray<string> supervised)
    {
        var known = supervised.ToHashSet();
        return keeper.Containers
            .Where(container => known.Contains(container.Id) && !own.Is(container) && !lifelines.Include(container)
                && !keeper.Containers.Any(owner => container.IsGuestOf(owner) && lifelines.Include(owner))
                && !(container.Labels.TryGetValue(DenyLabel, out var wish) && wish.Trim().Equals("deny", StringComparison.OrdinalIgnoreCase)))
            .GroupBy(container => container.Name).ToDictionary(group => group.Key, group => group.First());
    }

    /// <summary>Why an attack on a container is not carried out; null when it is.</summary>
    private string? Objection(PlannedAttack attack, Dictionary<string, ListedContainer> there, bool isLate)
    {
        var container = there[attack.Container];
        if (Objection(attack, isLate) is { } why)
        {
            return why;
        }
        if (!container.IsRunning)
        {
            return "it does not run";
        }
        // The new run gets a new network, and whoever shared the old one has none any more: that could not be undone.
        if (attack.Kind.Stops() && keeper.Containers.FirstOrDefault(other => other.IsGuestOf(container)) is { } orphan)
        {
            return $"{orphan.Name} shares its network, and would lose it";
        }
        // Who shares its network has its harm too, and may have said that it is to be left alone.
        if (attack.Kind is AttackKind.Loss or AttackKind.Delay or AttackKind.Disconnect
            && keeper.Containers.FirstOrDefault(other => other.IsGuestOf(container) && there.Values.All(target => target.Id != other.Id)) is { } guest)
        {
            return $"{guest.Name} shares its network, and is to be left alone";
        }
        var attacked = bench.Running.Where(fault => !fault.Kind.IsOfHost()).Select(fault => fault.ContainerId).Concat(_beingCaused.Values.Where(id => id.Length > 0)).ToHashSet();
        var most = Math.Max(1, (int)(there.Count * options.MaxShare / 100));
        return attacked.Count >= most && !attacked.Contains(container.Id)
            ? string.Create(CultureInfo.InvariantCulture, $"{attacked.Count} of {there.Count} containers are under attack, and {options.MaxShare:0.#} % may be")
            : null;
    }

    private async Task CauseAsync(PlannedAttack attack, string containerId, string container, CancellationToken cancellationToken)
    {
        var fault = Guid.CreateVersion7(time.GetUtcNow());
        _beingCaused[fault] = containerId;
        try
        {
            await bench.InjectAsync(fault, attack.Kind, containerId, container, attack.Loss, attack.Kind.Stops() ? EndingDuration : attack.Duration, cancellationToken);
        }
        catch (FaultRefusedException e)
        {
            log.Skipped(attack, containerId, e.Message);
        }
        catch (Exception e) when (e is FaultFailedException or EngineSilentException or EngineRefusedException)
        {
            log.Failed(attack, containerId, fault, e.Message);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
        finally
        {
            _beingCaused.TryRemove(fault, out _);
        }
    }

    private void Heard()
    {
        _heardAt = time.GetTimestamp();
        if (_unheard is not null)
        {
            LogHeard(logger);
            _unheard = null;
        }
    }

    private void Unheard(string why)
    {
        if (why != _unheard)
        {
            LogUnheard(logger, Leash.TotalSeconds, why);
            _unheard = why;
        }
    }

    [LoggerMessage(LogLevel.Information, "ordered to {What}: {Scenario}")]
    private static partial void LogOrder(ILogger logger, string what, AttackScenario scenario);

    [LoggerMessage(LogLevel.Information, "dry run: {Kind} of {Container}")]
    private static partial void LogDryRun(ILogger logger, AttackKind kind, string container);

    [LoggerMessage(LogLevel.Information, "the host's node answers")]
    private static partial void LogHeard(ILogger logger);

    [LoggerMessage(LogLevel.Warning, "the host's node does not answer, nothing new is begun after {Seconds} s of that: {Reason}")]
    private static partial void LogUnheard(ILogger logger, double seconds, string reason);
}
