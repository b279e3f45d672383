using Npgsql;

namespace HmsOrleans.Silo.Cluster;

/// <summary>The PostgreSQL database in which the silos of a cluster find each other, and which keeps what belongs to the fleet.</summary>
/// <param name="ConnectionString">As the operator gave it.</param>
internal sealed record ClusterDatabase(string ConnectionString)
{
    /// <summary>Orleans' name for PostgreSQL's provider.</summary>
    public const string Invariant = "Npgsql";

    /// <summary>One that does not answer by then is taken for out of reach.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    private const string Section = "Orleans:Clustering";

    /// <summary>Reads Orleans' own settings.</summary>
    /// <returns>Null for a node that is a cluster of its own, or of one that is not kept in PostgreSQL.</returns>
    /// <exception cref="ClusterSettingsException">The connection string is missing or none.</exception>
    public static ClusterDatabase? Of(IConfiguration configuration)
    {
        var section = configuration.GetSection(Section);
        if (!section.Exists() || section["ProviderType"] == "Development")
        {
            return null;
        }
        if (section["ProviderType"] != "AdoNet" || section["Invariant"] != Invariant)
        {
            throw new ClusterSettingsException($"{Section} is of a kind that is not supported: it must be ProviderType=AdoNet with Invariant={Invariant}");
        }
        var given = section["ConnectionString"] is { Length: > 0 } direct ? direct : configuration.GetConnectionString(section["ConnectionName"] ?? "");
        if (given is not { Length: > 0 })
        {
            throw new ClusterSettingsException($"{Section}:ConnectionString is missing: give that of the cluster's PostgreSQL, such as Host=10.0.0.1;Database=hms;Username=hms;Password=...");
        }
        try
        {
            // A database that hangs must not hold anybody up for the 15 and 30 s of the defaults.
            var parsed = new NpgsqlConnectionStringBuilder(given);
            parsed.Timeout = Has(given, "Timeout") ? parsed.Timeout : 3;
            parsed.CommandTimeout = Has(given, "Command Timeout") ? parsed.CommandTimeout : 3;
            return new(parsed.ConnectionString);
        }
        catch (ArgumentException e)
        {
            throw new ClusterSettingsException($"{Section}:ConnectionString cannot be read: {e.Message}", e);
        }
    }

    private static bool Has(string connectionString, string keyword) =>
        connectionString.Split(';').Any(part => part.Split('=')[0].Trim().Equals(keyword, StringComparison.OrdinalIgnoreCase));

    /// <summary>Asks whether it can be used.</summary>
    /// <returns>Why not; null when it can. A refusal counts as silence: better alone than not at work.</returns>
    public async Task<string?> TroubleAsync(CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Limit);
        try
        {
            // Not from the pool: a connection of before the cut may hang.
            await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(ConnectionString) { Pooling = false }.ConnectionString);
            await connection.OpenAsync(limit.Token);
            await using var command = new NpgsqlCommand("SELECT pg_is_in_recovery() FROM OrleansQuery LIMIT 1", connection);
            return await command.ExecuteScalarAsync(limit.Token) is false ? null : "its database is a standby, or has no tables: apply deploy/cluster-store.sql to it";
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UndefinedTable)
        {
            return "its database has no tables: apply deploy/cluster-store.sql to it";
        }
        catch (Exception) when (limit.IsCancellationRequested)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return $"its database gives no answer within {Limit.TotalSeconds:0} s";
        }
        catch (Exception e) // Whatever it is: that is no sign of life.
        {
            return $"its database cannot be used: {e.InnerException?.Message ?? e.Message}";
        }
    }
}

/// <summary>The settings of the cluster cannot be used; the message says which and why.</summary>
public sealed class ClusterSettingsException : Exception
{
    public ClusterSettingsException() { }

    public ClusterSettingsException(string message) : base(message) { }

    public ClusterSettingsException(string message, Exception innerException) : base(message, innerException) { }
}
