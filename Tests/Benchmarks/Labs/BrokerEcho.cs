using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace HmsOrleans.Benchmarks.Labs;

/// <summary>A consumer that answers at once: what a command costs at the least, through a queue of the same kind.</summary>
internal sealed class BrokerEcho : IAsyncDisposable
{
    /// <summary>The queue, which is its routing key on the default exchange.</summary>
    public const string Queue = "bench.echo";

    private static readonly byte[] Answer = """{"command":"ok"}"""u8.ToArray();

    private readonly IConnection _connection;
    private readonly IChannel _channel;

    private BrokerEcho(IConnection connection, IChannel channel) => (_connection, _channel) = (connection, channel);

    public static async Task<BrokerEcho> StartAsync(string uri, CancellationToken token)
    {
        var connection = await new ConnectionFactory { Uri = new(uri) }.CreateConnectionAsync(token);
        var channel = await connection.CreateChannelAsync(cancellationToken: token);
        await channel.QueueDeclareAsync(Queue, durable: true, exclusive: false, autoDelete: false, new Dictionary<string, object?> { ["x-queue-type"] = "quorum" }, cancellationToken: token);
        await channel.BasicQosAsync(0, 512, global: false, token);
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += async (_, message) =>
        {
            var properties = new BasicProperties { CorrelationId = message.BasicProperties.CorrelationId, Persistent = true };
            await channel.BasicPublishAsync("", message.BasicProperties.ReplyTo!, mandatory: false, properties, Answer);
            await channel.BasicAckAsync(message.DeliveryTag, multiple: false);
        };
        await channel.BasicConsumeAsync(Queue, autoAck: false, consumer, token);
        return new(connection, channel);
    }

    public async ValueTask DisposeAsync()
    {
        await _channel.DisposeAsync();
        await _connection.DisposeAsync();
    }
}
