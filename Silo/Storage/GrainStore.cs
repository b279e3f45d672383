using Microsoft.Data.Sqlite;

namespace HmsOrleans.Silo.Storage;

/// <summary>The SQLite database of a node, in the form that Orleans' ADO.NET storage expects.</summary>
internal static class GrainStore
{
    /// <summary>The name under which that storage knows SQLite.</summary>
    public const string Invariant = "System.Data.SQLite";

    /// <summary>A locked database is an error after a second, not a wait of thirty.</summary>
    public static string ConnectionString(string dataDirectory) => ConnectionString(dataDirectory, patience: 1);

    /// <summary>Makes the database, its tables and its queries where they are missing.</summary>
    /// <exception cref="DataDirectoryException">It cannot be opened, is no database, or another program keeps it locked for ten seconds.</exception>
    public static void Prepare(string dataDirectory)
    {
        try
        {
            using var connection = new SqliteConnection(ConnectionString(dataDirectory, patience: 10));
            connection.Open();
            using var command = connection.CreateCommand();
            using var script = new StreamReader(typeof(GrainStore).Assembly.GetManifestResourceStream("grain-store.sql")!);
            command.CommandText = script.ReadToEnd();
            command.ExecuteNonQuery();
        }
        catch (SqliteException e)
        {
            throw new DataDirectoryException($"the settings in {Database(dataDirectory)} cannot be used: {e.Message} End the program that keeps the file locked, or put the file aside if it is damaged.", e);
        }
    }

    private static string Database(string dataDirectory) => Path.Combine(dataDirectory, "hms.db");

    private static string ConnectionString(string dataDirectory, int patience) =>
        new SqliteConnectionStringBuilder { DataSource = Database(dataDirectory), DefaultTimeout = patience }.ToString();
}
