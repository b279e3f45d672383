using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Metadata;

namespace HmsOrleans.Silo.RabbitMq;

/// <summary>Persistent streams over RabbitMQ, for silos and for clients.</summary>
public static class RabbitMqStreamExtensions
{
    /// <summary>Adds a stream provider. Its silo starts without the broker, too, and connects as soon as that is there.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="name">The provider's name.</param>
    /// <param name="configure">Its options; wrong ones refuse the start.</param>
    /// <param name="configureStreams">What is common to all of Orleans' persistent streams.</param>
    /// <remarks>Programs outside the cluster are understood by an <see cref="IRabbitMqDataAdapter"/> that is registered with the provider's name as its key.</remarks>
    public static ISiloBuilder AddRabbitMqStreams(
        this ISiloBuilder silo, string name, Action<RabbitMqOptions> configure, Action<ISiloPersistentStreamConfigurator>? configureStreams = null)
    {
        ArgumentNullException.ThrowIfNull(silo);
        silo.Services.AddRabbitMq(name, configure);
        // Each silo may have bindings of its own, whether or not it reads a queue.
        silo.AddStartupTask((services, _) =>
        {
            services.GetRequiredKeyedService<RabbitMqConnection>(name).Keep();
            return Task.CompletedTask;
        });
        silo.Services.AddSingleton<IGrainPropertiesProvider>(new ReaderMark(name));
        silo.AddPersistentStreams(name, RabbitMqAdapterFactory.Create, streams =>
        {
            streams.ConfigurePullingAgent(agent => agent.Configure<IOptionsMonitor<RabbitMqOptions>>((options, broker) =>
            {
                // The long poll is the waiting; between two of them there is no reason to wait.
                options.GetQueueMsgsTimerPeriod = TimeSpan.FromMilliseconds(1);
                // Batches are made when they are delivered: all that came while the one before was being worked on.
                options.BatchContainerBatchSize = broker.Get(name).BatchSize;
            }));
            streams.Configure<SimpleQueueCacheOptions>(cache => cache.Configure<IOptionsMonitor<RabbitMqOptions>>((options, broker) =>
                // It releases what was delivered by tenths: small ones, so that the broker soon has room for more; with room for all that it gives.
                options.CacheSize = broker.Get(name).Prefetch * 5 / 4 + 10));
            streams.ConfigurePartitionBalancing((services, provider) => ActivatorUtilities.CreateInstance<ReaderBalancer>(services, provider));
            configureStreams?.Invoke(streams);
        });
        return silo;
    }

    /// <summary>Adds a stream provider through which a client produces.</summary>
    /// <param name="client">The client.</param>
    /// <param name="name">The provider's name, as at the silos.</param>
    /// <param name="configure">Its options, as at the silos.</param>
    public static IClientBuilder AddRabbitMqStreams(this IClientBuilder client, string name, Action<RabbitMqOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(client);
        client.Services.AddRabbitMq(name, configure);
        client.AddPersistentStreams(name, RabbitMqAdapterFactory.Create, _ => { });
        return client;
    }

    private static void AddRabbitMq(this IServiceCollection services, string name, Action<RabbitMqOptions> configure)
    {
        services.AddOptions<RabbitMqOptions>(name).Configure(configure);
        services.AddTransient<IConfigurationValidator>(provider => new RabbitMqOptionsValidator(Options(provider), name));
        services.TryAddSingleton(TimeProvider.System);
        services.AddKeyedSingleton(name, (provider, _) => new RabbitMqConnection(
            Options(provider), name, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<RabbitMqConnection>>()));
        services.AddKeyedSingleton(name, (provider, _) => new RabbitMqPublisher(
            Options(provider), provider.GetRequiredKeyedService<RabbitMqConnection>(name), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<RabbitMqPublisher>>()));

        RabbitMqOptions Options(IServiceProvider provider) => provider.GetRequiredService<IOptionsMonitor<RabbitMqOptions>>().Get(name);
    }
}
