using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using HmsOrleans.Antagonist.Engine;
using HmsOrleans.Antagonist.Leases;
using HmsOrleans.Grains.Antagonist;
using HmsOrleans.Grains.Engine;
using Microsoft.Extensions.Logging;

namespace HmsOrleans.Antagonist.Faults;

/// <summary>
/// Causes faults and undoes them; there is no other way to a container. A fault is on the disk before it is caused, and until it is undone:
/// one that an earlier life of the agent left is among the running ones from the start.
/// </summary>
internal sealed partial class FaultBench
{
    /// <summary>Longest that the reaper waits for what it began.</summary>
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(200);

    /// <summary>What an engine was asked before it fell silent it has done so long after it answers again.</summary>
    private static readonly TimeSpan EngineMemory = TimeSpan.FromSeconds(2);

    private readonly AttackEngine _engine;
    private readonly LeaseBook _book;
    private readonly IFaultLog _log;
    private readonly TimeProvider _time;
    private readonly ILogger<FaultBench> _logger;
    private readonly HostPrograms? _hostPrograms;
    private readonly string? _lossBackend;
    private readonly PacketFault _packets = new();
    private readonly ImmutableDictionary<AttackKind, IFault> _kinds;
    private readonly Lock _lock = new();
    private readonly Dictionary<Guid, Entry> _entries = [];
    private readonly ImmutableArray<string> _inherited;
    private Task? _endingTools;

    /// <param name="engine">Of the containers.</param>
    /// <param name="book">Of this bench alone.</param>
    /// <param name="log">Told of what begins and ends.</param>
    /// <param name="time">Tells when a fault is due.</param>
    /// <param name="logger">Told of what cannot be undone.</param>
    /// <param name="hostPrograms">For faults of the host itself; null: none are caused.</param>
    /// <param name="lossBackend">The only way to lose packets that is tried: netem, iptables or bpf; null: the best.</param>
    public FaultBench(AttackEngine engine, LeaseBook book, IFaultLog log, TimeProvider time, ILogger<FaultBench> logger, HostPrograms? hostPrograms = null, string? lossBackend = null)
    {
        (_engine, _book, _log, _time, _logger, _hostPrograms, _lossBackend) = (engine, book, log, time, logger, hostPrograms, lossBackend);
        var (host, cut) = (new HostFault(hostPrograms), new CutFault(hostPrograms));
        var ending = new EndingFault(engine, time);
        _kinds = new Dictionary<AttackKind, IFault>
        {
            [AttackKind.Stop] = ending,
            [AttackKind.Kill] = ending,
            [AttackKind.Memory] = new MemoryFault(engine, time),
            [AttackKind.Loss] = _packets,
            [AttackKind.Delay] = _packets,
            [AttackKind.Pause] = new PauseFault(engine),
            [AttackKind.Freeze] = new FreezeFault(),
            [AttackKind.Disconnect] = new DisconnectFault(engine),
            [AttackKind.KillSilo] = host,
            [AttackKind.KillEngine] = host,
            [AttackKind.CutHost] = cut,
        }.ToImmutableDictionary();
        foreach (var lease in book.Read())
        {
            _entries[lease.Id] = new Entry(lease) { IsInherited = true };
        }
        _inherited = [.. _entries.Keys.Select(ChaosMark.Of)];
    }

    /// <summary>What can be done here. Nothing before <see cref="ProbeAsync"/>.</summary>
    public ImmutableArray<AttackKind> Abilities { get; private set; } = [];

    /// <summary>How packets are dropped: <c>netem</c>, <c>iptables</c>, <c>bpf</c>; null when they cannot be.</summary>
    public string? LossBackend => _packets.Backend?.Name;

    /// <summary>Why the other kinds cannot be done; null when all can.</summary>
    public string? Missing { get; private set; }

    /// <summary>Faults that are there, or may be.</summary>
    public ImmutableArray<RunningFault> Running => [.. Entries().Select(entry => entry.View)];

    /// <summary>Why a fault could not be undone; null while all could that were to be. It is tried again and again.</summary>
    public string? Trouble => Entries().Select(entry => entry.Trouble).FirstOrDefault(trouble => trouble is not null) ?? _book.Trouble;

