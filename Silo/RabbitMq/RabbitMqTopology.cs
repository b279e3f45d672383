using RabbitMQ.Client;

namespace HmsOrleans.Silo.RabbitMq;

/// <summary>Exchanges and queues of a provider. Declaring what is there already changes nothing.</summary>
internal static class RabbitMqTopology
{
    /// <summary>All of a provider's queues, and what they need around them.</summary>
    /// <exception cref="RabbitMQ.Client.Exceptions.OperationInterruptedException">Something of that name is there, and is different.</exception>
    public static async Task DeclareAsync(IChannel channel, RabbitMqOptions options, CancellationToken cancellationToken)
    {
        var quorum = new Dictionary<string, object?> { ["x-queue-type"] = "quorum" };
        await channel.ExchangeDeclareAsync(options.DeadLetters, "fanout", durable: true, autoDelete: false, cancellationToken: cancellationToken);
        await channel.QueueDeclareAsync(options.DeadLetters, durable: true, exclusive: false, autoDelete: false, quorum, cancellationToken: cancellationToken);
        await channel.QueueBindAsync(options.DeadLetters, options.DeadLetters, "", cancellationToken: cancellationToken);

        for (var queue = 0u; queue < options.QueueCount; queue++)
        {
            await channel.QueueDeclareAsync(options.QueueName(queue), durable: true, exclusive: false, autoDelete: false, new Dictionary<string, object?>(quorum)
            {
                ["x-single-active-consumer"] = true,
                ["x-delivery-limit"] = options.DeliveryLimit,
                ["x-dead-letter-exchange"] = options.DeadLetters,
                // A dead letter is handed over with a confirmation, too; that needs a queue that refuses when it is full.
                ["x-dead-letter-strategy"] = "at-least-once",
                ["x-overflow"] = "reject-publish",
            }, cancellationToken: cancellationToken);
        }
        foreach (var binding in options.Bindings)
        {
            var arguments = binding.Arguments?.ToDictionary();
            await channel.ExchangeDeclareAsync(binding.Exchange, binding.ExchangeType, binding.Durable, autoDelete: false, arguments, cancellationToken: cancellationToken);
            await channel.QueueBindAsync(options.QueueName((uint)binding.Queue), binding.Exchange, binding.RoutingKey, cancellationToken: cancellationToken);
        }
    }
}
