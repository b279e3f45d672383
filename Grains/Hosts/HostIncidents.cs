using System.Collections.Immutable;
using HmsOrleans.Grains.Containers;
using HmsOrleans.Grains.Engine;
using HmsOrleans.Grains.Health;
using HmsOrleans.Grains.Incidents;
using Microsoft.Extensions.Logging;

namespace HmsOrleans.Grains.Hosts;

/// <summary>The incidents of a host and its containers, and when these were watched. Used from one grain's turns only; nothing here is waited for.</summary>
internal sealed partial class HostIncidents(string host, IIncidentOutbox outbox, Witness witness, TimeProvider time, ILogger logger)
{
    /// <summary>More than a node misses in days without its history.</summary>
    private const int MostEnded = 10_000;

    /// <summary>That a container has come to be watched is told after so long, together with the others that have.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(1);

    private readonly Dictionary<string, Followed> _containers = [];

    /// <summary>The open incident of the engine.</summary>
    private Incident? _engine;

    /// <summary>Watched times that have ended and have not been told.</summary>
    private readonly List<WatchedTime> _ended = [];
    private DateTimeOffset _tellWatchedAt = DateTimeOffset.MaxValue;

    /// <summary>Takes over the incidents that another life of the node has left open.</summary>
    public async Task ResumeAsync(CancellationToken cancellationToken)
    {
        try
        {
            foreach (var incident in await outbox.GetUnfinishedAsync(host, cancellationToken))
            {
                if (incident.ContainerId is { } id)
                {
                    _containers[id] = new() { Trail = IncidentLog.Resume(incident, time.GetUtcNow()) };
                }
                else if (incident.Cause == IncidentCause.EngineSilent)
                {
                    _engine = incident;
                }
            }
        }
        catch (Exception e) // Whatever the database throws: they stay open until the node's next life, and healing goes on.
        {
            LogNotResumed(logger, host, e.Message);
        }
    }

    /// <summary>Takes in what a container has answered to facts.</summary>
    /// <param name="id">Its full id.</param>
    /// <param name="facts">What it was told.</param>
    /// <param name="report">What it answered.</param>
    /// <param name="memory">What it last used.</param>
    /// <param name="stopping">Ends what goes on behind the caller's back.</param>
    /// <returns>Ends when the container has been looked at, where that is due: before each attempt to heal it, and when it is given up.</returns>
    public Task Follow(string id, ImmutableArray<Observation> facts, ContainerReport report, long? memory, CancellationToken stopping)
    {
        var now = time.GetUtcNow();
        if (!_containers.TryGetValue(id, out var followed))
        {
            _containers[id] = followed = new();
        }
        var before = followed.Trail.Incident;
        (followed.Trail, var changed) = IncidentLog.Follow(followed.Trail, host, facts, report, now);
        foreach (var revision in changed)
        {
            outbox.Put(revision);
        }
        Watch(id, followed, report, now);
        if (report.Gone)
        {
            _containers.Remove(id);
        }
        return report.Container is { } container && followed.Trail.Incident is { } incident && IsWorthALook(incident, before, report.Action)
            ? Look(followed, incident.Id, container, memory, stopping)
            : Task.CompletedTask;
    }

    /// <summary>Takes in the end of an attempt out of facts whose answer was overtaken by a later one.</summary>
    public void NoteEnds(string id, ImmutableArray<Observation> facts)
    {
        if (_containers.TryGetValue(id, out var followed) && IncidentLog.EndAttempts(followed.Trail, facts) is { Incident: { } ended } trail && !ReferenceEquals(ended, followed.Trail.Incident))
        {
            ended = ended with { Revision = ended.Revision + 1 };
            followed.Trail = trail with { Incident = ended };
            outbox.Put(ended);
        }
    }

    /// <summary>The engine has told of all its containers.</summary>
    /// <param name="known">Their ids.</param>
    public void NoteListed(IReadOnlyCollection<string> known)
    {
        var now = time.GetUtcNow();
        _tellWatchedAt = _tellWatchedAt == DateTimeOffset.MaxValue ? now : _tellWatchedAt;
        foreach (var (id, gone) in _containers.Where(entry => !known.Contains(entry.Key)).ToList())
        {
            // It was removed while no node ran.
            _containers.Remove(id);
            if (gone.Trail.Incident is { IsOver: false } incident)
            {
                outbox.Put(IncidentLog.End(incident, IncidentOutcome.Removed, now));
            }
        }
    }

