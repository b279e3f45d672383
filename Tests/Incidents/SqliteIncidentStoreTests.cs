using HmsOrleans.Silo.History;
using HmsOrleans.Silo.Storage;
using Microsoft.Data.Sqlite;

namespace HmsOrleans.Tests.Incidents;

/// <summary>The history of a node that is a cluster of its own.</summary>
public sealed class SqliteIncidentStoreTests : IncidentStoreStory
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("hms-history-");

    public override ValueTask DisposeAsync()
    {
        SqliteConnection.ClearAllPools();
        _directory.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }

    private protected override Task<IHistoryDatabase> OpenAsync()
    {
        GrainStore.Prepare(_directory.FullName);
        return Task.FromResult<IHistoryDatabase>(new SqliteHistory(_directory.FullName));
    }
}
