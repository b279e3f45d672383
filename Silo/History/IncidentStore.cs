using System.Collections.Immutable;
using System.Globalization;
using HmsOrleans.Grains.Incidents;

namespace HmsOrleans.Silo.History;

/// <summary>The history in a database: incidents, and when containers were watched.</summary>
internal sealed class IncidentStore(IHistoryDatabase database, IncidentTable incidents, TimeProvider time) : IIncidentStore
{
    public Task KeepAsync(ImmutableArray<Incident> changed, CancellationToken cancellationToken) => incidents.KeepAsync(changed, time.GetUtcNow(), cancellationToken);

    public Task<IncidentPage> FindAsync(IncidentQuery query, CancellationToken cancellationToken) => incidents.FindAsync(query, cancellationToken);

    public Task<Incident?> GetAsync(string id, CancellationToken cancellationToken) => incidents.GetAsync(id, cancellationToken);

    public Task<long> GetCursorAsync(CancellationToken cancellationToken) => incidents.GetCursorAsync(cancellationToken);

    public Task<IncidentNews> GetNewsAsync(long after, CancellationToken cancellationToken) => incidents.GetNewsAsync(after, cancellationToken);

    public Task NoteWatchedAsync(string host, ImmutableArray<WatchedTime> watched, CancellationToken cancellationToken) => database.DoAsync(async (connection, token) =>
    {
        await using var transaction = await connection.BeginTransactionAsync(token);
        foreach (var span in watched)
        {
            await using var command = connection.Command("""
                INSERT INTO WatchedTime (Host, ContainerId, Container, Since, Until, Ended) VALUES (@Host, @ContainerId, @Container, @Since, @Until, @Ended)
                ON CONFLICT (Host, ContainerId, Since) DO UPDATE SET Container = excluded.Container, Until = excluded.Until, Ended = excluded.Ended
                WHERE WatchedTime.Until < excluded.Until
                """,
                ("Host", host), ("ContainerId", span.ContainerId), ("Container", span.Container),
                ("Since", IncidentTable.Milliseconds(span.From)), ("Until", IncidentTable.Milliseconds(span.To)), ("Ended", span.HasEnded ? 1 : 0));
            command.Transaction = transaction;
            await command.ExecuteNonQueryAsync(token);
        }
        await transaction.CommitAsync(token);
        return true;
    }, cancellationToken);

    public Task<ImmutableArray<WatchedTime>> GetWatchedAsync(string host, string? container, DateTimeOffset since, CancellationToken cancellationToken) =>
        database.DoAsync(async (connection, token) =>
        {
            await using var command = connection.Command(
                $"SELECT ContainerId, Container, Since, Until, Ended FROM WatchedTime WHERE Host = @Host AND Until >= @Since{(container is null ? "" : " AND (Container = @Container OR ContainerId = @Container)")}",
                ("Host", host), ("Since", IncidentTable.Milliseconds(since)), ("Container", container));
            await using var reader = await command.ExecuteReaderAsync(token);
            var spans = ImmutableArray.CreateBuilder<WatchedTime>();
            while (await reader.ReadAsync(token))
            {
                spans.Add(new(
                    reader.GetString(0), reader.GetString(1), DateTimeOffset.FromUnixTimeMilliseconds(reader.GetInt64(2)), DateTimeOffset.FromUnixTimeMilliseconds(reader.GetInt64(3)),
                    HasEnded: reader.GetInt32(4) == 1));
            }
            return spans.ToImmutable();
        }, cancellationToken);

    public async Task<ContainerPast> GetPastAsync(string host, string? container, DateTimeOffset since, CancellationToken cancellationToken) =>
        new(await GetWatchedAsync(host, container, since, cancellationToken), await incidents.GetPastAsync(host, container, since, cancellationToken));

    public async Task<int> PurgeAsync(DateTimeOffset before, int limit, CancellationToken cancellationToken)
    {
        var purged = await incidents.PurgeAsync(before, limit, cancellationToken);
        var spans = await database.DoAsync(async (connection, token) =>
        {
            await using var command = connection.Command(
                string.Create(CultureInfo.InvariantCulture, $"""
                    DELETE FROM WatchedTime WHERE (Host, ContainerId, Since) IN (
                        SELECT Host, ContainerId, Since FROM WatchedTime WHERE Until < @Before ORDER BY Until LIMIT {limit})
                    """),
                ("Before", IncidentTable.Milliseconds(before)));
            return await command.ExecuteNonQueryAsync(token);
        }, cancellationToken);
        return Math.Max(purged, spans);
    }
}
