using System.Collections.Immutable;
using HmsOrleans.Grains.Incidents;

namespace HmsOrleans.Tests.Notifications;

/// <summary>The history's store in memory, which can repeat itself, leave a gap, and fail.</summary>
internal sealed class FakeHistory : IIncidentStore
{
    private readonly Lock _lock = new();
    private readonly List<Incident> _kept = [];
    private bool _repeats;
    private bool _hasGap;

    /// <summary>Everything fails with this; null: it works.</summary>
    public string? Trouble { get; set; }

    /// <summary>It tells all that it has told once more, with the next news.</summary>
    public void Repeat() => _repeats = true;

    /// <summary>The next news are left out: they have to be read.</summary>
    public void LeaveGap() => _hasGap = true;

    public Task KeepAsync(ImmutableArray<Incident> incidents, CancellationToken cancellationToken) => Do(() =>
    {
        _kept.AddRange(incidents);
        return true;
    });

    public Task<IncidentPage> FindAsync(IncidentQuery query, CancellationToken cancellationToken) =>
        Do(() => new IncidentPage([.. Now().Where(incident => query.Outcomes.Contains(incident.Outcome))], null));

    public Task<Incident?> GetAsync(string id, CancellationToken cancellationToken) => Do(() => Now().FirstOrDefault(incident => incident.Id == id));

    public Task<long> GetCursorAsync(CancellationToken cancellationToken) => Do(() => (long)_kept.Count);

    public Task<IncidentNews> GetNewsAsync(long after, CancellationToken cancellationToken) => Do(() =>
    {
        if (_kept.Count == after)
        {
            return new IncidentNews(after, false, []);
        }
        var news = _hasGap ? new(_kept.Count, true, []) : new IncidentNews(_kept.Count, false, [.. _kept.Skip(_repeats ? 0 : (int)after)]);
        (_hasGap, _repeats) = (false, false);
        return news;
    });

    public Task NoteWatchedAsync(string host, ImmutableArray<WatchedTime> watched, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task<ImmutableArray<WatchedTime>> GetWatchedAsync(string host, string? container, DateTimeOffset since, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<ContainerPast> GetPastAsync(string host, string? container, DateTimeOffset since, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<int> PurgeAsync(DateTimeOffset before, int limit, CancellationToken cancellationToken) => Task.FromResult(0);

    private IEnumerable<Incident> Now() => _kept.GroupBy(incident => incident.Id).Select(revisions => revisions.MaxBy(incident => incident.Revision)!);

    private Task<T> Do<T>(Func<T> what)
    {
        lock (_lock)
        {
            return Trouble is { } trouble ? Task.FromException<T>(new IOException(trouble)) : Task.FromResult(what());
        }
    }
}
