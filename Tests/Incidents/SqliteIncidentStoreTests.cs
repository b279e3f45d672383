using HmsOrleans.Grains.Incidents;
using HmsOrleans.Silo.History;
using HmsOrleans.Silo.Storage;
using Microsoft.Data.Sqlite;
using Xunit;
using static HmsOrleans.Tests.Incidents.SampleIncidents;

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

    [Fact]
    public async Task One_that_an_earlier_version_took_for_over_when_it_was_given_up_is_put_right()
    {
        var given = Healed() with { Outcome = IncidentOutcome.Quarantined, RunningAgainAt = null };
        var over = Healed() with { Outcome = IncidentOutcome.Quarantined };
        var database = new SqliteHistory(_directory.FullName);
        var table = new IncidentTable(database, IncidentTable.History);
        await table.KeepAsync([given, over], Noon, Token);
        await database.DoAsync((connection, token) => connection.Command("UPDATE Incident SET EndedAt = FaultAt").ExecuteNonQueryAsync(token), Token);

        GrainStore.Prepare(_directory.FullName);

        Assert.Equal(Ids([given]), Ids((await table.FindAsync(new(From: Noon.AddHours(1)), Token)).Incidents));
    }

    private protected override Task<IHistoryDatabase> OpenAsync()
    {
        GrainStore.Prepare(_directory.FullName);
        return Task.FromResult<IHistoryDatabase>(new SqliteHistory(_directory.FullName));
    }
}
