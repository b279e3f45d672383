using Orleans.Providers.Streams.Common;
using Orleans.Streams;

namespace HmsOrleans.Silo.RabbitMq;

/// <summary>The events of one message.</summary>
[GenerateSerializer, Immutable, Alias("hms.RabbitMqBatchContainer")]
internal sealed class RabbitMqBatchContainer(StreamId streamId, EventSequenceTokenV2 token, Dictionary<string, object>? requestContext, IReadOnlyList<object> events) : IBatchContainer
{
    [Id(0)]
    public StreamId StreamId { get; } = streamId;

    [Id(1)]
    public StreamSequenceToken SequenceToken { get; } = token;

    [Id(2)]
    public Dictionary<string, object>? RequestContext { get; } = requestContext;

    [Id(3)]
    public IReadOnlyList<object> Events { get; } = events;

    public IEnumerable<Tuple<T, StreamSequenceToken>> GetEvents<T>() =>
        Events.OfType<T>().Select((item, index) => Tuple.Create(item, (StreamSequenceToken)((EventSequenceTokenV2)SequenceToken).CreateSequenceTokenForEvent(index)));

    public bool ImportRequestContext()
    {
        if (RequestContext is null)
        {
            return false;
        }
        RequestContextExtensions.Import(RequestContext);
        return true;
    }
}
