using HmsOrleans.Silo.Storage;
using Microsoft.Data.Sqlite;
using Xunit;

namespace HmsOrleans.Tests.Silo;

public sealed class GrainStoreTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("hms-store-");

    private string Database => Path.Combine(_directory.FullName, "hms.db");

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        _directory.Delete(recursive: true);
    }

    [Fact]
    public void A_database_that_is_locked_for_a_moment_is_waited_for()
    {
        GrainStore.Prepare(_directory.FullName);
        using var other = new SqliteConnection($"Data Source={Database}");
        other.Open();
        using var transaction = other.BeginTransaction(deferred: false);
        // Longer than a write of the running node would wait.
        using var end = new Timer(_ => transaction.Commit(), null, TimeSpan.FromSeconds(2), Timeout.InfiniteTimeSpan);

        GrainStore.Prepare(_directory.FullName);
        Assert.Null(transaction.Connection); // it is over
    }

    [Fact]
    public void A_file_that_is_no_database_is_refused_with_its_name()
    {
        File.WriteAllText(Database, new string('x', 4096));
        var error = Assert.Throws<DataDirectoryException>(() => GrainStore.Prepare(_directory.FullName));
        Assert.Contains(Database, error.Message, StringComparison.Ordinal);
    }
}
