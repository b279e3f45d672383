using System.Diagnostics.CodeAnalysis;
using Orleans.Providers.Streams.Common;
using Orleans.Streams;

namespace HmsOrleans.Silo.RabbitMq;

/// <summary>Orleans' caches, one for each queue, each of which tells the reader of its queue how many messages it releases.</summary>
internal sealed class RabbitMqCaches(int size, RabbitMqAdapter adapter, ILoggerFactory loggers) : IQueueAdapterCache
{
    public IQueueCache CreateQueueCache(QueueId queueId) => new Cache(size, adapter, queueId, loggers.CreateLogger<SimpleQueueCache>());

    private sealed class Cache(int size, RabbitMqAdapter adapter, QueueId queue, ILogger logger) : SimpleQueueCache(size, logger)
    {
        /// <remarks>What could not be delivered is not in the list: without the number it would be forgotten, and stay unacknowledged.</remarks>
        public override bool TryPurgeFromCache([NotNullWhen(true)] out IList<IBatchContainer>? purgedItems)
        {
            var before = Size;
            var isPurged = base.TryPurgeFromCache(out purgedItems);
            adapter.ReceiverOf(queue).Release(before - Size);
            return isPurged;
        }
    }
}
