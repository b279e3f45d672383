namespace HmsOrleans.Silo.RabbitMq;

/// <summary>A message to be published.</summary>
/// <param name="Exchange">Where to; empty for the default exchange, null for the queue of the stream.</param>
/// <param name="RoutingKey">The routing key; that of the default exchange is the queue's name.</param>
/// <param name="Body">The content.</param>
/// <param name="ContentType">Its media type.</param>
/// <param name="CorrelationId">The request that it answers.</param>
public sealed record RabbitMqMessage(
    string? Exchange, string RoutingKey, ReadOnlyMemory<byte> Body, string ContentType, string? CorrelationId = null);

/// <summary>A message that was delivered.</summary>
/// <param name="Exchange">Where it was published.</param>
/// <param name="RoutingKey">With which routing key.</param>
/// <param name="Body">The content.</param>
/// <param name="ContentType">Its media type.</param>
/// <param name="CorrelationId">What the sender calls it.</param>
/// <param name="ReplyTo">Where the sender wants the answer.</param>
/// <param name="Redelivered">It may have been delivered before.</param>
/// <param name="Number">Told apart from every other delivery, also of the same message.</param>
public sealed record RabbitMqDelivery(
    string Exchange, string RoutingKey, ReadOnlyMemory<byte> Body, string? ContentType, string? CorrelationId, string? ReplyTo, bool Redelivered, Guid Number);

/// <summary>What a message means: events of a stream, or a reason why it is none.</summary>
public sealed record RabbitMqReading
{
    private RabbitMqReading()
    {
    }

    /// <summary>The stream that the events belong to.</summary>
    public StreamId StreamId { get; private init; }

    /// <summary>The events; empty when the message is refused.</summary>
    public IReadOnlyList<object> Events { get; private init; } = [];

    /// <summary>What goes with them from grain to grain.</summary>
    public Dictionary<string, object>? RequestContext { get; private init; }

    /// <summary>Why the message is a dead letter; null when it is not.</summary>
    public string? Refusal { get; private init; }

    /// <summary>What its sender is told.</summary>
    public RabbitMqMessage? Answer { get; private init; }

    /// <summary>Events of a stream.</summary>
    public static RabbitMqReading Of(StreamId stream, IReadOnlyList<object> events, Dictionary<string, object>? requestContext = null) =>
        new() { StreamId = stream, Events = events, RequestContext = requestContext };

    /// <summary>A message that nobody can use. It becomes a dead letter, with the reason in its headers.</summary>
    public static RabbitMqReading Refused(string reason, RabbitMqMessage? answer) => new() { Refusal = reason, Answer = answer };
}
