using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace HmsOrleans.Silo.RabbitMq;

/// <summary>Publishes for one silo, in order, and knows of each message whether the broker has it.</summary>
internal sealed partial class RabbitMqPublisher(RabbitMqOptions options, RabbitMqConnection connection, TimeProvider time, ILogger<RabbitMqPublisher> logger) : IAsyncDisposable
{
    public const string ReasonHeader = "x-hms-reason";

    /// <summary>What the broker calls direct replies by. It hands such a message over and, asked to, says all the same that no queue takes it.</summary>
    private const string DirectReply = "amq.rabbitmq.reply-to.";

    /// <summary>As long as a header may be without being a nuisance.</summary>
    private const int MaxReason = 1000;

    private readonly SemaphoreSlim _gate = new(1);
    private IChannel? _channel;

    /// <summary>Publishes messages in their order and waits until the broker has them all. One that no queue takes becomes a dead letter, except a direct reply.</summary>
    /// <exception cref="RabbitMqUnavailableException">Not all were confirmed in time; those that were not may have arrived all the same.</exception>
    public async Task PublishAsync(IReadOnlyList<RabbitMqMessage> messages, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(options.ConfirmTimeout, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var left = messages;
        Exception? trouble = null;
        while (left.Count > 0)
        {
            try
            {
                var channel = await ChannelAsync(linked.Token);
                // All are sent before the first is waited for; they go out in the order of these calls.
                var results = await Task.WhenAll(left.Select(message => TryPublishAsync(channel, message, linked.Token)));
                left = [.. left.Zip(results).Where(pair => pair.Second is not null).Select(pair => pair.First)];
                trouble = Array.Find(results, result => result is not null) ?? trouble;
                cancellationToken.ThrowIfCancellationRequested();
            }
            catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
            {
                trouble ??= e;
            }
            catch (Exception e) when (RabbitMqConnection.IsTrouble(e))
            {
                trouble = e;
            }
            if (left.Count == 0)
            {
                return;
            }
            await Task.Delay(RabbitMqOptions.MinBackOff, time, linked.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (limit.IsCancellationRequested)
            {
                throw new RabbitMqUnavailableException($"{left.Count} of {messages.Count} messages were not confirmed within {options.ConfirmTimeout.TotalSeconds:0.#} s: {trouble!.Message}", trouble);
            }
        }
    }

    /// <summary>Puts a message among the dead letters, with the reason in its header <see cref="ReasonHeader"/>.</summary>
    public async Task BuryAsync(RabbitMqMessage message, string reason, CancellationToken cancellationToken)
    {
        var channel = await ChannelAsync(cancellationToken);
        await channel.BasicPublishAsync(options.DeadLetters, message.RoutingKey, mandatory: true, Properties(message, reason), message.Body, cancellationToken);
        connection.CountDeadLetters(1);
        LogDeadLetter(logger, options.DeadLetters, message.CorrelationId, reason);
    }

    public async ValueTask DisposeAsync()
    {
        if (_channel is { } channel)
        {
            await channel.DisposeAsync();
        }
        _gate.Dispose();
    }

    /// <returns>Null when the broker has it; else what to make of it, and it is to be tried again.</returns>
    private async Task<Exception?> TryPublishAsync(IChannel channel, RabbitMqMessage message, CancellationToken cancellationToken)
    {
        try
        {
            var mandatory = message.Exchange is { Length: > 0 } || !message.RoutingKey.StartsWith(DirectReply, StringComparison.Ordinal);
            await channel.BasicPublishAsync(message.Exchange ?? "", message.RoutingKey, mandatory, Properties(message, null), message.Body, cancellationToken);
            return null;
        }
        catch (PublishReturnException e)
        {
            return await TryBuryAsync(message, $"no queue takes it: '{e.RoutingKey}' on {(e.Exchange is { Length: > 0 } exchange ? $"exchange '{exchange}'" : "the default exchange")} ({e.ReplyText})", cancellationToken);
        }
        catch (Exception e) when (RabbitMqConnection.IsTrouble(e))
        {
            return e;
        }
    }

    private async Task<Exception?> TryBuryAsync(RabbitMqMessage message, string reason, CancellationToken cancellationToken)
    {
        try
        {
            await BuryAsync(message, reason, cancellationToken);
            return null;
        }
        catch (Exception e) when (RabbitMqConnection.IsTrouble(e))
        {
            return e;
        }
    }

    private async Task<IChannel> ChannelAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (_channel is not { IsOpen: true })
            {
                if (_channel is { } broken)
                {
                    _channel = null;
                    await broken.DisposeAsync();
                }
                var open = await connection.OpenAsync(cancellationToken);
                // Without the library's own limit, which delays single messages and so changes their order: batches are small.
                _channel = await open.CreateChannelAsync(new(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true, outstandingPublisherConfirmationsRateLimiter: null), cancellationToken);
            }
            return _channel;
        }
        finally
        {
            _gate.Release();
        }
    }

    private static BasicProperties Properties(RabbitMqMessage message, string? reason) => new()
    {
        ContentType = message.ContentType,
        CorrelationId = message.CorrelationId,
        Persistent = true,
        Headers = reason is null ? null : new Dictionary<string, object?> { [ReasonHeader] = reason.Length <= MaxReason ? reason : reason[..MaxReason] },
    };

    [LoggerMessage(LogLevel.Warning, "a message became a dead letter in {Queue} (correlation id {CorrelationId}): {Reason}")]
    private static partial void LogDeadLetter(ILogger logger, string queue, string? correlationId, string reason);
}

/// <summary>The broker did not take everything in time.</summary>
public sealed class RabbitMqUnavailableException(string message, Exception inner) : Exception(message, inner);
