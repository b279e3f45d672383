using System.Data.Common;
using HmsOrleans.Silo.Storage;
using Microsoft.Data.Sqlite;

namespace HmsOrleans.Silo.History;

/// <summary>The node's own database. Its tables are made with those of the grains when the node starts.</summary>
/// <param name="dataDirectory">The node's directory.</param>
internal sealed class SqliteHistory(string dataDirectory) : IHistoryDatabase
{
    public Task<T> DoAsync<T>(Func<DbConnection, CancellationToken, Task<T>> work, CancellationToken cancellationToken) => BlockingWork.RunAsync(async () =>
    {
        await using var connection = new SqliteConnection(GrainStore.ConnectionString(dataDirectory));
        await connection.OpenAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        // What has been written outlives the node; of a power failure the last moment may be lost, which saves a wait for the disk each time.
        command.CommandText = "PRAGMA synchronous = NORMAL";
        await command.ExecuteNonQueryAsync(cancellationToken);
        return await work(connection, cancellationToken);
    }, cancellationToken);
}