    /// <summary>Finds out what this kernel and this user can do, by doing it where it harms nobody.</summary>
    public async Task ProbeAsync(CancellationToken cancellationToken)
    {
        List<AttackKind> abilities = [AttackKind.Stop, AttackKind.Kill, AttackKind.Pause, AttackKind.Disconnect];
        List<string> missing = [];
        if (!Environment.IsPrivilegedProcess)
        {
            missing.Add("only root can freeze processes, fill memory, and drop or delay packets");
        }
        else
        {
            abilities.Add(AttackKind.Freeze);
            if (MemoryFault.Missing is { } reason)
            {
                missing.Add(reason);
            }
            else
            {
                abilities.Add(AttackKind.Memory);
            }
            missing.AddRange(await _packets.ProbeAsync(_lossBackend, cancellationToken));
            if (_packets.Backend is { } backend)
            {
                abilities.Add(AttackKind.Loss);
                if (backend.CanDelay)
                {
                    abilities.Add(AttackKind.Delay);
                }
            }
        }
        if (_hostPrograms is not null)
        {
            abilities.AddRange(AttackKind.KillSilo, AttackKind.KillEngine, AttackKind.CutHost);
        }
        Missing = missing is [] ? null : string.Join("; ", missing);
        Abilities = [.. abilities.Order()];
    }

    /// <summary>Causes a fault; returns when it is there. What ends a container may take as long as its stop timeout.</summary>
    /// <param name="id">Names it.</param>
    /// <param name="kind">What is done.</param>
    /// <param name="containerId">Full id of the container.</param>
    /// <param name="containerName">Its name.</param>
    /// <param name="loss">Percent; for <see cref="AttackKind.Loss"/> only.</param>
    /// <param name="duration">After which it is undone at the latest.</param>
    /// <param name="cancellationToken">Breaks it off: it is undone.</param>
    /// <exception cref="FaultRefusedException">Not of this kind, or not on this container; nothing was done.</exception>
    /// <exception cref="FaultFailedException">It could not be caused; what was done of it is undone, or will be.</exception>
    /// <exception cref="EngineSilentException">The engine did not tell of the container; nothing was done.</exception>
    /// <exception cref="EngineRefusedException">The engine did not tell of the container; nothing was done.</exception>
    public async Task<RunningFault> InjectAsync(
        Guid id, AttackKind kind, string containerId, string containerName, double? loss, TimeSpan duration, CancellationToken cancellationToken)
    {
        if (!Abilities.Contains(kind))
        {
            throw new FaultRefusedException($"{kind} cannot be done here{(Missing is null ? "" : $": {Missing}")}");
        }
        var now = _time.GetUtcNow();
        using var interrupt = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var entry = new Entry(new() { Id = id, Kind = kind, ContainerId = containerId, Container = containerName, Since = now, Until = now + duration, Loss = loss });
        await entry.Gate.WaitAsync(cancellationToken);
        try
        {
            entry.Interrupt = interrupt;
            Reserve(entry);
            var victim = await PrepareAsync(entry, interrupt.Token);
            await CauseAsync(entry, victim, duration, interrupt.Token);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new FaultFailedException("it was undone before it was there", e);
        }
        finally
        {
            entry.Interrupt = null;
            entry.Gate.Release();
        }
        // A start that was told of before the fault was there has been missed. Not to be broken off: the fault is there.
        await FollowAsync(entry, CancellationToken.None);
        return entry.View;
    }

    /// <summary>
    /// The engine has started a container: what ends with a start has ended, and what is to go on is caused anew in the new run. A start from
    /// before the fault does no harm.
    /// </summary>
    public Task OnStartedAsync(string containerId, CancellationToken cancellationToken) =>
        Task.WhenAll(Entries().Where(entry => entry.Lease.ContainerId == containerId && !entry.IsBeingCaused).Select(entry => FollowAsync(entry, cancellationToken)));

    /// <summary>The engine has connected a container to a network: what took it off one may have been ended by that.</summary>
    public Task OnConnectedAsync(string containerId, CancellationToken cancellationToken) =>
        Task.WhenAll(Entries().Where(entry => entry.Lease.ContainerId == containerId && entry.Lease.Kind == AttackKind.Disconnect && !entry.IsBeingCaused).Select(entry => FollowAsync(entry, cancellationToken)));

