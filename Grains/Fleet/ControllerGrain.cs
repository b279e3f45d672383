using System.Collections.Immutable;
using HmsOrleans.Grains.Commands;
using HmsOrleans.Grains.Containers;
using HmsOrleans.Grains.Health;
using HmsOrleans.Grains.Hosts;
using HmsOrleans.Grains.Incidents;
using HmsOrleans.Grains.News;
using HmsOrleans.Grains.Settings;
using HmsOrleans.Grains.Telemetry;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Concurrency;
using Orleans.Serialization;

namespace HmsOrleans.Grains.Fleet;

/// <remarks>Reentrant: its turns leave nothing half made at an await, and a read that waits for one host must not hold up the others.</remarks>
[Reentrant, KeepAlive]
[System.Diagnostics.CodeAnalysis.SuppressMessage("Reliability", "CA1001", Justification = "Work beside the turns may outlive the grain by a moment and still ask for the token; neither field holds anything but memory.")]
internal sealed partial class ControllerGrain(
    IOptions<ControllerOptions> controllerOptions,
    IOptions<HealthOptions> healthOptions,
    IOptions<RegistrationOptions> registrationOptions,
    NodeMode mode,
    IHostSilos silos,
    IIncidentOutbox outbox,
    Serializer<byte[]> serializer,
    ControllerMetrics metrics,
    TimeProvider time,
    ILogger<ControllerGrain> logger) : Grain, IControllerGrain
{
    /// <summary>A host on the same network answers in milliseconds; one that does not is asked again with the next window.</summary>
    private static readonly TimeSpan FetchLimit = TimeSpan.FromSeconds(2);

    /// <summary>How long a reader waits for the news of a host before it is shown as it was.</summary>
    private static readonly TimeSpan ReadLimit = TimeSpan.FromSeconds(0.5);

    /// <summary>How often what is known of a host is saved, at most.</summary>
    private static readonly TimeSpan SnapshotPeriod = TimeSpan.FromSeconds(2);

    /// <summary>How often it is saved although nothing changed, so that it can be told how old it is.</summary>
    private static readonly TimeSpan LongestSnapshotPeriod = TimeSpan.FromMinutes(1);

    /// <summary>How long a watcher waits for news at most: less than the response timeout of a client, 5 s.</summary>
    private static readonly TimeSpan WatchLimit = TimeSpan.FromSeconds(3);

    /// <summary>How often it is looked for hosts that have gone offline or have come back, for the history.</summary>
    private static readonly TimeSpan LookPeriod = TimeSpan.FromSeconds(1);

    private readonly ControllerOptions _options = controllerOptions.Value;
    private readonly SortedDictionary<string, KnownHost> _hosts = new(StringComparer.Ordinal);
    private readonly OfflineHosts _offline = new(outbox);
    private readonly CancellationTokenSource _stopping = new();
    private readonly FleetLog _log = new();

    private TaskCompletionSource _stirred = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _updates;
    private long _fetches;
    private long _changes;
    private long _bytes;
    private SettingsKeeper<FleetState> _state = null!;
    private IGrainTimer _window = null!;

    private FleetState State => _state.Current;

    private TimeSpan Window => State.AggregationWindow ?? _options.AggregationWindow;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var store = GrainFactory.GetGrain<IFleetStateGrain>(IControllerGrain.Key);
        _state = new(await store.Load(cancellationToken), store.Save, time, logger, _stopping.Token);
        foreach (var (address, _) in State.Hosts.Where(host => host.Value))
        {
            _hosts[address] = new(address);
        }
        if (State.Fleet == Guid.Empty)
        {
            Change(State with { Fleet = Guid.NewGuid() });
        }
        // Of a node that is alone it says nothing.
        LogHere(logger, _hosts.Count > 1 ? LogLevel.Information : LogLevel.Debug, _hosts.Count);
        _window = this.RegisterGrainTimer(OnWindow, new() { DueTime = TimeSpan.Zero, Period = Window, Interleave = true, KeepAlive = true });
        if (!mode.IsIsland)
        {
            this.RegisterGrainTimer(LookForOfflineHosts, new() { DueTime = LookPeriod, Period = LookPeriod, Interleave = true, KeepAlive = true });
        }
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _stopping.Cancel();
        metrics.Forget();
        return Task.CompletedTask;
    }

    public async Task Update(string host, byte[] news)
    {
        if (SignOfLife(host) is not { } known)
        {
            return;
        }
        _updates++;
        metrics.Updated();
        Count(news);
        if (TryTake(known, news))
        {
            return;
        }
        await Fetch(known);
        if (known.Mirror.Version < 0)
        {
            throw new InvalidOperationException($"the news of {host} do not follow what is known of it, and it could not be asked for the rest");
        }
    }

    public Task<FleetOrder> Heartbeat(string host, long? version, FleetOrder known)
    {
        if (!mode.IsIsland)
        {
            Merge(host, known);
        }
        if (SignOfLife(host) is { } told)
        {
            told.ToldVersion = version ?? told.ToldVersion;
            if (told.IsMarked)
            {
                _ = Fetch(told);
            }
        }
        // What this life of an island's controller knows of the fleet is nothing that a host should keep.
        return Task.FromResult(mode.IsIsland ? FleetOrder.None : OrderFor(host));
    }

    public async Task<ImmutableArray<HostView>> GetHosts(CancellationToken cancellationToken)
    {
        await Refreshed(_hosts.Values, cancellationToken);
        return [.. _hosts.Values.Select(View)];
    }

    public async Task<HostView?> GetHost(string address, CancellationToken cancellationToken)
    {
        if (!_hosts.TryGetValue(address, out var host))
        {
            return null;
        }
        await Refreshed([host], cancellationToken);
        return View(host);
    }

    public Task<FleetFreshness> GetFreshness(CancellationToken cancellationToken) => Task.FromResult(new FleetFreshness(
        [.. _hosts.Values.Select(host => new HostFreshness(host.Address, StateOf(host), host.Mirror.Epoch, host.Mirror.Version))], _fetches, _changes, _bytes, _updates));

    public async Task<FleetNews> Watch(Guid epoch, long after, CancellationToken cancellationToken)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopping.Token);
        var limit = Task.Delay(WatchLimit, time, waiting.Token);
        while (true)
        {
            var stirred = _stirred.Task;
            // Looked at only while somebody watches: a fleet that nobody looks at has no news.
            foreach (var host in _hosts.Values.Where(IsToBeTold))
            {
                host.HasNews = false;
                _log.Put(View(host) with { State = ShownStateOf(host) });
            }
            if (_log.HasNews(epoch, after) || limit.IsCompleted)
            {
                await waiting.CancelAsync();
                return _log.Since(epoch, after);
            }
            await Task.WhenAny(stirred, limit);
        }
    }

    public async Task<HostView> AddHost(string address, CancellationToken cancellationToken)
    {
        // Asked first: a host without a silo must not become a member that nobody can ever reach.
        await GrainFactory.GetGrain<IHostManagerGrain>(address).GetStatus(cancellationToken);
        var host = Register(address);
        await Push(host, cancellationToken);
        await Fetch(host).WaitAsync(cancellationToken);
        return View(host);
    }

    public async Task<bool> RemoveHost(string address, CancellationToken cancellationToken)
    {
        if (!_hosts.Remove(address, out var host))
        {
            return false;
        }
        Leave(address);
        Change(State.With(address, supervised: false));
        await Push(host, cancellationToken);
        return true;
    }

    public Task<FleetSettings> GetSettings(CancellationToken cancellationToken) => Task.FromResult(
        new FleetSettings(State.Threshold ?? healthOptions.Value.Threshold, Window, _options.Heartbeat, _options.OfflineAfter));

    public async Task<FleetChange> Change(double? threshold, TimeSpan? aggregationWindow, CancellationToken cancellationToken)
    {
        if (threshold is not (null or (>= 0 and <= 100)))
        {
            throw new ArgumentOutOfRangeException(nameof(threshold), threshold, "a threshold is a percentage from 0 to 100");
        }
        if (aggregationWindow < ControllerOptions.MinWindow || aggregationWindow > ControllerOptions.MaxWindow)
        {
            throw new ArgumentOutOfRangeException(nameof(aggregationWindow), aggregationWindow, "an aggregation window is 0.05 s to 60 s");
        }
        if (!State.Commands.ContainsCurrent(time.GetUtcNow()))
        {
            Change(State with
            {
                Threshold = threshold ?? State.Threshold,
                ThresholdRevision = threshold is null ? State.ThresholdRevision : State.Revision + 1,
                AggregationWindow = aggregationWindow ?? State.AggregationWindow,
                Commands = State.Commands.WithCurrent(time.GetUtcNow()),
            });
        }
        if (aggregationWindow is { } window)
        {
            _window.Change(window, window);
            foreach (var host in _hosts.Values)
            {
                _ = Pace(host);
            }
        }

        var outcomes = threshold is null
            ? []
            : await Task.WhenAll(_hosts.Values.Select(async host => (host.Address, Outcome: await Push(host, cancellationToken))));
        return new(await GetSettings(cancellationToken), outcomes.ToImmutableSortedDictionary(host => host.Address, host => host.Outcome));
    }

    public Task<string?> WhenSaved(CancellationToken cancellationToken) => _state.WhenSaved(cancellationToken);

    private void Change(FleetState next) => _state.Change(next with { Revision = next.Revision + 1 });

    /// <summary>Takes in what a host was told by a controller that was lost before it could save it, and sees that the host takes the next word.</summary>
    private void Merge(string host, FleetOrder told)
    {
        var merged = State.Merged(host, told);
        // Two controllers may have given the same number to different words: a higher one settles it.
        var isOtherWord = told.Fleet == State.Fleet && told.Revision == State.Revision && told != OrderFor(host);
        if (merged != State || isOtherWord)
        {
            Change(merged);
        }
    }

    private FleetOrder OrderFor(string host) => State.OrderFor(host, registrationOptions.Value.AutoRegister);

    private KnownHost? SignOfLife(string address)
    {
        // A node on its own always shows its own host.
        if (!mode.IsIsland && !State.Hosts.GetValueOrDefault(address, registrationOptions.Value.AutoRegister))
        {
            if (_hosts.Remove(address))
            {
                Leave(address);
            }
            return null;
        }
        var host = Register(address);
        host.LastHeartbeat = time.GetUtcNow();
        host.AskAgainAt = default;
        if (host.Pace != Window)
        {
            _ = Pace(host);
        }
        return host;
    }

    private KnownHost Register(string address)
    {
        if (!_hosts.TryGetValue(address, out var host))
        {
            _hosts[address] = host = new(address);
            Stir();
        }
        if (!State.Hosts.GetValueOrDefault(address))
        {
            Change(State.With(address, supervised: true));
        }
        return host;
    }

    /// <summary>Fetches the news of hosts that have some; one that takes long is shown as it was.</summary>
    private Task Refreshed(IEnumerable<KnownHost> hosts, CancellationToken cancellationToken)
    {
        var fetches = Task.WhenAll(hosts.Where(IsToBeAsked).Select(Fetch));
        return fetches.IsCompleted ? fetches : Task.WhenAny(fetches, Task.Delay(ReadLimit, time, cancellationToken));
    }

    /// <remarks>Waits for nobody: a host that does not answer must not hold up the next window of the others.</remarks>
    private Task OnWindow(CancellationToken cancellationToken)
    {
        metrics.Note(_hosts.Values.Select(StateOf));
        foreach (var host in _hosts.Values)
        {
            if (IsToBeTold(host))
            {
                Stir(); // time alone may have made it so
            }
            if (silos.Find(host.Address) is null)
            {
                Distrust(host); // its next life counts its versions anew
            }
            if (IsToBeAsked(host) && host.Fetching is null or { IsCompleted: true })
            {
                _ = Fetch(host);
            }
            if (_hosts.Count > 1)
            {
                Keep(host);
                _ = Recall(host);
            }
        }
        return Task.CompletedTask;
    }

    private async Task LookForOfflineHosts(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (_offline.IsToAsk(now))
        {
            try
            {
                var open = await GrainFactory.GetGrain<IHistoryGrain>(IHistoryGrain.Key)
                    .Find(new(Causes: [IncidentCause.HostOffline, IncidentCause.EngineSilent], Outcomes: [IncidentOutcome.Open], Limit: 500), cancellationToken);
                _offline.Take([.. open.Incidents.Where(incident => incident.Cause == IncidentCause.HostOffline)], now);
                _offline.EndForgotten(
                    [.. open.Incidents.Where(incident => incident.Cause == IncidentCause.EngineSilent)],
                    _hosts.Values.ToDictionary(host => host.Address, host => IsOffline(host) ? null : host.Mirror.Status), now);
            }
            catch (Exception e) // It is asked again; until then no host is said to be offline.
            {
                LogHistorySilent(logger, e.Message);
            }
        }
        _offline.Look([.. _hosts.Values.Select(host => (host.Address, IsOffline(host), host.LastHeartbeat))], time.GetUtcNow());
    }

    /// <summary>Saves what is known of a host when it has changed; a controller that moves loses its memory, and the host may be offline by then.</summary>
    private void Keep(KnownHost host)
    {
        var now = time.GetUtcNow();
        if (host.IsBeingKept || now < host.KeepAgainAt || host.Mirror.Status is null || IsOffline(host)
            || (!Differs(host.Kept, host.Mirror.Containers) && now < host.KeptAt + LongestSnapshotPeriod))
        {
            return;
        }
        host.KeepAgainAt = now + SnapshotPeriod;
        _ = Keep(host, new() { At = now, Status = host.Mirror.Status, Containers = host.Mirror.Containers });
    }

    private async Task Keep(KnownHost host, HostSnapshot snapshot)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        limit.CancelAfter(FetchLimit);
        host.IsBeingKept = true;
        try
        {
            await GrainFactory.GetGrain<IHostSnapshotGrain>(host.Address).Save(snapshot, limit.Token).WaitAsync(limit.Token);
            (host.Kept, host.KeptAt) = (snapshot.Containers, snapshot.At);
        }
        catch (Exception e) // Whatever the store throws: it is tried again with a later window.
        {
            LogNotKept(logger, host.Address, e.Message);
        }
        finally
        {
            host.IsBeingKept = false;
        }
    }

    private static bool Differs(ImmutableArray<ContainerView> kept, ImmutableArray<ContainerView> now) =>
        kept.IsDefault || kept.Length != now.Length || kept.Zip(now).Any(pair => pair.First.Id != pair.Second.Id || !pair.First.SameState(pair.Second));

    /// <summary>Looks up what was last known of a host that has not told anything yet.</summary>
    private async Task Recall(KnownHost host)
    {
        if (host.IsBeingRecalled || host.Mirror.Status is not null || host.IsRecalled)
        {
            return;
        }
        host.IsBeingRecalled = true;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        limit.CancelAfter(FetchLimit);
        try
        {
            if (await GrainFactory.GetGrain<IHostSnapshotGrain>(host.Address).Load(limit.Token).WaitAsync(limit.Token) is { } snapshot)
            {
                host.Mirror.Recall(snapshot);
                host.LastHeartbeat ??= snapshot.At;
                Stir(host);
            }
            host.IsRecalled = true;
        }
        catch (Exception e) // Whatever the store throws: it is asked again with the next window.
        {
            LogNotKept(logger, host.Address, e.Message);
        }
        finally
        {
            host.IsBeingRecalled = false;
        }
    }

    /// <summary>Gives a host what holds for it; null when it has it, else why not. It asks again with its next heartbeat.</summary>
    private async Task<string?> Push(KnownHost host, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(FetchLimit);
        try
        {
            var grain = GrainFactory.GetGrain<IHostManagerGrain>(host.Address);
            var order = OrderFor(host.Address);
            if (await grain.Apply(order, limit.Token).WaitAsync(limit.Token) is var held && held != order)
            {
                // It knew a newer word, which is taken in, and then takes this one.
                Merge(host.Address, held);
                order = OrderFor(host.Address);
                if (await grain.Apply(order, limit.Token).WaitAsync(limit.Token) != order)
                {
                    return "it was told otherwise meanwhile; that is settled with its next sign of life";
                }
            }
            // Its node may die right after the reply, and must know in its next life. A store that fails holds nothing up: the host tells of it.
            await grain.WhenSaved(limit.Token).WaitAsync(limit.Token);
            return null;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            LogHostSilent(logger, host.Address, e.Message);
            return $"not reached ({e.Message}); it applies it when it is back";
        }
    }

    /// <summary>Tells a host how long it is to collect. One that does not hear it is told again when it speaks.</summary>
    private async Task Pace(KnownHost host)
    {
        if (host.IsBeingPaced)
        {
            return;
        }
        host.IsBeingPaced = true;
        try
        {
            while (host.Pace != Window)
            {
                using var limit = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
                limit.CancelAfter(FetchLimit);
                var window = Window;
                await GrainFactory.GetGrain<IHostManagerGrain>(host.Address).SetWindow(window, limit.Token).WaitAsync(limit.Token);
                host.Pace = window;
            }
        }
        catch (Exception e)
        {
            LogHostSilent(logger, host.Address, e.Message);
        }
        finally
        {
            host.IsBeingPaced = false;
        }
    }

    /// <summary>What is known of a host is shown, but its news have to begin anew.</summary>
    private static void Distrust(KnownHost host)
    {
        host.Mirror.Distrust();
        host.News.Forget();
        host.Pace = null;
    }

    /// <summary>Takes in news that a host sends.</summary>
    /// <returns>False when they do not follow what is known of it: then it has to be asked for everything.</returns>
    private bool TryTake(KnownHost host, byte[] news)
    {
        try
        {
            if (host.News.Read(news) is { } content)
            {
                var isSameLife = content.Epoch == host.Mirror.Epoch;
                Take(host, content);
                host.ToldVersion = isSameLife ? Math.Max(host.ToldVersion, host.Mirror.Version) : host.Mirror.Version;
                return true;
            }
        }
        catch (FormatException e)
        {
            LogUnreadable(logger, e.Message);
        }
        Distrust(host);
        return false;
    }

    private void Take(KnownHost host, HostContent content)
    {
        var change = host.Mirror.Merge(content);
        _changes += change.Changed.Length + change.Removed.Length;
        if (change.HasAny)
        {
            Stir(host);
        }
    }

    private void Count(byte[] news)
    {
        var bytes = serializer.SerializeToArray(news).Length;
        _bytes += bytes;
        metrics.Received(bytes);
    }

    /// <summary>Fetches everything on a host. One fetch at a time: news that come during one lead to another.</summary>
    private Task Fetch(KnownHost host)
    {
        if (host.Fetching is { IsCompleted: false } running)
        {
            host.FetchAgain = true;
            return running;
        }
        return host.Fetching = FetchUntilDone(host);
    }

    private async Task FetchUntilDone(KnownHost host)
    {
        do
        {
            host.FetchAgain = false;
            var told = host.ToldVersion;
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
            limit.CancelAfter(FetchLimit);
            try
            {
                var news = await GrainFactory.GetGrain<IHostManagerGrain>(host.Address).GetNews(limit.Token).WaitAsync(limit.Token);
                _fetches++;
                Count(news);
                Take(host, host.News.ReadAnswer(news));
                if (host.ToldVersion == told)
                {
                    // All that it had told of is in it, also when this grain's life is younger than the last word of the host.
                    host.ToldVersion = host.Mirror.Version;
                }
                host.LastHeartbeat = time.GetUtcNow();
                host.AskAgainAt = default;
            }
            catch (Exception e) // Whatever stands between: the host stays marked and is asked again with the next window.
            {
                LogHostSilent(logger, host.Address, e.Message);
                host.AskAgainAt = time.GetUtcNow() + _options.Heartbeat;
                return;
            }
        }
        while (host.FetchAgain);
    }

    /// <summary>It has not spoken for long, or its silo has left the cluster or was declared dead.</summary>
    private bool IsOffline(KnownHost host) =>
        host.LastHeartbeat is not { } last || time.GetUtcNow() - last > _options.OfflineAfter || silos.Find(host.Address) is null;

    /// <summary>It has news. One that is offline is asked no more often than it would speak itself: it may never come back.</summary>
    private bool IsToBeAsked(KnownHost host) => host.IsMarked && (!IsOffline(host) || time.GetUtcNow() >= host.AskAgainAt);

    private HostView View(KnownHost host)
    {
        if (IsOffline(host))
        {
            var since = host.LastHeartbeat ?? DateTimeOffset.UnixEpoch;
            return new(host.Address, HostState.Offline, host.LastHeartbeat, host.Mirror.Status, [.. host.Mirror.Containers.Select(view => view with { StaleSince = since })]);
        }
        return new(host.Address, StateOf(host), host.LastHeartbeat, host.Mirror.Status, host.Mirror.Containers);
    }

    private HostState StateOf(KnownHost host) =>
        IsOffline(host) ? HostState.Offline
        : host.Fetching is { IsCompleted: false } ? HostState.WaitingForUpdate
        : host.IsMarked ? HostState.UpdatePresent
        : HostState.Updated;

    /// <summary>What watchers are told of it: that news are being fetched is over before they have heard of it.</summary>
    private HostState ShownStateOf(KnownHost host) =>
        IsOffline(host) ? HostState.Offline
        : host.AskAgainAt != default ? HostState.UpdatePresent
        : HostState.Updated;

    private bool IsToBeTold(KnownHost host) => host.HasNews || _log.IsNews(host.Address, ShownStateOf(host), host.LastHeartbeat);

    private void Stir(KnownHost host)
    {
        host.HasNews = true;
        Stir();
    }

    /// <summary>Lets those who watch look for news.</summary>
    private void Stir()
    {
        _stirred.TrySetResult();
        _stirred = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private void Leave(string address)
    {
        _log.Remove(address);
        Stir();
    }

    [LoggerMessage(Message = "this node keeps the view of the fleet now: {Count} hosts known")]
    private static partial void LogHere(ILogger logger, LogLevel level, int count);

    [LoggerMessage(Level = LogLevel.Debug, Message = "the history does not answer the controller: {Reason}")]
    private static partial void LogHistorySilent(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Debug, Message = "host {Host} does not answer the controller: {Reason}")]
    private static partial void LogHostSilent(ILogger logger, string host, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Reason}: everything is asked for")]
    private static partial void LogUnreadable(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Debug, Message = "what was last known of host {Host} could not be saved or read: {Reason}")]
    private static partial void LogNotKept(ILogger logger, string host, string reason);

    /// <summary>What the controller keeps about a host.</summary>
    private sealed class KnownHost(string address)
    {
        public string Address => address;

        public HostMirror Mirror { get; } = new();

        public NewsReader News { get; } = new(address);

        /// <summary>The window that it was told; null when it has to be told.</summary>
        public TimeSpan? Pace { get; set; }

        public bool IsBeingPaced { get; set; }

        public DateTimeOffset? LastHeartbeat { get; set; }

        /// <summary>The version that the host last told of. It counts anew when the host's grain does.</summary>
        public long ToldVersion { get; set; }

        public Task? Fetching { get; set; }

        public bool FetchAgain { get; set; }

        /// <summary>When it is asked again after it did not answer, should it be offline.</summary>
        public DateTimeOffset AskAgainAt { get; set; }

        /// <summary>The containers as they were last saved.</summary>
        public ImmutableArray<ContainerView> Kept { get; set; }

        public DateTimeOffset KeptAt { get; set; }

        public bool IsBeingKept { get; set; }

        public bool IsBeingRecalled { get; set; }

        /// <summary>What was last known of it, if anything, has been looked up.</summary>
        public bool IsRecalled { get; set; }

        public DateTimeOffset KeepAgainAt { get; set; }

        /// <summary>Its content has changed since watchers were last told of it.</summary>
        public bool HasNews { get; set; } = true;

        public bool IsMarked => Mirror.Status is null || ToldVersion != Mirror.Version;
    }
}
