using System.Collections.Immutable;
using System.Globalization;
using HmsOrleans.Grains.Incidents;

namespace HmsOrleans.Silo.History;

/// <summary>What this node has to tell to the history, in its own database.</summary>
internal sealed class OutboxTable(IHistoryDatabase database, TimeProvider time)
{
    private readonly IncidentTable _incidents = new(database, IncidentTable.Outbox);

    /// <summary>Writes incidents down, all or none.</summary>
    public Task WriteAsync(ImmutableArray<Incident> incidents, CancellationToken cancellationToken) =>
        _incidents.KeepAsync(incidents, time.GetUtcNow(), cancellationToken);

    /// <summary>What has not been told yet, in the order of its last change.</summary>
    public Task<ImmutableArray<Incident>> GetUntoldAsync(int limit, CancellationToken cancellationToken) =>
        ReadAsync(string.Create(CultureInfo.InvariantCulture, $"WHERE Revision > Sent ORDER BY Seq LIMIT {limit}"), cancellationToken);

    /// <summary>What had not come to its end when it was written down.</summary>
    public async Task<ImmutableArray<Incident>> GetUnfinishedAsync(string host, CancellationToken cancellationToken)
    {
        var found = await ReadAsync("WHERE Host = @Host AND Outcome IN ('Open', 'Quarantined') ORDER BY Id", cancellationToken, ("Host", host));
        return found.RemoveAll(incident => incident.IsOver);
    }

    /// <summary>Notes that these revisions have been told. An incident of which more is to come is kept, for the node's next life.</summary>
    public Task NoteToldAsync(ImmutableArray<Incident> told, CancellationToken cancellationToken) => database.DoAsync(async (connection, token) =>
    {
        await using var transaction = await connection.BeginTransactionAsync(token);
        foreach (var incident in told)
        {
            // The controller, which may have moved to another node by the end of it, asks the history for its own.
            await using var command = connection.Command(
                incident.IsOver || incident.Cause == IncidentCause.HostOffline
                    ? "DELETE FROM IncidentOutbox WHERE Id = @Id AND Revision = @Revision"
                    : "UPDATE IncidentOutbox SET Sent = @Revision WHERE Id = @Id AND Sent < @Revision",
                ("Id", incident.Id), ("Revision", incident.Revision));
            command.Transaction = transaction;
            await command.ExecuteNonQueryAsync(token);
        }
        await transaction.CommitAsync(token);
        return true;
    }, cancellationToken);

    /// <summary>Removes the oldest beyond a number.</summary>
    /// <returns>How many that were.</returns>
    public Task<int> TrimAsync(int most, CancellationToken cancellationToken) => database.DoAsync(async (connection, token) =>
    {
        await using var command = connection.Command(string.Create(CultureInfo.InvariantCulture,
            $"DELETE FROM IncidentOutbox WHERE Seq <= (SELECT Seq FROM IncidentOutbox ORDER BY Seq DESC LIMIT 1 OFFSET {most})"));
        return await command.ExecuteNonQueryAsync(token);
    }, cancellationToken);

    private Task<ImmutableArray<Incident>> ReadAsync(string where, CancellationToken cancellationToken, params (string Name, object? Value)[] values) => database.DoAsync(async (connection, token) =>
    {
        await using var command = connection.Command($"SELECT Record, Capture FROM IncidentOutbox {where}", values);
        await using var reader = await command.ExecuteReaderAsync(token);
        var incidents = ImmutableArray.CreateBuilder<Incident>();
        while (await reader.ReadAsync(token))
        {
            incidents.Add(IncidentJson.Read(reader));
        }
        return incidents.ToImmutable();
    }, cancellationToken);
}
