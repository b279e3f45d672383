using System.Collections.Immutable;
using HmsOrleans.Grains.Commands;
using HmsOrleans.Grains.Containers;
using HmsOrleans.Grains.Engine;
using HmsOrleans.Grains.Fleet;
using HmsOrleans.Grains.Health;
using HmsOrleans.Grains.Incidents;
using HmsOrleans.Grains.News;
using HmsOrleans.Grains.Probing;
using HmsOrleans.Grains.Settings;
using HmsOrleans.Grains.Telemetry;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.GrainDirectory;

namespace HmsOrleans.Grains.Hosts;

/// <remarks>Restarts and messages to the controller are started in a turn and never awaited in one: what comes of them arrives as a fact.</remarks>
[HostBound, KeepAlive, GrainDirectory(HostDirectory.Name)]
[System.Diagnostics.CodeAnalysis.SuppressMessage("Reliability", "CA1001", Justification = "Work beside the turns may outlive the grain by a moment and still ask for the token; neither field holds anything but memory.")]
internal sealed partial class HostManagerGrain(
    IContainerEngine engine,
    IProber prober,
    IOptions<HealthOptions> healthOptions,
    IOptions<ControllerOptions> controllerOptions,
    IOptions<RegistrationOptions> registrationOptions,
    IHostSilos silos,
    StartsUnderWay starts,
    IIncidentOutbox outbox,
    HostMetrics metrics,
    TimeProvider time,
    ILogger<HostManagerGrain> logger) : Grain, IHostManagerGrain
{
    /// <summary>How exactly back-offs and graces are kept.</summary>
    private static readonly TimeSpan Round = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LoadLimit = TimeSpan.FromSeconds(5);

    /// <summary>Before a container is looked at again whose order ended nobody knows how.</summary>
    private static readonly TimeSpan LookPause = TimeSpan.FromSeconds(1);

    /// <summary>No fact of before a removal comes later than this: it is more than any limit of a call.</summary>
    private static readonly TimeSpan Late = TimeSpan.FromMinutes(5);

    private readonly HealthOptions _rules = healthOptions.Value;
    private readonly Dictionary<string, HostedContainer> _containers = [];

    /// <summary>When it was learnt of a container that it is gone. Of those of the last minutes only.</summary>
    private readonly Dictionary<string, DateTimeOffset> _gone = [];
    private readonly ContentLog _content = new();

    private readonly Healer _healer = new(engine, starts, metrics, healthOptions.Value.ConcurrentRestarts, time);
    private readonly CancellationTokenSource _stopping = new();

    private HostIncidents _incidents = null!;
    private NewsWriter _news = null!;
    private SettingsKeeper<HostSettings>? _settings;
    private string? _notLoadedBecause = "not read yet";
    private string? _engineSilence = HostStatus.NotAsked;
    private string? _noEvents;
    private DateTimeOffset _engineSince;
    private bool _listed;
    private DateTimeOffset _nextHeartbeat;
    private long _silosVersion;
    private bool _telling;
    private TimeSpan _window = controllerOptions.Value.AggregationWindow;
    private long _toldAt;
    private TaskCompletionSource _wake = new();
    private bool _moreToTell;
    private bool _urgentToTell;

    /// <summary>Facts that are being taken in now: the controller is told when all are.</summary>
    private int _takingIn;

    private string Address => this.GetPrimaryKeyString();

    private bool IsSupervised => _settings is { Current.Fleet: var fleet } && Supervises(fleet);

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        (_news, _engineSince) = (new(_content), time.GetUtcNow());
        _incidents = new(Address, outbox, new(engine, starts, time, logger), time, logger);
        await _incidents.ResumeAsync(cancellationToken);
        await LoadSettings(cancellationToken);
        this.RegisterGrainTimer(OnRound, new() { DueTime = Round, Period = Round, KeepAlive = true });
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _stopping.Cancel();
        foreach (var (id, hosted) in _containers)
        {
            prober.Unwatch(id);
            metrics.Turned(Address, hosted.Counted, null);
            hosted.Trace?.End("abandoned", null, time.GetUtcNow());
        }
        metrics.Forget(Address);
        return Task.CompletedTask;
    }

    public async Task<Guid> Observe(HostFacts facts, CancellationToken cancellationToken)
    {
        if (_settings is null)
        {
            // Without its settings the host does not know whom it must leave alone: it takes in nothing and asks for it again.
            await LoadSettings(cancellationToken);
            if (_settings is null)
            {
                return Guid.Empty;
            }
        }

        _takingIn++;
        try
        {
            await TakeIn(facts, cancellationToken);
        }
        finally
        {
            _takingIn--;
            Speak();
        }
        return _content.Epoch;
    }

    public Task<HostContent> GetContent(Guid epoch, long since, CancellationToken cancellationToken) =>
        Task.FromResult(_content.Since(epoch, since, Status()));

    public Task<byte[]> GetNews(CancellationToken cancellationToken) => Task.FromResult(_news.Whole(Status()));

    public Task<HostStatus> GetStatus(CancellationToken cancellationToken) => Task.FromResult(Status());

    public async Task<ContainerExplanationResult> Explain(string container, CancellationToken cancellationToken)
    {
        var match = ContainerName.Resolve(_content.Views, container);
        if (match.Container is not { Id: var id } || !_containers.TryGetValue(id, out var hosted))
        {
            CheckListed();
            return new(null, match.Matches);
        }
        var grain = GrainFactory.GetGrain<IContainerGrain>($"{Address}/{id}");
        return new(await grain.Explain(PolicyFor(id, hosted), SourcesFor(id, hosted), time.GetUtcNow(), cancellationToken), []);
    }

    public Task<ContainerCommandResult> Ignore(string container, CancellationToken cancellationToken) =>
        Command(container, "ignored", kept => kept with { Supervised = false }, at => new Observation.Ticked(at), cancellationToken);

    public Task<ContainerCommandResult> Supervise(string container, CancellationToken cancellationToken) =>
        Command(container, "under supervision", kept => kept with { Supervised = true }, at => new Observation.Adopted(at), cancellationToken);

    public Task<ContainerCommandResult> SetThreshold(string container, double? threshold, CancellationToken cancellationToken)
    {
        CheckThreshold(threshold);
        return Command(container, $"threshold {threshold}", kept => kept with { Threshold = threshold }, at => new Observation.Ticked(at), cancellationToken);
    }

    public async Task<ContainerCommandResult> Restart(string container, CancellationToken cancellationToken)
    {
        var match = ContainerName.Resolve(_content.Views, container);
        if (match.Container is not { Id: var id } view)
        {
            CheckListed();
            return new(null, match.Matches);
        }
        if (ContainerSentence.WhyNotRestarted(view, _engineSilence) is { } refusal)
        {
            return new(view, [], refusal);
        }
        await Tell(id, [new Observation.RestartAsked(time.GetUtcNow())], cancellationToken);
        return _content.Find(id) is { } now && now.Health != HealthState.Restarting && now.Restarts == view.Restarts
            ? new(now, [], $"{now.Name} is in no state to be restarted: {now.Details}")
            : new(_content.Find(id), []);
    }

    public async Task<HostStatus> SetThreshold(double? threshold, CancellationToken cancellationToken)
    {
        if (TryChangeThreshold(threshold))
        {
            await TellAllTheirRules(cancellationToken);
        }
        return Status();
    }

    public async Task<ImmutableArray<ContainerCommandResult?>> CarryOut(ImmutableArray<ExternalCommand> commands, CancellationToken cancellationToken)
    {
        var results = ImmutableArray.CreateBuilder<ContainerCommandResult?>(commands.Length);
        var hasOtherRules = false;
        foreach (var command in commands)
        {
            CommandMark.Set(command.CorrelationId);
            if (command.Kind == CommandKind.SetHostThreshold)
            {
                hasOtherRules |= TryChangeThreshold(command.Threshold);
                results.Add(null);
                continue;
            }
            results.Add(command.Kind switch
            {
                CommandKind.Supervise => await Supervise(command.Container!, cancellationToken),
                CommandKind.Ignore => await Ignore(command.Container!, cancellationToken),
                _ => throw new ArgumentOutOfRangeException(nameof(commands), command.Kind, "no change of a host"),
            });
        }
        if (hasOtherRules)
        {
            // Once for all: only the last threshold holds for anybody.
            await TellAllTheirRules(cancellationToken);
        }
        return results.MoveToImmutable();
    }

    public async Task<FleetOrder> Apply(FleetOrder fleet, CancellationToken cancellationToken)
    {
        var settings = Settings();
        var known = settings.Current.Fleet;
        var ofSameFleet = fleet.Fleet == known.Fleet;
        if (fleet == FleetOrder.None || (ofSameFleet && fleet.Revision <= known.Revision))
        {
            return known;
        }
        settings.Change(settings.Current with
        {
            Fleet = fleet,
            Threshold = ofSameFleet && fleet.ThresholdRevision > known.ThresholdRevision ? null : settings.Current.Threshold,
        });
        if (fleet.Supervised != Supervises(known))
        {
            LogSupervision(logger, Address, fleet.Supervised ? "is under supervision" : "is no longer under supervision");
        }
        await TellAllTheirRules(cancellationToken);
        return settings.Current.Fleet;
    }

    public Task<string?> WhenSaved(CancellationToken cancellationToken) => Settings().WhenSaved(cancellationToken);

    private async Task TakeIn(HostFacts facts, CancellationToken cancellationToken)
    {
        if (facts.ClockSetBy is { } by)
        {
            LogClockSet(logger, Address, by.TotalSeconds);
            _nextHeartbeat += by;
            foreach (var hosted in _containers.Values)
            {
                hosted.LookAt += by;
            }
            _incidents.ShiftClock(by);
            await Task.WhenAll(_containers.Keys.ToList().Select(id => Tell(id, [new Observation.ClockSet(facts.At, by)], cancellationToken)));
        }
        // An engine does not describe what it is just starting for us; how that ends is told by the order's end.
        var news = facts.Facts.Where(fact => fact.Seen is not Observation.Silenced || !_containers.TryGetValue(fact.ContainerId, out var hosted) || !hosted.IsBeingHealed)
            .ToLookup(fact => fact.ContainerId, fact => fact.Seen);
        var work = news.Select(group => Tell(group.Key, [.. group], cancellationToken)).ToList();
        if (facts.EngineSilence != _engineSilence)
        {
            NoteEngine(facts.EngineSilence, facts.At);
            if (facts.EngineSilence is { } silence)
            {
                work.AddRange(_containers.Keys.Select(id => Tell(id, [new Observation.Silenced(facts.At, silence)], cancellationToken)));
            }
        }
        if (facts.NoEvents != _noEvents)
        {
            _noEvents = facts.NoEvents;
            _content.Touch();
            TellController(urgent: true);
        }
        if (facts.IsComplete)
        {
            work.AddRange(_containers.Keys.Where(id => !news.Contains(id)).ToList()
                .Select(id => Tell(id, [new Observation.Removed(facts.At)], cancellationToken)));
        }
        await Task.WhenAll(work);
        if (facts.IsComplete)
        {
            NoteListed();
        }
    }

    private static void CheckThreshold(double? threshold)
    {
        if (threshold is not (null or (>= 0 and <= 100)))
        {
            throw new ArgumentOutOfRangeException(nameof(threshold), threshold, "a threshold is a percentage from 0 to 100");
        }
    }

    /// <summary>Whether this host is under supervision: by the fleet's word, else by the configuration.</summary>
    private bool Supervises(FleetOrder fleet) => fleet == FleetOrder.None ? registrationOptions.Value.AutoRegister : fleet.Supervised;

    private SettingsKeeper<HostSettings> Settings() =>
        _settings ?? throw new HostUnavailableException(Address, $"the settings of host {Address} could not be read yet: {_notLoadedBecause}");

    private async Task LoadSettings(CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(LoadLimit);
        var store = GrainFactory.GetGrain<IHostSettingsGrain>(Address);
        try
        {
            var loaded = await store.Load(limit.Token);
            _settings = new(loaded, store.Save, time, logger, _stopping.Token);
            _notLoadedBecause = null;
        }
        catch (Exception e) // Whatever the store throws: it means "not known yet", and the host waits with everything.
        {
            if (_notLoadedBecause != e.Message)
            {
                LogNotLoaded(logger, Address, e.Message);
            }
            _notLoadedBecause = e.Message;
        }
    }

    /// <summary>The periodic round: what is due by time alone.</summary>
    private async Task OnRound(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (now >= _nextHeartbeat || silos.Version != _silosVersion)
        {
            // Also when a silo has gone: it may have been the controller's, which then begins its next life with this call.
            _silosVersion = silos.Version;
            _nextHeartbeat = now + controllerOptions.Value.Heartbeat;
            _ = SendHeartbeat();
        }
        metrics.Note(Address, _engineSilence is null, _settings is { UnsavedBecause: null }, prober.Totals);
        foreach (var (id, _) in _gone.Where(entry => now - entry.Value > Late))
        {
            _gone.Remove(id);
        }
        if (_incidents.WatchedIfDue(now) is { } watched)
        {
            _ = TellWatched(watched);
        }
        foreach (var (id, hosted) in _containers.Where(entry => entry.Value.LookAt <= now && _engineSilence is null).ToList())
        {
            hosted.LookAt = null;
            _ = Look(id, hosted);
        }
        var due = _containers.Where(entry => entry.Value.Deadline <= now).Select(entry => entry.Key).ToList();
        await Task.WhenAll(due.Select(id => Tell(id, [new Observation.Ticked(now)], cancellationToken)));
    }

    private Task TellAllTheirRules(CancellationToken cancellationToken)
    {
        _content.Touch();
        TellController(urgent: true);
        var now = time.GetUtcNow();
        return Task.WhenAll(_containers.Keys.ToList().Select(id => Tell(id, [new Observation.Ticked(now)], cancellationToken)));
    }

    private async Task<ContainerCommandResult> Command(
        string container, string word, Func<ContainerSettings, ContainerSettings> change, Func<DateTimeOffset, Observation> fact, CancellationToken cancellationToken)
    {
        var match = ContainerName.Resolve(_content.Views, container);
        if (match.Container is not { Id: var id })
        {
            CheckListed();
            return new(null, match.Matches);
        }
        if (TryChange($"{match.Container.Name} {word}", current => current.With(id, change(current.Of(id)))))
        {
            await Tell(id, [fact(time.GetUtcNow())], cancellationToken);
        }
        return new(_content.Find(id), []);
    }

    /// <summary>Which containers there are is not known before the first list.</summary>
    private void CheckListed()
    {
        if (!_listed && _containers.Count == 0)
        {
            throw new HostUnavailableException(Address, "it has not listed its containers yet", isStarting: _engineSilence is null or HostStatus.NotAsked);
        }
    }

    /// <returns>False when the command that asks for it was carried out before.</returns>
    private bool TryChangeThreshold(double? threshold)
    {
        CheckThreshold(threshold);
        return TryChange($"threshold {threshold}", current => current with { Threshold = threshold });
    }

    /// <returns>False when the command that asks for it was carried out before.</returns>
    private bool TryChange(string word, Func<HostSettings, HostSettings> change)
    {
        var settings = Settings();
        if (settings.Current.Commands.ContainsCurrent(time.GetUtcNow()))
        {
            return false;
        }
        var next = change(settings.Current);
        settings.Change(next with { Commands = next.Commands.WithCurrent(time.GetUtcNow()) });
        LogChanged(logger, Address, word);
        return true;
    }

    /// <summary>Tells a container facts, and carries out what it answers.</summary>
    private async Task Tell(string id, ImmutableArray<Observation> facts, CancellationToken cancellationToken)
    {
        if (!_containers.ContainsKey(id) && !Introduce(id, facts))
        {
            return;
        }
        var hosted = Hosted(id, facts);
        var report = await GrainFactory.GetGrain<IContainerGrain>($"{Address}/{id}").Observe(facts, PolicyFor(id, hosted), cancellationToken);
        var looking = Task.CompletedTask;
        hosted.Trace = HealTrace.Follow(hosted.Trace, facts, report, isNewest: report.Revision > hosted.Revision, time.GetUtcNow());
        if (report.Revision > hosted.Revision)
        {
            looking = _incidents.Follow(id, facts, report, _content.Find(id)?.Memory, _stopping.Token);
            Take(id, hosted, report);
        }
        else
        {
            _incidents.NoteEnds(id, facts);
        }
        foreach (var change in report.Changes)
        {
            LogChange(hosted, change);
            Measure(hosted, change, facts);
        }
        if (report.Action != HealthAction.None && !hosted.IsBeingHealed)
        {
            hosted.IsBeingHealed = true;
            _ = Heal(id, hosted, report, looking);
        }
        else if (report.View?.Health == HealthState.Restarting && !hosted.IsBeingHealed)
        {
            // Its order was lost with an earlier life of this grain, or came while an older one was still being carried out.
            await Tell(id, [new Observation.RestartEnded(time.GetUtcNow(), report.Attempt, RestartOutcome.Withdrawn)], cancellationToken);
        }
    }

    /// <summary>Counts a fault when it is first told of; those that come later of the same are attempts.</summary>
    private void Measure(HostedContainer hosted, HealthChange change, ImmutableArray<Observation> facts)
    {
        if (change.Fault is not { } fault || fault.At == hosted.FailedAt)
        {
            return;
        }
        hosted.FailedAt = fault.At;
        metrics.Failed(Address, fault.Cause, time.GetUtcNow() - fault.FirstSign(facts));
    }

    /// <summary>Whether facts tell of a container that is new here, and not of one that is gone: that is what those are that come late.</summary>
    private bool Introduce(string id, ImmutableArray<Observation> facts)
    {
        var goneAt = _gone.TryGetValue(id, out var at) ? at : DateTimeOffset.MinValue;
        // One that the engine names and does not describe is there as well, and keeps what was set for it.
        return facts.Any(fact => fact is Observation.Seen or Observation.Started or Observation.Silenced && fact.At > goneAt);
    }

    private HostedContainer Hosted(string id, ImmutableArray<Observation> facts)
    {
        if (!_containers.TryGetValue(id, out var hosted))
        {
            _containers[id] = hosted = new();
        }
        if (facts.OfType<Observation.Seen>().LastOrDefault() is { Container: var described } && hosted.ReadLabels(described) is { Unknown: { Count: > 0 } unknown })
        {
            LogUnknownLabels(logger, described.Name, string.Join(", ", unknown));
        }
        return hosted;
    }

    private HealthPolicy PolicyFor(string id, HostedContainer hosted)
    {
        var settings = Settings().Current;
        var kept = settings.Of(id);
        return new()
        {
            Supervised = Supervises(settings.Fleet) && (kept.Supervised ?? hosted.Labels.Supervised ?? true),
            Adopted = kept.Adopted,
            Threshold = kept.Threshold ?? hosted.Labels.Threshold ?? HostThreshold(settings),
            Restart = hosted.Labels.Restart ?? RestartMode.Always,
            StartGrace = _rules.StartGrace,
            RecoveredAfter = _rules.RecoveredAfter,
            BackOff = _rules.BackOff,
            MaxBackOff = _rules.MaxBackOff,
            QuarantineAfter = _rules.QuarantineAfter,
            QuarantineWindow = _rules.QuarantineWindow,
            ProbeCount = prober.Status.Count,
        };
    }

    /// <summary>Where <see cref="PolicyFor"/> found the rules.</summary>
    private RuleSources SourcesFor(string id, HostedContainer hosted)
    {
        var settings = Settings().Current;
        var kept = settings.Of(id);
        return new(
            Supervised: !Supervises(settings.Fleet) ? RuleSource.Fleet
                : kept.Supervised is not null ? RuleSource.Container
                : hosted.Labels.Supervised is not null ? RuleSource.Label
                : RuleSource.Default,
            Threshold: kept.Threshold is not null ? RuleSource.Container
                : hosted.Labels.Threshold is not null ? RuleSource.Label
                : settings.Threshold is not null ? RuleSource.Host
                : settings.Fleet.Threshold is not null ? RuleSource.Fleet
                : RuleSource.Default,
            Restart: hosted.Labels.Restart is not null ? RuleSource.Label : RuleSource.Default);
    }

    private double HostThreshold(HostSettings settings) => settings.Threshold ?? settings.Fleet.Threshold ?? _rules.Threshold;

    /// <summary>Takes in a container's newest answer: what is shown, what is probed, what is remembered.</summary>
    private void Take(string id, HostedContainer hosted, ContainerReport report)
    {
        (hosted.Revision, hosted.Deadline, hosted.Container) = (report.Revision, report.Deadline, report.Container);
        if (report.Gone)
        {
            Forget(id);
            return;
        }
        if (report.View is not { } view)
        {
            return;
        }
        metrics.Turned(Address, hosted.Counted, view.Health);
        hosted.Counted = view.Health;
        var change = _content.Put(view);
        if (change != ContentChange.None)
        {
            TellController(urgent: change == ContentChange.State);
        }
        Probe(id, hosted, view);
        var settings = Settings();
        if (view.ContainerState == ContainerState.Running && settings.Current.Of(id) is { Adopted: false } kept)
        {
            settings.Change(settings.Current.With(id, kept with { Adopted = true }));
        }
    }

    private void Forget(string id)
    {
        prober.Unwatch(id);
        if (_containers.Remove(id, out var hosted))
        {
            metrics.Turned(Address, hosted.Counted, null);
        }
        _gone[id] = time.GetUtcNow();
        TellController(urgent: _content.Remove(id) != ContentChange.None);
        var settings = Settings();
        if (settings.Current.Containers.ContainsKey(id))
        {
            settings.Change(settings.Current with { Containers = settings.Current.Containers.Remove(id) });
        }
    }

    /// <summary>Probes a container while it runs under supervision and nothing is being done to it.</summary>
    private void Probe(string id, HostedContainer hosted, ContainerView view)
    {
        var wanted = view is { ContainerState: ContainerState.Running, Health: not (HealthState.Ignored or HealthState.Restarting) } && hosted.Container is { } container
            ? container.Addresses.Select(address => new ProbeTarget(id, address.Address, address.PrefixLength, view.Threshold)).ToImmutableArray()
            : [];
        if (wanted.SequenceEqual(hosted.Probed) && (wanted.IsEmpty || hosted.ProbedRun == hosted.Container?.StartedAt))
        {
            return;
        }
        prober.Unwatch(id);
        foreach (var target in wanted)
        {
            prober.Watch(target);
        }
        (hosted.Probed, hosted.ProbedRun) = (wanted, hosted.Container?.StartedAt);
    }

    /// <summary>Carries out an order, and reports its end. Runs beside the turns.</summary>
    private async Task Heal(string id, HostedContainer hosted, ContainerReport report, Task looking)
    {
        var orderedAt = time.GetUtcNow();
        try
        {
            if (report.Action == HealthAction.Restart && !looking.IsCompleted)
            {
                // What is to be seen of a container that still runs is gone after it.
                await Task.WhenAny(looking, Task.Delay(Witness.LongestWait, time, _stopping.Token));
            }
            var fault = report.Changes.LastOrDefault(change => change.To == HealthState.Restarting)?.Fault;
            var order = new HealOrder(id, report.Action, report.Attempt, hosted.Container, hosted.Labels.StopTimeout, fault is null, hosted.Trace?.Order ?? default, report.LostSeats);
            var facts = await _healer.CarryOutAsync(order, () => PolicyFor(id, hosted).Supervised, _stopping.Token);
            (hosted.Asked, hosted.IsConnected, hosted.HealedAfter) = (fault is null, report.Action == HealthAction.Connect, time.GetUtcNow() - (fault?.At ?? orderedAt));
            if (facts.OfType<Observation.RestartEnded>().LastOrDefault() is { } ended)
            {
                metrics.Ended(Address, report.Action, ended.Outcome);
                // No event may come of what was not answered, and no list show a change.
                hosted.LookAt = ended.Outcome == RestartOutcome.Unanswered ? time.GetUtcNow() + LookPause : null;
                if (fault is not null && ended.Outcome == RestartOutcome.Done)
                {
                    metrics.Healed(Address, fault.Cause, hosted.HealedAfter);
                }
            }
            // Cleared before it is told: the answer may order the next one, for a container that has died again meanwhile.
            hosted.IsBeingHealed = false;
            await Tell(id, facts, _stopping.Token);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The grain ends; its next life asks the container anew.
        }
        catch (Exception e)
        {
            hosted.IsBeingHealed = false;
            hosted.LookAt = time.GetUtcNow() + LookPause;
            LogHealFailed(logger, e, hosted.Name);
        }
    }

    /// <summary>Has a container judged as it is now. Runs beside the turns.</summary>
    private async Task Look(string id, HostedContainer hosted)
    {
        try
        {
            await Tell(id, [await _healer.LookAsync(id, _stopping.Token)], _stopping.Token);
        }
        catch (Exception) // Whoever did not answer may do so the next time.
        {
            hosted.LookAt = time.GetUtcNow() + LookPause;
        }
    }

    private void NoteEngine(string? silence, DateTimeOffset at)
    {
        if (silence is null)
        {
            LogEngineAnswers(logger, Address);
        }
        else
        {
            LogEngineSilent(logger, Address, silence);
        }
        (_engineSilence, _engineSince) = (silence, at);
        _incidents.NoteEngine(silence, at, IsSupervised);
        _content.Touch();
        TellController(urgent: true);
    }

    private void NoteListed()
    {
        _incidents.NoteListed(_containers.Keys);
        var settings = Settings();
        var gone = settings.Current.Containers.Keys.Where(id => !_containers.ContainsKey(id)).ToList();
        if (gone.Count > 0)
        {
            settings.Change(settings.Current with { Containers = settings.Current.Containers.RemoveRange(gone) });
        }
        if (!_listed)
        {
            _listed = true;
            LogUnderCare(logger, Address, _containers.Count);
        }
    }

    private HostStatus Status() => new()
    {
        EngineAnswers = _engineSilence is null,
        EngineSince = _engineSince,
        EngineSilence = _engineSilence,
        NoEvents = _noEvents,
        Prober = prober.Status,
        Supervised = IsSupervised,
        Threshold = _settings is null ? _rules.Threshold : HostThreshold(_settings.Current),
        UnsavedBecause = _notLoadedBecause ?? _settings?.UnsavedBecause,
        Ready = _listed && _engineSilence is null,
    };

    private IControllerGrain Controller => GrainFactory.GetGrain<IControllerGrain>(IControllerGrain.Key);

    public Task SetWindow(TimeSpan window, CancellationToken cancellationToken)
    {
        _window = window;
        _wake.TrySetResult();
        return Task.CompletedTask;
    }

    /// <summary>Has the controller told that there is news: at once, or with the window.</summary>
    private void TellController(bool urgent)
    {
        _moreToTell = true;
        _urgentToTell |= urgent;
        Speak();
    }

    /// <summary>Tells the controller what there is to tell, once all facts that came together are taken in: they make one message.</summary>
    private void Speak()
    {
        if (_takingIn > 0 || !_moreToTell)
        {
            return;
        }
        if (_urgentToTell)
        {
            _wake.TrySetResult();
        }
        if (!_telling)
        {
            _ = TellControllerUntilDone();
        }
    }

    /// <remarks>One message at a time: each builds on the one before, and has the latest news in it.</remarks>
    private async Task TellControllerUntilDone()
    {
        _telling = true;
        while (_moreToTell && !_stopping.IsCancellationRequested)
        {
            if (!_urgentToTell && _window - time.GetElapsedTime(_toldAt) is { Ticks: > 0 } left)
            {
                _wake = new(TaskCreationOptions.RunContinuationsAsynchronously);
                await Task.WhenAny(_wake.Task, Task.Delay(left, time, _stopping.Token));
                continue;
            }
            (_moreToTell, _urgentToTell) = (false, false);
            _toldAt = time.GetTimestamp();
            try
            {
                await Controller.Update(Address, _news.Next(Status()));
            }
            catch (Exception e) // The controller is moving or cut off; the next heartbeat tells it where this host stands.
            {
                _news.Forget();
                LogControllerSilent(logger, Address, e.Message);
            }
        }
        _telling = false;
    }

    private async Task SendHeartbeat()
    {
        try
        {
            var order = await Controller.Heartbeat(Address, _telling || _news.IsRead ? null : _content.Version, _settings?.Current.Fleet ?? FleetOrder.None);
            if (_settings is not null)
            {
                await Apply(order, _stopping.Token);
            }
        }
        catch (Exception e) // As above: a host heals on its own as well.
        {
            LogControllerSilent(logger, Address, e.Message);
        }
    }

    /// <summary>Tells the history which containers are watched. What it does not hear now it hears the next time.</summary>
    private async Task TellWatched(ImmutableArray<WatchedTime> watched)
    {
        try
        {
            await GrainFactory.GetGrain<IHistoryGrain>(IHistoryGrain.Key).NoteWatched(Address, watched, _stopping.Token);
            _incidents.NoteWatchedTold(watched);
        }
        catch (Exception e) // As above.
        {
            LogHistorySilent(logger, Address, e.Message);
        }
    }

    private void LogChange(HostedContainer hosted, HealthChange change)
    {
        switch (change)
        {
            case { To: HealthState.Restarting, Fault: { } fault }:
                LogHealing(logger, hosted.Name, ContainerSentence.Of(fault.Cause), fault.Evidence);
                break;
            case { To: HealthState.Restarting }:
                LogSays(logger, hosted.Name, "restarted on demand");
                break;
            case { From: HealthState.Restarting, To: HealthState.Starting or HealthState.Healthy }:
                LogRunningAgain(logger, hosted.Name, hosted.IsConnected ? "is on its networks again" : "runs again", hosted.HealedAfter.TotalSeconds, hosted.Asked ? "it was asked for" : "the fault was found");
                break;
            case { To: HealthState.BackingOff, RetryAt: { } retryAt, Fault: { } fault }:
                LogBackingOff(logger, hosted.Name, ContainerSentence.Of(fault.Cause), fault.Evidence, (retryAt - change.At).TotalSeconds);
                break;
            case { To: HealthState.BackingOff, Fault: { } fault }:
                LogEngineRestarts(logger, hosted.Name, ContainerSentence.Of(fault.Cause), fault.Evidence);
                break;
            case { To: HealthState.Quarantined, Fault: { } fault }:
                LogQuarantined(logger, hosted.Name, ContainerSentence.Of(fault.Cause), fault.Evidence);
                break;
            case { To: HealthState.Ignored }:
                LogSays(logger, hosted.Name, "ignored");
                break;
            case { From: HealthState.Ignored }:
                LogSays(logger, hosted.Name, "under supervision");
                break;
            case { To: HealthState.Gone }:
                LogSays(logger, hosted.Name, "removed");
                break;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Container} {Cause} ({Evidence}): healing it")]
    private static partial void LogHealing(ILogger logger, string container, string cause, string evidence);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Container} {What}, {Seconds:0.00} s after {Reason}")]
    private static partial void LogRunningAgain(ILogger logger, string container, string what, double seconds, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Container} {Cause} ({Evidence}) again: next attempt in {Seconds:0.#} s")]
    private static partial void LogBackingOff(ILogger logger, string container, string cause, string evidence, double seconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Container} {Cause} ({Evidence}): the engine restarts it under its own policy")]
    private static partial void LogEngineRestarts(ILogger logger, string container, string cause, string evidence);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Container} {Cause} ({Evidence}) again and again: given up, put it under supervision to try again")]
    private static partial void LogQuarantined(ILogger logger, string container, string cause, string evidence);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Container}: {State}")]
    private static partial void LogSays(ILogger logger, string container, string state);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Container}: labels with unknown values, defaults kept: {Labels}")]
    private static partial void LogUnknownLabels(ILogger logger, string container, string labels);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Container} could not be healed")]
    private static partial void LogHealFailed(ILogger logger, Exception exception, string container);

    [LoggerMessage(Level = LogLevel.Information, Message = "host {Host}: {Count} containers known")]
    private static partial void LogUnderCare(ILogger logger, string host, int count);

    [LoggerMessage(Level = LogLevel.Information, Message = "host {Host}: the engine answers")]
    private static partial void LogEngineAnswers(ILogger logger, string host);

    [LoggerMessage(Level = LogLevel.Warning, Message = "host {Host}: the engine is silent: {Reason}")]
    private static partial void LogEngineSilent(ILogger logger, string host, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "host {Host}: its clock was set by {Seconds:0.0} s")]
    private static partial void LogClockSet(ILogger logger, string host, double seconds);

    [LoggerMessage(Level = LogLevel.Information, Message = "host {Host} {State}")]
    private static partial void LogSupervision(ILogger logger, string host, string state);

    [LoggerMessage(Level = LogLevel.Error, Message = "host {Host}: its settings cannot be read, so it waits: {Reason}")]
    private static partial void LogNotLoaded(ILogger logger, string host, string reason);

    [LoggerMessage(Level = LogLevel.Debug, Message = "host {Host}: {Word} from now on")]
    private static partial void LogChanged(ILogger logger, string host, string word);

    [LoggerMessage(Level = LogLevel.Debug, Message = "host {Host}: the history does not answer: {Reason}")]
    private static partial void LogHistorySilent(ILogger logger, string host, string reason);

    [LoggerMessage(Level = LogLevel.Debug, Message = "host {Host}: the controller does not answer: {Reason}")]
    private static partial void LogControllerSilent(ILogger logger, string host, string reason);
}