    /// <summary>
    /// Undoes what is due, and does again what failed. To be called several times a second: it waits a moment for what it began, and leaves
    /// what takes longer to itself, so that a silent engine does not keep back what needs none.
    /// </summary>
    public async Task UndoDueAsync(CancellationToken cancellationToken)
    {
        var now = _time.GetUtcNow();
        var all = Task.WhenAll(Entries().Where(entry => !entry.IsBusy).Select(entry =>
            entry.IsToBeUndone || entry.IsDue(now, _time) ? UndoAsync(entry, cancellationToken)
            : entry.IsBehind ? FollowAsync(entry, cancellationToken)
            : Task.CompletedTask));
        await await Task.WhenAny(all, Task.Delay(Moment, _time, cancellationToken));
    }

    /// <summary>There is a fault that nobody has been asked to undo.</summary>
    public bool IsAnyLeftAlone => Entries().Any(entry => !entry.IsToBeUndone);

    /// <summary>Undoes everything at once, what is just being caused too. What failed is still among the running ones.</summary>
    public Task UndoAllAsync(CancellationToken cancellationToken) => Task.WhenAll(Entries().Select(entry => UndoAsync(entry, cancellationToken)));

    private ImmutableArray<Entry> Entries()
    {
        lock (_lock)
        {
            return [.. _entries.Values];
        }
    }

    private void Reserve(Entry entry)
    {
        lock (_lock)
        {
            foreach (var other in _entries.Values.Where(other => other.Lease.ContainerId == entry.Lease.ContainerId))
            {
                // Loss and delay of netem would be one qdisc.
                if (other.Lease.Kind == entry.Lease.Kind || (_packets.Backend?.CanDelay is true && _kinds[other.Lease.Kind] == _packets && _kinds[entry.Lease.Kind] == _packets))
                {
                    throw new FaultRefusedException($"{entry.Lease.Container} has a fault of that kind already: {other.Lease.Kind}");
                }
            }
            if (!_entries.TryAdd(entry.Lease.Id, entry))
            {
                throw new FaultRefusedException($"there is a fault {entry.Lease.Id} already");
            }
        }
    }

    private void Forget(Entry entry)
    {
        entry.IsOver = true;
        lock (_lock)
        {
            _entries.Remove(entry.Lease.Id);
        }
    }

    private async Task<Victim> PrepareAsync(Entry entry, CancellationToken cancellationToken)
    {
        try
        {
            var lease = entry.Lease;
            var victim = lease.Kind.IsOfHost() ? Victim.TheHost
                : await _engine.InspectAsync(lease.ContainerId, cancellationToken) ?? throw new FaultRefusedException($"there is no {lease.Container}");
            if (!victim.IsRunning)
            {
                throw new FaultRefusedException($"{lease.Container} does not run");
            }
            lease = await _kinds[lease.Kind].PrepareAsync(lease with { ContainerId = victim.Id, Run = victim.StartedAt }, victim, cancellationToken);
            _book.Write(lease);
            entry.Lease = lease;
            return victim;
        }
        catch (Exception e)
        {
            Forget(entry);
            _book.Remove(entry.Lease.Id);
            if (e is IOException or UnauthorizedAccessException)
            {
                throw new FaultFailedException($"it could not be written down: {e.Message}", e);
            }
            throw;
        }
    }

