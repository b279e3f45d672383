using HmsOrleans.Grains.Fleet;
using HmsOrleans.Grains.Incidents;
using HmsOrleans.Silo.Cluster;

namespace HmsOrleans.Silo.History;

internal static class HistoryServices
{
    /// <summary>Adds the history: in the cluster's database, or in that of a node which is a cluster of its own.</summary>
    public static void AddHistory(this IServiceCollection services, string dataDirectory, ClusterDatabase? cluster, NodeMode mode)
    {
        var own = new SqliteHistory(dataDirectory);
        services.AddSingleton(provider => new OutboxTable(own, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IncidentOutbox>();
        services.AddSingleton<IIncidentOutbox>(provider => provider.GetRequiredService<IncidentOutbox>());
        services.AddHostedService(provider => provider.GetRequiredService<IncidentOutbox>());
        services.AddSingleton<IIncidentStore>(provider =>
        {
            IHistoryDatabase database = cluster is null || mode.IsIsland ? own : new PostgresHistory(cluster, provider.GetRequiredService<ILogger<PostgresHistory>>());
            // A node that is cut off from the history knows what it has to tell it.
            return new IncidentStore(database, new IncidentTable(database, mode.IsIsland ? IncidentTable.Outbox : IncidentTable.History), provider.GetRequiredService<TimeProvider>());
        });
    }
}
