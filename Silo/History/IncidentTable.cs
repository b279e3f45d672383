using System.Collections.Immutable;
using System.Data.Common;
using System.Globalization;
using System.Text;
using HmsOrleans.Grains.Incidents;

namespace HmsOrleans.Silo.History;

/// <summary>
/// A table of incidents in SQLite or PostgreSQL, which understand the same SQL as far as it is used here. Times are milliseconds
/// since 1970; the record itself is kept as JSON, its capture apart. EndedAt is when an incident was over: null while one that was
/// given up is still down.
/// </summary>
/// <param name="database">Where it is.</param>
/// <param name="name">Its name.</param>
internal sealed class IncidentTable(IHistoryDatabase database, string name)
{
    public const string History = "Incident";

    /// <summary>The same, of what a host has not told to the history yet.</summary>
    public const string Outbox = "IncidentOutbox";

    /// <summary>Most that one call returns.</summary>
    public const int MaxAtOnce = 500;

    // The next place in the order of changes is taken in the same transaction as the change: nobody sees a later one before an earlier one.
    private readonly string _keep = $"""
        UPDATE IncidentCursor SET Value = Value + 1 WHERE Name = '{name}';
        INSERT INTO {name} (Id, Seq, Revision, Host, ContainerId, Container, Cause, Outcome, FaultAt, EndedAt, ChangedAt, Record, Capture)
        VALUES (@Id, (SELECT Value FROM IncidentCursor WHERE Name = '{name}'), @Revision, @Host, @ContainerId, @Container, @Cause, @Outcome, @FaultAt, @EndedAt, @ChangedAt, @Record, @Capture)
        ON CONFLICT (Id) DO UPDATE SET
            Seq = excluded.Seq, Revision = excluded.Revision, ContainerId = excluded.ContainerId, Container = excluded.Container, Cause = excluded.Cause,
            Outcome = excluded.Outcome, FaultAt = excluded.FaultAt, EndedAt = excluded.EndedAt, ChangedAt = excluded.ChangedAt, Record = excluded.Record,
            Capture = COALESCE(excluded.Capture, {name}.Capture)
        WHERE {name}.Revision < excluded.Revision
        """;

    /// <summary>Keeps incidents, all or none.</summary>
    public Task KeepAsync(ImmutableArray<Incident> incidents, DateTimeOffset now, CancellationToken cancellationToken) => database.DoAsync(async (connection, token) =>
    {
        await using var transaction = await connection.BeginTransactionAsync(token);
        foreach (var incident in incidents)
        {
            await using var command = connection.Command(_keep,
                ("Id", incident.Id), ("Revision", incident.Revision), ("Host", incident.Host), ("ContainerId", incident.ContainerId), ("Container", incident.Container),
                ("Cause", incident.Cause.ToString()), ("Outcome", incident.Outcome.ToString()), ("FaultAt", Milliseconds(incident.FaultAt)),
                ("EndedAt", incident.OverAt is { } over ? Milliseconds(over) : null), ("ChangedAt", Milliseconds(now)),
                ("Record", IncidentJson.Write(incident with { Capture = null })), ("Capture", incident.Capture is { } capture ? IncidentJson.Write(capture) : null));
            command.Transaction = transaction;
            await command.ExecuteNonQueryAsync(token);
        }
        await transaction.CommitAsync(token);
        return true;
    }, cancellationToken);

    public async Task<IncidentPage> FindAsync(IncidentQuery query, CancellationToken cancellationToken)
    {
        var limit = Math.Clamp(query.Limit, 1, MaxAtOnce);
        var where = new Conditions();
        where.Add("Host = @Host", "Host", query.Host);
        where.Add(NamedBy(query.Container), "Container", query.Container);
        where.AddAny("Cause", query.Causes);
        where.AddAny("Outcome", query.Outcomes);
        where.Add("(EndedAt IS NULL OR EndedAt >= @Since)", "Since", query.From is { } from ? Milliseconds(from) : null);
        where.Add("FaultAt < @Until", "Until", query.To is { } to ? Milliseconds(to) : null);
        where.Add("Id < @Before", "Before", query.Before);
        var found = await database.DoAsync(async (connection, token) =>
        {
            // One more than asked for tells whether there is a next page.
            await using var command = connection.Command(
                string.Create(CultureInfo.InvariantCulture, $"SELECT Record FROM {name}{where} ORDER BY Id DESC LIMIT {limit + 1}"), [.. where.Values]);
            return await ReadAsync(command, token);
        }, cancellationToken);
        return found.Count > limit ? new([.. found[..limit]], found[limit - 1].Id) : new([.. found], null);
    }

    /// <summary>One incident with its capture; null when there is none with that id.</summary>
    public Task<Incident?> GetAsync(string id, CancellationToken cancellationToken) => database.DoAsync(async (connection, token) =>
    {
        await using var command = connection.Command($"SELECT Record, Capture FROM {name} WHERE Id = @Id", ("Id", id));
        await using var reader = await command.ExecuteReaderAsync(token);
        return await reader.ReadAsync(token) ? IncidentJson.Read(reader) : null;
    }, cancellationToken);