    private async Task CauseAsync(Entry entry, Victim victim, TimeSpan duration, CancellationToken cancellationToken)
    {
        var ends = entry.Lease.Kind.Stops();
        try
        {
            if (ends)
            {
                Begin();
            }
            await _kinds[entry.Lease.Kind].InjectAsync(entry.Lease, victim, cancellationToken);
            if (ends)
            {
                // A stop may take longer than the fault is to last, and is to be healed by others first.
                entry.Lease = entry.Lease with { Until = _time.GetUtcNow() + duration };
                entry.Life = (_time.GetTimestamp(), duration);
            }
            else
            {
                Begin();
            }
        }
        catch (Exception e) when (IsExpected(e) || e is OperationCanceledException)
        {
            entry.IsToBeUndone = true;
            // Of all others nothing is broken off that the engine had begun.
            if (ends || e is EngineSilentException)
            {
                entry.InterruptedAt = _time.GetTimestamp();
            }
            await TryUndoAsync(entry, e is OperationCanceledException ? "it was broken off" : e.Message, CancellationToken.None);
            if (e is OperationCanceledException)
            {
                throw;
            }
            throw new FaultFailedException($"{entry.Lease.Kind} of {entry.Lease.Container}: {e.Message}", e);
        }

        void Begin()
        {
            // On the disk it may end a little earlier: only a later life reads that.
            var now = _time.GetUtcNow();
            entry.Lease = entry.Lease with { Since = now, Until = now + duration };
            entry.Life = (_time.GetTimestamp(), duration);
            entry.HasBegun = true;
            _log.Begun(entry.Lease, now);
        }
    }

    private async Task UndoAsync(Entry entry, CancellationToken cancellationToken)
    {
        // Until it is undone it is due, whatever time it had left.
        entry.IsToBeUndone = true;
        await entry.BreakOffAsync();
        await entry.Gate.WaitAsync(cancellationToken);
        try
        {
            if (!entry.IsOver)
            {
                await TryUndoAsync(entry, null, cancellationToken);
            }
        }
        finally
        {
            entry.Gate.Release();
        }
    }

