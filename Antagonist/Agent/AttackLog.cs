using System.Collections.Immutable;
using System.Globalization;
using HmsOrleans.Antagonist.Engine;
using HmsOrleans.Antagonist.Faults;
using HmsOrleans.Antagonist.Leases;
using HmsOrleans.Antagonist.Plans;
using HmsOrleans.Grains.Antagonist;
using Microsoft.Extensions.Logging;

namespace HmsOrleans.Antagonist.Agent;

/// <summary>What was done and what the engine said, numbered; the newest are kept for those who ask late. Used on any thread.</summary>
internal sealed partial class AttackLog(TimeProvider time, ILogger<AttackLog> logger) : IFaultLog
{
    /// <summary>Several minutes of the heaviest attack; about 20 MB.</summary>
    private const int Capacity = 100_000;

    /// <summary>Of the engine's events what says something about the state of a container: its exec_* would be most of the log.</summary>
    private static readonly HashSet<string> Told = ["create", "start", "restart", "die", "kill", "stop", "oom", "pause", "unpause", "destroy"];

    private readonly Lock _lock = new();
    private readonly Queue<AttackRecord> _records = new();
    private long _next;

    /// <summary>Records from a number on, at most so many.</summary>
    public ImmutableArray<AttackRecord> From(long number, int atMost)
    {
        lock (_lock)
        {
            var skipped = _records.TryPeek(out var oldest) ? (int)Math.Max(0, number - oldest.Number) : 0;
            return [.. _records.Skip(skipped).Take(atMost)];
        }
    }

    public void Begun(Lease lease, DateTimeOffset at)
    {
        Add(at, AttackEvent.Begun, lease.Container, lease.ContainerId, lease.Id, lease.Kind, lease.Loss, null);
        LogBegun(logger, lease.Kind, lease.Loss is { } loss ? string.Create(CultureInfo.InvariantCulture, $" ({loss:0.#} %)") : "", lease.Container, lease.Id);
    }

    public void Ended(Lease lease, DateTimeOffset at, string? why)
    {
        Add(at, AttackEvent.Ended, lease.Container, lease.ContainerId, lease.Id, lease.Kind, lease.Loss, why);
        LogEnded(logger, lease.Kind, lease.Container, lease.Id, why is null ? "undone" : $"over: {why}");
    }

    /// <summary>An attack of the plan is not carried out.</summary>
    public void Skipped(PlannedAttack attack, string containerId, string why)
    {
        Add(time.GetUtcNow(), AttackEvent.Skipped, attack.Container, containerId, null, attack.Kind, attack.Loss, why);
        LogSkipped(logger, attack.Kind, attack.Victim, why);
    }

    /// <summary>An attack could not be carried out.</summary>
    public void Failed(PlannedAttack attack, string containerId, Guid fault, string why)
    {
        Add(time.GetUtcNow(), AttackEvent.Failed, attack.Container, containerId, fault, attack.Kind, attack.Loss, why);
        LogFailed(logger, attack.Kind, attack.Victim, fault, why);
    }

    /// <summary>The engine told something.</summary>
    public void Engine(ContainerEvent told)
    {
        if (Told.Contains(told.Action))
        {
            Add(told.At, AttackEvent.Engine, told.Container, told.ContainerId, null, null, null, told.Action);
        }
    }

    private void Add(DateTimeOffset at, AttackEvent what, string container, string containerId, Guid? fault, AttackKind? kind, double? loss, string? text)
    {
        lock (_lock)
        {
            _records.Enqueue(new(_next++, at, what, container, containerId, fault, kind, loss, text));
            if (_records.Count > Capacity)
            {
                _records.Dequeue();
            }
        }
    }

    [LoggerMessage(LogLevel.Information, "{Kind}{Loss} of {Container} (fault {Fault})")]
    private static partial void LogBegun(ILogger logger, AttackKind kind, string loss, string container, Guid fault);

    [LoggerMessage(LogLevel.Information, "{Kind} of {Container} (fault {Fault}) is {End}")]
    private static partial void LogEnded(ILogger logger, AttackKind kind, string container, Guid fault, string end);

    [LoggerMessage(LogLevel.Debug, "{Kind} of {Container} is skipped: {Reason}")]
    private static partial void LogSkipped(ILogger logger, AttackKind kind, string container, string reason);

    [LoggerMessage(LogLevel.Warning, "{Kind} of {Container} (fault {Fault}) failed: {Reason}")]
    private static partial void LogFailed(ILogger logger, AttackKind kind, string container, Guid fault, string reason);
}
