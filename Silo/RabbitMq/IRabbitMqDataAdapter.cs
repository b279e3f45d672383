namespace HmsOrleans.Silo.RabbitMq;

/// <summary>Between messages and events. The provider's own takes what silos and clients produce; one for programs outside the cluster knows their format.</summary>
public interface IRabbitMqDataAdapter
{
    /// <summary>What a message means. It must not throw: what cannot be read is refused.</summary>
    RabbitMqReading Read(RabbitMqDelivery delivery);

    /// <summary>Messages for what was produced to a stream.</summary>
    IEnumerable<RabbitMqMessage> Write<T>(StreamId stream, IEnumerable<T> events, Dictionary<string, object>? requestContext);
}