    private async Task FollowAsync(Entry entry, CancellationToken cancellationToken)
    {
        await entry.Gate.WaitAsync(cancellationToken);
        try
        {
            if (entry.IsOver || entry.IsToBeUndone)
            {
                return;
            }
            var (lease, fault) = (entry.Lease, _kinds[entry.Lease.Kind]);
            if (lease.Kind.IsOfHost())
            {
                if (lease.Kind.Stops())
                {
                    // Whoever looks after the program starts it again: there is nothing to undo.
                    await TryUndoAsync(entry, null, cancellationToken);
                }
                return;
            }
            var victim = await _engine.InspectAsync(lease.ContainerId, cancellationToken);
            if (entry.IsToBeUndone)
            {
                return; // whoever waits for that is not to wait for more
            }
            if (victim is null || fault.HasEnded(lease, victim))
            {
                await TryUndoAsync(entry, null, cancellationToken);
                return;
            }
            if (!fault.OutlivesRestart || !victim.IsRunning || (victim.StartedAt == lease.Run && !entry.IsBehind))
            {
                entry.IsBehind = false;
                return;
            }
            // The old place may outlive the run, when another container shares it.
            if (fault == _packets)
            {
                await fault.UndoAsync(lease, wasInterrupted: false, cancellationToken);
            }
            lease = await fault.PrepareAsync(lease with { Run = victim.StartedAt }, victim, cancellationToken);
            _book.Write(lease);
            entry.Lease = lease;
            if (entry.IsToBeUndone)
            {
                return;
            }
            await fault.InjectAsync(lease, victim, cancellationToken);
            (entry.IsBehind, entry.Trouble) = (false, null);
        }
        catch (Exception e) when (IsExpected(e) || e is FaultRefusedException)
        {
            entry.IsBehind = true;
            Report(entry, e.Message);
        }
        finally
        {
            entry.Gate.Release();
        }
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "a fault that cannot be undone must not keep the others from it")]
    private async Task TryUndoAsync(Entry entry, string? why, CancellationToken cancellationToken)
    {
        var lease = entry.Lease;
        try
        {
            if (entry.IsInherited)
            {
                await EndToolsAsync(lease, cancellationToken);
            }
            var cure = await _kinds[lease.Kind].UndoAsync(lease, entry.MayStillCome(_time), cancellationToken);
            var at = cure.At ?? _time.GetUtcNow();
            _book.Remove(lease.Id);
            Forget(entry);
            if (entry.HasBegun)
            {
                _log.Ended(lease, at, why ?? cure.Why);
            }
            if (lease.Kind == AttackKind.Disconnect)
            {
                // It has new links, which lose nothing yet.
                foreach (var other in Entries().Where(other => other.Lease.ContainerId == lease.ContainerId && other.Lease.Path is { Interfaces: not [] }))
                {
                    other.IsBehind = true;
                }
            }
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            entry.IsToBeUndone = true;
            if (entry.InterruptedAt is not null && e is EngineSilentException)
            {
                entry.InterruptedAt = _time.GetTimestamp();
            }
            Report(entry, e.Message);
        }
    }

    /// <summary>What an earlier life of the agent ran may have outlived it, and would go on after all was undone: ended once, for all that it left.</summary>
    private async Task EndToolsAsync(Lease lease, CancellationToken cancellationToken)
    {
        Task ending;
        lock (_lock)
        {
            ending = _endingTools ??= EndAllAsync();
        }
        try
        {
            await ending.WaitAsync(cancellationToken);
        }
        catch (FaultFailedException)
        {
            // One that does not end keeps nothing but its own fault.
            await Processes.EndAsync([ChaosMark.Of(lease.Id)], cancellationToken);
        }

        async Task EndAllAsync()
        {
            await Task.Yield(); // out of the lock
            await Processes.EndAsync(_inherited, CancellationToken.None);
        }
    }

    private static bool IsExpected(Exception e) =>
        e is FaultFailedException or EngineSilentException or EngineRefusedException or IOException or UnauthorizedAccessException;

    /// <summary>Once for each reason: it is tried several times a second.</summary>
    private void Report(Entry entry, string trouble)
    {
        if (entry.Trouble != trouble)
        {
            entry.Trouble = trouble;
            LogTrouble(entry.Lease.Kind, entry.Lease.Container, entry.Lease.Id, trouble);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Kind} of {Container}, fault {Fault}, is neither undone nor carried on yet: {Reason}")]
    private partial void LogTrouble(AttackKind kind, string container, Guid fault, string reason);

    /// <summary>A fault and what is being done about it.</summary>
    private sealed class Entry(Lease lease)
    {
        private volatile Lease _lease = lease;
        private volatile CancellationTokenSource? _interrupt;
        private volatile bool _isToBeUndone;

        /// <summary>Held by whoever causes, carries on or undoes it.</summary>
        public SemaphoreSlim Gate { get; } = new(1);

        public Lease Lease { get => _lease; set => _lease = value; }

        /// <summary>Set while it is being caused.</summary>
        public CancellationTokenSource? Interrupt { set => _interrupt = value; }

        public bool IsBeingCaused => _interrupt is not null;

        /// <summary>Somebody is about it; only to save the waiting.</summary>
        public bool IsBusy => Gate.CurrentCount == 0;

        /// <summary>It was caused, in this life or, as far as is known, in an earlier one.</summary>
        public bool HasBegun { get; set; } = lease.Run != default;

        /// <summary>It was caused in an earlier life.</summary>
        public bool IsInherited { get; init; }

        /// <summary>Since when it lasts, by a clock that is never set, and for how long; null before it is there, and in a later life.</summary>
        public (long Since, TimeSpan Duration)? Life { get; set; }

        public bool IsToBeUndone { get => _isToBeUndone; set => _isToBeUndone = value; }

        /// <summary>When causing it was broken off, or the engine was last silent after that; null when it was not.</summary>
        public long? InterruptedAt { get; set; }

        /// <summary>It is not there in the container's present run, and should be.</summary>
        public bool IsBehind { get; set; }

        public bool IsOver { get; set; }

        public string? Trouble { get; set; }

        public RunningFault View => new(Lease.Id, Lease.Kind, Lease.Container, Lease.ContainerId, Lease.Since, Lease.Until, Lease.Loss);

        /// <summary>Its time is over, by whichever clock says so first.</summary>
        public bool IsDue(DateTimeOffset now, TimeProvider time) =>
            Lease.Until <= now || (Life is var (since, duration) && time.GetElapsedTime(since) >= duration);

        /// <summary>Causing it was broken off, and the engine may still be about it.</summary>
        public bool MayStillCome(TimeProvider time) => InterruptedAt is { } at && time.GetElapsedTime(at) < EngineMemory;

        public async Task BreakOffAsync()
        {
            try
            {
                await (_interrupt?.CancelAsync() ?? Task.CompletedTask);
            }
            catch (ObjectDisposedException)
            {
                // It has just been caused.
            }
        }
    }
}