    /// <summary>The engine has fallen silent, or answers again.</summary>
    public void NoteEngine(string? silence, DateTimeOffset at, bool isSupervised)
    {
        if (silence is null && _engine is { } open)
        {
            _engine = null;
            outbox.Put(IncidentLog.End(open, IncidentOutcome.Recovered, at));
        }
        else if (silence is not null && _engine is null && isSupervised)
        {
            outbox.Put(_engine = IncidentLog.OfHost(host, IncidentCause.EngineSilent, silence, downSince: null, at));
        }
    }

    /// <summary>The machine's clock was set.</summary>
    public void ShiftClock(TimeSpan by)
    {
        foreach (var followed in _containers.Values)
        {
            followed.WatchedSince += by;
        }
        if (_tellWatchedAt != DateTimeOffset.MaxValue)
        {
            _tellWatchedAt += by;
        }
    }

    /// <summary>The times in which containers were watched, when it is due to tell of them.</summary>
    /// <returns>Null when it is not.</returns>
    public ImmutableArray<WatchedTime>? WatchedIfDue(DateTimeOffset now)
    {
        if (now < _tellWatchedAt)
        {
            return null;
        }
        _tellWatchedAt = now + Availability.TellPeriod;
        return [.. _ended, .. _containers.Where(entry => entry.Value.WatchedSince is not null).Select(entry => new WatchedTime(entry.Key, entry.Value.Name, entry.Value.WatchedSince!.Value, now))];
    }

    /// <summary>Those that have ended need not be told again.</summary>
    public void NoteWatchedTold(ImmutableArray<WatchedTime> told) => _ended.RemoveAll(told.Contains);

    /// <summary>A container is watched while it is judged: under supervision, described by its engine, and not left as it is.</summary>
    private void Watch(string id, Followed followed, ContainerReport report, DateTimeOffset now)
    {
        var isWatched = !report.Gone && report.View is { Health: not (HealthState.Ignored or HealthState.Unknown) };
        followed.Name = report.View?.Name ?? followed.Name;
        if (isWatched && followed.WatchedSince is null)
        {
            followed.WatchedSince = now;
            if (_tellWatchedAt != DateTimeOffset.MaxValue && _tellWatchedAt > now + Soon)
            {
                _tellWatchedAt = now + Soon;
            }
        }
        else if (!isWatched && followed.WatchedSince is { } since)
        {
            followed.WatchedSince = null;
            _ended.Add(new(id, followed.Name, since, now, HasEnded: true));
            if (_ended.Count > MostEnded)
            {
                _ended.RemoveAt(0);
            }
        }
    }

    /// <summary>What is to be seen at the beginning, before an attempt, or when there will be none any more, is what people ask for.</summary>
    private static bool IsWorthALook(Incident incident, Incident? before, HealthAction action) => incident.Outcome switch
    {
        IncidentOutcome.Open => incident.Id != before?.Id || action != HealthAction.None,
        IncidentOutcome.Quarantined => before?.Outcome != IncidentOutcome.Quarantined,
        _ => false,
    };

    /// <summary>Looks at a container, unless that is going on, or it has not run since it was looked at.</summary>
    private Task Look(Followed followed, string incident, EngineContainer container, long? memory, CancellationToken stopping)
    {
        var end = container.State == ContainerState.Exited ? container.FinishedAt : null;
        if (followed.Looking.IsCompleted && (end is null || end != followed.SeenEnd))
        {
            followed.SeenEnd = end;
            followed.Looking = Capture(followed, incident, witness.LookAsync(container, memory, stopping));
        }
        return followed.Looking;
    }

    private async Task Capture(Followed followed, string incident, Task<IncidentCapture?> looking)
    {
        if (await looking is { } capture && followed.Trail.Incident is { } known && known.Id == incident)
        {
            followed.Trail = followed.Trail with { Incident = known with { Revision = known.Revision + 1 } };
            outbox.Put(followed.Trail.Incident with { Capture = capture });
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "host {Host}: which incidents were open could not be read: {Reason}")]
    private static partial void LogNotResumed(ILogger logger, string host, string reason);

    /// <summary>What is kept of a container.</summary>
    private sealed class Followed
    {
        public IncidentTrail Trail { get; set; } = IncidentTrail.Empty;

        public string Name { get; set; } = "";

        /// <summary>Since when it has been watched without a break; null while it is not.</summary>
        public DateTimeOffset? WatchedSince { get; set; }

        /// <summary>The look at it that is going on, or was the last.</summary>
        public Task Looking { get; set; } = Task.CompletedTask;

        /// <summary>The end of the run after which it was last looked at.</summary>
        public DateTimeOffset? SeenEnd { get; set; }
    }
}
