using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using HmsOrleans.Grains.Commands;
using HmsOrleans.Silo.RabbitMq;

namespace HmsOrleans.Silo.Commands;

/// <summary>Commands of programs outside the cluster, in both dialects. They differ in where the answer goes: <c>reply_to</c> in ours, <c>sender</c> in the report's.</summary>
internal sealed class CommandDataAdapter : IRabbitMqDataAdapter
{
    /// <summary>The exchange of our dialect.</summary>
    public const string Exchange = "hms.commands";

    /// <summary>The exchange of the report's dialect.</summary>
    public const string ReportExchange = "health_system_exchange";

    private const string Json = "application/json";

    /// <summary>Bytes of a routing key or an identifier, at most: AMQP holds no more.</summary>
    private const int MaxName = 255;

    // Errors quote what was sent; nobody shows them as HTML.
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public RabbitMqReading Read(RabbitMqDelivery delivery)
    {
        string? sender = null;
        try
        {
            var content = CommandFormat.Read(delivery.RoutingKey, delivery.Body, out sender);
            if (Name(delivery.CorrelationId) is not { } correlationId)
            {
                throw new CommandFormatException("correlation-id-missing", $"The property correlation_id is missing or longer than {MaxName} bytes in UTF-8. Give each request one of its own, a UUID for instance.");
            }
            var replyTo = ReplyAddress(delivery, sender)
                ?? throw new CommandFormatException("reply-address-missing", delivery.Exchange == ReportExchange
                    ? $"The field 'sender' is missing or longer than {MaxName} bytes in UTF-8: it is the routing key of the answer."
                    : $"The property reply_to is missing or longer than {MaxName} bytes in UTF-8: it is the queue of the answer.");
            return RabbitMqReading.Of(
                StreamId.Create(CommandStreams.Requests, content.Host ?? CommandStreams.Fleet),
                [new ExternalCommand(content.Kind, content.Host, content.Container, content.Threshold, correlationId, replyTo, delivery.Number, delivery.Redelivered, content.Scenario)]);
        }
        catch (CommandFormatException e)
        {
            var answer = ReplyAddress(delivery, sender) is { } to
                ? new RabbitMqMessage(to.Exchange, to.RoutingKey, JsonSerializer.SerializeToUtf8Bytes(new { command = "error", type = e.Type, description = e.Message }, Plain), Json, Name(delivery.CorrelationId))
                : null;
            return RabbitMqReading.Refused($"{e.Type}: {e.Message}", answer);
        }
    }

    public IEnumerable<RabbitMqMessage> Write<T>(StreamId stream, IEnumerable<T> events, Dictionary<string, object>? requestContext) =>
        events.Cast<CommandReply>().Select(reply => new RabbitMqMessage(reply.To.Exchange, reply.To.RoutingKey, Encoding.UTF8.GetBytes(reply.Body), Json, reply.CorrelationId));

    private static ReplyAddress? ReplyAddress(RabbitMqDelivery delivery, string? sender)
    {
        var (exchange, key) = delivery.Exchange == ReportExchange ? (ReportExchange, sender) : ("", delivery.ReplyTo);
        return Name(key) is { } name ? new(exchange, name) : null;
    }

    private static string? Name(string? text) => text is { Length: > 0 } && Encoding.UTF8.GetByteCount(text) <= MaxName ? text : null;
}
