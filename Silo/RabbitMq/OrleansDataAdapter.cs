using Orleans.Serialization;

namespace HmsOrleans.Silo.RabbitMq;

/// <summary>What silos and clients produce, in Orleans' own serialization.</summary>
internal sealed class OrleansDataAdapter(Serializer<RabbitMqPayload> serializer) : IRabbitMqDataAdapter
{
    private const string ContentType = "application/x-orleans";

    public RabbitMqReading Read(RabbitMqDelivery delivery)
    {
        if (delivery.ContentType != ContentType)
        {
            return RabbitMqReading.Refused($"the content type is {delivery.ContentType ?? "missing"}, not {ContentType}", null);
        }
        try
        {
            var payload = serializer.Deserialize(delivery.Body)!;
            return RabbitMqReading.Of(payload.StreamId, payload.Events, payload.RequestContext);
        }
        catch (Exception e) // The serializer throws whatever a wrong byte leads to.
        {
            return RabbitMqReading.Refused($"it cannot be deserialized: {e.Message}", null);
        }
    }

    public IEnumerable<RabbitMqMessage> Write<T>(StreamId stream, IEnumerable<T> events, Dictionary<string, object>? requestContext) =>
        [new(null, "", serializer.SerializeToArray(new(stream, [.. events.Cast<object>()], requestContext)), ContentType)];
}

/// <summary>The content of a message between silos.</summary>
[GenerateSerializer, Alias("hms.RabbitMqPayload")]
internal sealed record RabbitMqPayload(
    [property: Id(0)] StreamId StreamId, [property: Id(1)] List<object> Events, [property: Id(2)] Dictionary<string, object>? RequestContext);
