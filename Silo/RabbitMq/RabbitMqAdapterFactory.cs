using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Streams;

namespace HmsOrleans.Silo.RabbitMq;

/// <summary>Puts a provider together. Nothing here waits for the broker.</summary>
internal sealed class RabbitMqAdapterFactory : IQueueAdapterFactory
{
    private readonly HashRingBasedStreamQueueMapper _mapper;
    private readonly RabbitMqCaches _cache;
    private readonly RabbitMqAdapter _adapter;

    private RabbitMqAdapterFactory(string name, RabbitMqOptions options, IRabbitMqDataAdapter data, SimpleQueueCacheOptions cache, RabbitMqConnection connection, RabbitMqPublisher publisher, TimeProvider time, ILoggerFactory loggers)
    {
        _mapper = new(new() { TotalQueueCount = options.QueueCount }, name);
        _adapter = new(name, options, data, _mapper, connection, publisher, time, loggers);
        _cache = new(cache.CacheSize, _adapter, loggers);
    }

    public static RabbitMqAdapterFactory Create(IServiceProvider services, string name) => new(
        name,
        services.GetRequiredService<IOptionsMonitor<RabbitMqOptions>>().Get(name),
        services.GetKeyedService<IRabbitMqDataAdapter>(name) ?? ActivatorUtilities.CreateInstance<OrleansDataAdapter>(services),
        services.GetRequiredService<IOptionsMonitor<SimpleQueueCacheOptions>>().Get(name),
        services.GetRequiredKeyedService<RabbitMqConnection>(name),
        services.GetRequiredKeyedService<RabbitMqPublisher>(name),
        services.GetRequiredService<TimeProvider>(),
        services.GetRequiredService<ILoggerFactory>());

    public Task<IQueueAdapter> CreateAdapter() => Task.FromResult<IQueueAdapter>(_adapter);

    public IQueueAdapterCache GetQueueAdapterCache() => _cache;

    public IStreamQueueMapper GetStreamQueueMapper() => _mapper;

    public Task<IStreamFailureHandler> GetDeliveryFailureHandler(QueueId queueId) =>
        Task.FromResult<IStreamFailureHandler>(new RabbitMqFailureHandler(_adapter, queueId));
}
