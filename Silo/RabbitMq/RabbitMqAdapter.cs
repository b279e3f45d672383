using System.Collections.Concurrent;
using Orleans.Streams;

namespace HmsOrleans.Silo.RabbitMq;

/// <summary>The provider's way to the broker and back.</summary>
internal sealed class RabbitMqAdapter(string name, RabbitMqOptions options, IRabbitMqDataAdapter data, IStreamQueueMapper mapper, RabbitMqConnection connection, RabbitMqPublisher publisher, TimeProvider time, ILoggerFactory loggers)
    : IQueueAdapter
{
    private readonly ConcurrentDictionary<QueueId, RabbitMqReceiver> _receivers = new();

    public string Name => name;

    public bool IsRewindable => false;

    public StreamProviderDirection Direction => StreamProviderDirection.ReadWrite;

    public IQueueAdapterReceiver CreateReceiver(QueueId queueId) => _receivers[queueId] =
        new RabbitMqReceiver(options, queueId.GetNumericId(), connection, publisher, data, time, loggers.CreateLogger<RabbitMqReceiver>());

    /// <summary>The one that reads a queue now.</summary>
    public RabbitMqReceiver ReceiverOf(QueueId queueId) => _receivers[queueId];

    public Task QueueMessageBatchAsync<T>(StreamId streamId, IEnumerable<T> events, StreamSequenceToken? token, Dictionary<string, object>? requestContext)
    {
        var messages = data.Write(streamId, events, requestContext)
            .Select(message => message.Exchange is null ? message with { Exchange = "", RoutingKey = options.QueueName(mapper.GetQueueForStream(streamId).GetNumericId()) } : message);
        return publisher.PublishAsync([.. messages], CancellationToken.None);
    }
}
