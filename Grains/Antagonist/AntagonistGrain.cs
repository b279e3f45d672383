using System.Collections.Immutable;
using HmsOrleans.Grains.Commands;
using HmsOrleans.Grains.Fleet;
using HmsOrleans.Grains.Health;
using HmsOrleans.Grains.Hosts;
using HmsOrleans.Grains.Telemetry;
using Orleans.GrainDirectory;

namespace HmsOrleans.Grains.Antagonist;

/// <remarks>It keeps nothing over its own end: the agent brings the order that it follows, and its log, into the next life.</remarks>
[HostBound, KeepAlive, GrainDirectory(HostDirectory.Name)]
internal sealed class AntagonistGrain(AttackMetrics metrics, TimeProvider time) : Grain, IAntagonistGrain
{
    /// <summary>An agent that has not reported for so long is gone.</summary>
    internal static readonly TimeSpan Silence = TimeSpan.FromSeconds(3);

    /// <summary>Longest wait for the agent to undo everything.</summary>
    private static readonly TimeSpan HaltLimit = TimeSpan.FromSeconds(2);

    /// <summary>Records that are kept for those who ask.</summary>
    private const int MaxRecords = 20_000;

    /// <summary>Records in one answer.</summary>
    private const int MaxAnswer = 2_000;

    private readonly HostMirror _host = new();
    private readonly List<TaskCompletionSource> _waiting = [];
    private readonly Queue<AttackRecord> _records = new();

    // Commands of programs outside that were carried out last: see CommandMark.
    private ImmutableList<Guid> _commands = [];
    private AttackOrder _order = AttackOrder.None;
    private AgentReport? _agent;
    private DateTimeOffset _reportedAt;
    private long _nextRecord;

    private string Host => this.GetPrimaryKeyString();

    private AgentReport? Agent => time.GetUtcNow() - _reportedAt <= Silence ? _agent : null;

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        metrics.Forget(Host);
        return Task.CompletedTask;
    }

    public async Task<AgentAnswer> Report(AgentReport report, CancellationToken cancellationToken)
    {
        if (report.Life != _agent?.Life)
        {
            // One that starts has an order of its own only if it is told so, by a grain that was here before.
            (_nextRecord, _agent) = (0, null);
            _records.Clear();
        }
        Take(report.Records);
        (_agent, _reportedAt) = (report with { Records = [] }, time.GetUtcNow());
        metrics.Note(Host, _agent, _reportedAt);
        if (report.Order.Revision > _order.Revision)
        {
            _order = report.Order;
        }
        foreach (var waiting in _waiting)
        {
            waiting.TrySetResult();
        }
        _waiting.Clear();
        var targets = _order.IsRunning ? await Targets(cancellationToken) : default;
        if (_order.IsRunning && _host.Status is { Supervised: false, Ready: true })
        {
            // It was removed from the fleet, and a halt of all would not ask it any more.
            Order(_order.Scenario, isRunning: false);
        }
        return new(_order, targets, _nextRecord);
    }

    public Task<AntagonistView> GetView(CancellationToken cancellationToken) => Task.FromResult(View());

    public Task<AntagonistView> Start(ScenarioChange change, CancellationToken cancellationToken) =>
        Change(change.ApplyTo(_order.Scenario), isRunning: true);

    public Task<AntagonistView> Configure(ScenarioChange change, CancellationToken cancellationToken) =>
        Change(change.ApplyTo(_order.Scenario), _order.IsRunning);

    public async Task<AntagonistView> Halt(CancellationToken cancellationToken)
    {
        if (Agent is null)
        {
            // One that comes back is not to go on, whatever an earlier life of this grain has told it.
            if (IsNewCommand())
            {
                Order(_order.Scenario, isRunning: false);
            }
            throw Missing();
        }
        await Change(_order.Scenario, isRunning: false);
        var began = time.GetTimestamp();
        // A command that is repeated after another start halts nothing.
        while (!_order.IsRunning && Agent is not null && !View().IsHalted && time.GetElapsedTime(began) is var gone && gone < HaltLimit)
        {
            var next = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add(next);
            await Task.WhenAny(next.Task, Task.Delay(HaltLimit - gone, time, cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
        }
        return Agent is null && !_order.IsRunning ? throw Missing() : View();
    }

    public Task<AttackLog> GetLog(Guid life, long since, CancellationToken cancellationToken)
    {
        var from = life == _agent?.Life ? since : 0;
        ImmutableArray<AttackRecord> records = [.. _records.Where(record => record.Number >= from).Take(MaxAnswer)];
        return Task.FromResult(new AttackLog(_agent?.Life ?? default, records, records is [.., var last] ? last.Number + 1 : from));
    }

    private Task<AntagonistView> Change(AttackScenario scenario, bool isRunning)
    {
        if (Agent is null)
        {
            throw Missing();
        }
        if (IsNewCommand() && (isRunning != _order.IsRunning || scenario != _order.Scenario))
        {
            Order(scenario, isRunning);
        }
        return Task.FromResult(View());
    }

    /// <summary>Whether what is asked is asked for the first time: a repetition must not undo what was ordered since.</summary>
    private bool IsNewCommand()
    {
        if (_commands.ContainsCurrent(time.GetUtcNow()))
        {
            return false;
        }
        _commands = _commands.WithCurrent(time.GetUtcNow());
        return true;
    }

    private void Order(AttackScenario scenario, bool isRunning)
    {
        var now = time.GetUtcNow();
        // By the clock, so that it is higher than what an earlier life gave and this one has not heard of yet.
        _order = new(Math.Max(_order.Revision + 1, now.UtcTicks), isRunning, scenario, now);
    }

    private AgentMissingException Missing() => new($"no agent of the antagonist reports from {Host}");

    private AntagonistView View() => new(Host, _order, Agent);

    /// <summary>Takes in what is new of the agent's log; it sends again what was lost.</summary>
    private void Take(ImmutableArray<AttackRecord> records)
    {
        foreach (var record in records.Where(record => record.Number == _nextRecord || _nextRecord == 0))
        {
            _records.Enqueue(record);
            _nextRecord = record.Number + 1;
            if (_records.Count > MaxRecords)
            {
                _records.Dequeue();
            }
        }
    }

    /// <summary>The containers under supervision now; default when the host does not say.</summary>
    private async Task<ImmutableArray<string>> Targets(CancellationToken cancellationToken)
    {
        _host.Merge(await GrainFactory.GetGrain<IHostManagerGrain>(Host).GetContent(_host.Epoch, _host.Version, cancellationToken));
        return _host.Status is { Supervised: true, Ready: true }
            ? [.. _host.Containers.Where(container => container.Health != HealthState.Ignored).Select(container => container.Id)]
            : default;
    }
}
