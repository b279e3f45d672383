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

    public Task NoteWatched(string host, ImmutableArray<WatchedTime> watched, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<ImmutableArray<AvailabilityWindow>> GetAvailability(string host, string? container, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task Keep(ImmutableArray<Incident> incidents, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<IncidentPage> Find(IncidentQuery query, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<Incident?> GetIncident(string id, CancellationToken cancellationToken) => throw new NotSupportedException();
}