    public Task<long> GetCursorAsync(CancellationToken cancellationToken) => database.DoAsync(async (connection, token) =>
    {
        await using var command = connection.Command($"SELECT Value FROM IncidentCursor WHERE Name = '{name}'");
        return Convert.ToInt64(await command.ExecuteScalarAsync(token), CultureInfo.InvariantCulture);
    }, cancellationToken);

    /// <summary>What was kept after a cursor. One from the future is of another database: there is a gap.</summary>
    public async Task<IncidentNews> GetNewsAsync(long after, CancellationToken cancellationToken)
    {
        var now = await GetCursorAsync(cancellationToken);
        if (after >= now)
        {
            return new(now, HasGap: after > now, []);
        }
        return await database.DoAsync(async (connection, token) =>
        {
            await using var command = connection.Command(
                string.Create(CultureInfo.InvariantCulture, $"SELECT Record, Seq FROM {name} WHERE Seq > @After ORDER BY Seq LIMIT {MaxAtOnce}"), ("After", after));
            await using var reader = await command.ExecuteReaderAsync(token);
            var incidents = ImmutableArray.CreateBuilder<Incident>();
            var cursor = after;
            while (await reader.ReadAsync(token))
            {
                incidents.Add(IncidentJson.Read(reader.GetString(0)));
                cursor = reader.GetInt64(1);
            }
            return new IncidentNews(incidents.Count < MaxAtOnce ? Math.Max(cursor, now) : cursor, HasGap: false, incidents.ToImmutable());
        }, cancellationToken);
    }

    /// <summary>Incidents of a host, or of one of its containers, that were not over before a time.</summary>
    public Task<ImmutableArray<Incident>> GetPastAsync(string host, string? container, DateTimeOffset since, CancellationToken cancellationToken) => database.DoAsync(async (connection, token) =>
    {
        var where = new Conditions();
        where.Add("Host = @Host", "Host", host);
        where.Add("(Container = @Container OR ContainerId = @Container)", "Container", container);
        where.Add("(EndedAt IS NULL OR EndedAt >= @Since)", "Since", Milliseconds(since));
        await using var command = connection.Command($"SELECT Record FROM {name}{where}", [.. where.Values]);
        return (await ReadAsync(command, token)).ToImmutableArray();
    }, cancellationToken);

    /// <summary>Removes what has not changed since a time, so many at most. What is not over is kept as long as somebody watches the container.</summary>
    /// <returns>How many that were.</returns>
    public Task<int> PurgeAsync(DateTimeOffset before, int limit, CancellationToken cancellationToken) => database.DoAsync(async (connection, token) =>
    {
        await using var command = connection.Command(
            string.Create(CultureInfo.InvariantCulture, $"""
                DELETE FROM {name} WHERE Id IN (
                    SELECT Id FROM {name} AS old
                    WHERE ChangedAt < @Before AND (EndedAt IS NOT NULL OR (ContainerId IS NOT NULL AND NOT EXISTS (
                        SELECT 1 FROM WatchedTime WHERE Host = old.Host AND ContainerId = old.ContainerId AND Until >= @Before)))
                    ORDER BY ChangedAt LIMIT {limit})
                """),
            ("Before", Milliseconds(before)));
        return await command.ExecuteNonQueryAsync(token);
    }, cancellationToken);

    /// <summary>So many digits of an id, as the engine shows them, are no name that somebody would give.</summary>
    private static string NamedBy(string? container) => container is { Length: >= 12 and < 64 } && container.All(char.IsAsciiHexDigitLower)
        ? string.Create(CultureInfo.InvariantCulture, $"(Container = @Container OR substr(ContainerId, 1, {container.Length}) = @Container)")
        : "(Container = @Container OR ContainerId = @Container)";

    internal static long Milliseconds(DateTimeOffset at) => at.ToUnixTimeMilliseconds();

    private static async Task<List<Incident>> ReadAsync(DbCommand command, CancellationToken token)
    {
        await using var reader = await command.ExecuteReaderAsync(token);
        var incidents = new List<Incident>();
        while (await reader.ReadAsync(token))
        {
            incidents.Add(IncidentJson.Read(reader.GetString(0)));
        }
        return incidents;
    }

    /// <summary>The conditions of a query: those for which a value is given.</summary>
    private sealed class Conditions
    {
        private readonly StringBuilder _text = new();

        public List<(string Name, object? Value)> Values { get; } = [];

        public void Add(string condition, string name, object? value)
        {
            if (value is not null)
            {
                _text.Append(_text.Length == 0 ? " WHERE " : " AND ").Append(condition);
                Values.Add((name, value));
            }
        }

        public void AddAny<T>(string column, ImmutableArray<T> values) where T : struct, Enum
        {
            if (!values.IsDefaultOrEmpty)
            {
                // Names of an enumeration: nothing that a user writes.
                _text.Append(_text.Length == 0 ? " WHERE " : " AND ").Append(column).Append(" IN (").AppendJoin(", ", values.Distinct().Select(value => $"'{value}'")).Append(')');
            }
        }

        public override string ToString() => _text.ToString();
    }
}
