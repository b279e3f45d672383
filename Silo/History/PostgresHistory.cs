using System.Data.Common;
using HmsOrleans.Silo.Cluster;
using HmsOrleans.Silo.Storage;
using Npgsql;

namespace HmsOrleans.Silo.History;

/// <summary>The cluster's database. One that was prepared before there was a history is given its tables when they are first missed.</summary>
internal sealed partial class PostgresHistory(ClusterDatabase database, ILogger<PostgresHistory> logger) : IHistoryDatabase
{
    public async Task<T> DoAsync<T>(Func<DbConnection, CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        try
        {
            return await OnceAsync(work, cancellationToken);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UndefinedTable)
        {
            await MakeTablesAsync(cancellationToken);
            return await OnceAsync(work, cancellationToken);
        }
    }

    private Task<T> OnceAsync<T>(Func<DbConnection, CancellationToken, Task<T>> work, CancellationToken cancellationToken) => BlockingWork.RunAsync(async () =>
    {
        await using var connection = new NpgsqlConnection(database.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        return await work(connection, cancellationToken);
    }, cancellationToken);

    private async Task MakeTablesAsync(CancellationToken cancellationToken)
    {
        using var script = new StreamReader(typeof(PostgresHistory).Assembly.GetManifestResourceStream("cluster-store.sql")!);
        var text = await script.ReadToEndAsync(cancellationToken);
        try
        {
            await OnceAsync(async (connection, token) =>
            {
                // Two nodes may come to it at the same time.
                await using var command = connection.Command($"SELECT pg_advisory_xact_lock(4851);{Environment.NewLine}{text}");
                return await command.ExecuteNonQueryAsync(token);
            }, cancellationToken);
            LogTablesMade(logger);
        }
        catch (PostgresException e)
        {
            throw new InvalidOperationException($"the cluster's database has no tables for the history, and they could not be made ({e.MessageText}): apply deploy/cluster-store.sql to it", e);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "the cluster's database has tables for the history now")]
    private static partial void LogTablesMade(ILogger logger);
}
