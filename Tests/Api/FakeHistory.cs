using System.Collections.Immutable;
using System.Threading.Channels;
using HmsOrleans.Grains.Incidents;

namespace HmsOrleans.Tests.Api;

/// <summary>A history that tells what a test has it tell.</summary>
internal sealed class FakeHistory : IHistoryGrain
{
    private readonly Channel<IncidentNews> _news = Channel.CreateUnbounded<IncidentNews>();
    private long _cursor;

    public void Tell(params ImmutableArray<Incident> incidents) => _news.Writer.TryWrite(new(++_cursor, HasGap: false, incidents));

    public async Task<IncidentNews> Watch(long? after, CancellationToken cancellationToken) => await _news.Reader.ReadAsync(cancellationToken);

    /// <summary>Passed by every call of a reader.</summary>
    public Fault Gate { get; set; } = Faults.None;

    /// <summary>What it has, newest first.</summary>
    public ImmutableArray<Incident> Incidents { get; set; } = [];

    public ImmutableArray<AvailabilityWindow> Availability { get; set; } = [];

    /// <summary>When containers were watched.</summary>
    public ImmutableArray<WatchedTime> Watched { get; set; } = [];

    /// <summary>What it was asked for last.</summary>
    public IncidentQuery? Query { get; private set; }

    /// <summary>Whose availability it was asked for last.</summary>
    public (string Host, string? Container)? Asked { get; private set; }

    public Task Keep(ImmutableArray<Incident> incidents, CancellationToken cancellationToken) => throw new NotSupportedException();

    public async Task<IncidentPage> Find(IncidentQuery query, CancellationToken cancellationToken)
    {
        await Gate(cancellationToken);
        Query = query;
        var page = Incidents.Where(incident => query.Before is null || string.CompareOrdinal(incident.Id, query.Before) < 0).ToList();
        return new([.. page.Take(query.Limit).Select(incident => incident with { Capture = null })], page.Count > query.Limit ? page[query.Limit - 1].Id : null);
    }

    public async Task<Incident?> GetIncident(string id, CancellationToken cancellationToken)
    {
        await Gate(cancellationToken);
        return Incidents.FirstOrDefault(incident => incident.Id == id);
    }

    public Task NoteWatched(string host, ImmutableArray<WatchedTime> watched, CancellationToken cancellationToken) => throw new NotSupportedException();

    public async Task<ImmutableArray<WatchedTime>> GetWatched(string host, CancellationToken cancellationToken)
    {
        await Gate(cancellationToken);
        Asked = (host, null);
        return Watched;
    }

    public async Task<ImmutableArray<AvailabilityWindow>> GetAvailability(string host, string? container, CancellationToken cancellationToken)
    {
        await Gate(cancellationToken);
        Asked = (host, container);
        return Availability;
    }
}
