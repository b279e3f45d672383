using Microsoft.Data.Sqlite;

namespace HmsOrleans.Silo.Storage;

/// <summary>The SQLite database of a node, in the form that Orleans' ADO.NET storage expects.</summary>
internal static class GrainStore
{
    /// <summary>The name under which that storage knows SQLite.</summary>
    public const string Invariant = "System.Data.SQLite";

    /// <summary>A locked database is an error after a second, not a wait of thirty.</summary>
    public static string ConnectionString(string dataDirectory) =>
        new SqliteConnectionStringBuilder { DataSource = Path.Combine(dataDirectory, "hms.db"), DefaultTimeout = 1 }.ToString();

    /// <summary>Makes the database, its tables and its queries where they are missing.</summary>
    public static void Prepare(string dataDirectory)
    {
        using var connection = new SqliteConnection(ConnectionString(dataDirectory));
        connection.Open();
        using var command = connection.CreateCommand();
        using var script = new StreamReader(typeof(GrainStore).Assembly.GetManifestResourceStream("grain-store.sql")!);
        command.CommandText = script.ReadToEnd();
        command.ExecuteNonQuery();
    }
}
