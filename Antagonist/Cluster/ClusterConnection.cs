using HmsOrleans.Api.Cluster;
using HmsOrleans.Api.Logging;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Orleans.Serialization;

namespace HmsOrleans.Antagonist.Cluster;

/// <summary>The way to the cluster, as a client of it.</summary>
internal static class ClusterConnection
{
    /// <summary>How it is told where the cluster is, for the help.</summary>
    public const string Help = """
        The cluster is found as the API finds it, by settings in the environment:
          Orleans__Clustering__ProviderType=AdoNet  Orleans__Clustering__Invariant=Npgsql
          Orleans__Clustering__ConnectionString     of the cluster's PostgreSQL
          Orleans__ClusterId                        as that of the nodes (hms-orleans)
        Without Orleans__Clustering: the node on this machine, at Orleans__Endpoints__GatewayPort (30000).
        """;

    /// <summary>A program with settings and a log as all of ours have them.</summary>
    public static HostApplicationBuilder CreateBuilder()
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { ContentRootPath = AppContext.BaseDirectory });
        builder.AddHmsConsole();
        builder.Configuration["Orleans:ServiceId"] ??= "hms-orleans";
        builder.Configuration["Orleans:ClusterId"] ??= "hms-orleans";
        builder.Configuration["Orleans:Messaging:ResponseTimeout"] ??= "00:00:05";
        // A node that hangs keeps its connections: until the list says that it is gone, calls through it wait in vain. Orleans reads it once a minute.
        builder.Configuration["Orleans:Gateway:GatewayListRefreshPeriod"] ??= "00:00:01";
        builder.Configuration.AddSecrets();
        builder.Services.TryAddSingleton(TimeProvider.System);
        return builder;
    }

    /// <summary>Adds the client. It is sought when the program starts, after what was added before, and as long as it takes.</summary>
    /// <exception cref="FormatException">A setting is wrong.</exception>
    public static void AddCluster(this HostApplicationBuilder builder)
    {
        var isCluster = builder.Configuration.GetSection("Orleans:Clustering").Exists();
        var port = builder.Configuration["Orleans:Endpoints:GatewayPort"] is { Length: > 0 } text ? int.Parse(text, System.Globalization.CultureInfo.InvariantCulture) : 30000;
        builder.UseOrleansClient(client =>
        {
            if (!isCluster)
            {
                client.UseLocalhostClustering(port, builder.Configuration["Orleans:ServiceId"]!, builder.Configuration["Orleans:ClusterId"]!);
            }
            client.UseConnectionRetryFilter<PatientConnection>();
            client.Services.Configure<ExceptionSerializationOptions>(exceptions => exceptions.SupportedNamespacePrefixes.Add(nameof(Npgsql)));
        });
    }
}
