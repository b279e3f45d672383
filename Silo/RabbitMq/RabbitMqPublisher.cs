using System.Text.Unicode;
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

    /// <summary>Bytes of a name or an identifier in AMQP 0-9-1 (a "short string").</summary>
    private const int MaxShort = 255;

    private readonly SemaphoreSlim _gate = new(1);
    private IChannel? _channel;

    /// <summary>
    /// Publishes messages in the order of the calls, and waits until the broker has them all. One that cannot be handed over becomes a dead letter
    /// and holds no other up: no queue takes it (a direct reply is gone then), its queue is full or does not confirm, or the broker forbids it.
    /// </summary>
    /// <exception cref="RabbitMqUnavailableException">Not all were confirmed in time; those that were not may have arrived all the same.</exception>
    public Task PublishAsync(IReadOnlyList<RabbitMqMessage> messages, CancellationToken cancellationToken) =>
        // All are sent before the first is waited for.
        Task.WhenAll([.. messages.Select(message => PublishAsync(message, cancellationToken))]);

    /// <summary>Puts a message among the dead letters, with the reason in its header <see cref="ReasonHeader"/>.</summary>
    /// <exception cref="RabbitMqUnavailableException">That was not confirmed in time.</exception>
    public Task BuryAsync(RabbitMqMessage message, string reason, CancellationToken cancellationToken) => BuryAsync(message, reason, null, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (_channel is { } channel)
        {
            await channel.DisposeAsync();
        }
        _gate.Dispose();
    }

    private async Task PublishAsync(RabbitMqMessage message, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        for (var isAlone = false; ;)
        {
            Exception trouble;
            try
            {
                if (await TryPublishAsync(message, isAlone, cancellationToken) is { } refusal)
                {
                    await BuryAsync(message, refusal, cancellationToken);
                }
                return;
            }
            catch (RabbitMQClientException e) when (!isAlone && IsRefusal(e))
            {
                // This message or another of the same channel, for good or for a moment: alone it is seen.
                (isAlone, trouble) = (true, e);
            }
            catch (OperationInterruptedException e) when (IsRefusal(e))
            {
                // Without its body, which may be what is wrong with it.
                await BuryAsync(message with { Body = default }, $"the broker refuses it: {e.ShutdownReason!.ReplyText}", cancellationToken);
                return;
            }
            catch (Exception e) when (RabbitMqConnection.IsTrouble(e) && !cancellationToken.IsCancellationRequested)
            {
                trouble = e;
            }
            if (time.GetElapsedTime(began) >= options.ConfirmTimeout)
            {
                throw new RabbitMqUnavailableException($"a message was not confirmed within {Seconds(options.ConfirmTimeout)}: {trouble.Message}", trouble);
            }
            await Task.Delay(RabbitMqOptions.MinBackOff, time, cancellationToken);
        }
    }

    /// <returns>Null when the broker has it; else why nobody will ever take it.</returns>
    private async Task<string?> TryPublishAsync(RabbitMqMessage message, bool isAlone, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(options.ConfirmTimeout, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        using var sending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            if (isAlone)
            {
                await SendAloneAsync(message, null, linked.Token);
                return null;
            }
            var alarms = connection.Alarms;
            var (channel, confirmation) = await SendAsync(message, null, linked.Token, sending.Token);
            while (true)
            {
                try
                {
                    await confirmation.WaitAsync(options.ConfirmTimeout, time, cancellationToken);
                    return null;
                }
                catch (TimeoutException) when (!confirmation.IsCompleted)
                {
                    if (alarms == connection.Alarms || !channel.IsOpen)
                    {
                        break;
                    }
                    // The broker has it and keeps it back until its alarm ends: sent again, it would arrive twice.
                    alarms = connection.Alarms;
                    await connection.OpenToPublishAsync(cancellationToken);
                }
            }
            await sending.CancelAsync();
            // Through the same channel: where that confirms, it has not lost the message, and the one to blame is its queue.
            await BuryAsync(message, $"{Where(message)} has not confirmed it within {Seconds(options.ConfirmTimeout)}; it may be there all the same", channel, cancellationToken);
            return null;
        }
        catch (PublishReturnException e)
        {
            return $"no queue takes it: {Where(message)} ({e.ReplyText})";
        }
        catch (PublishException) when (isAlone)
        {
            return $"its queue refuses it, as one does that is full: {Where(message)}";
        }
        catch (ArgumentException e)
        {
            return $"it cannot be sent: {e.Message}";
        }
    }

    /// <param name="message">The message.</param>
    /// <param name="reason">Why it is a dead letter.</param>
    /// <param name="through">On which channel; null for whichever is open.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    private async Task BuryAsync(RabbitMqMessage message, string reason, IChannel? through, CancellationToken cancellationToken)
    {
        var letter = message with
        {
            Exchange = options.DeadLetters,
            RoutingKey = Fit(message.RoutingKey),
            ContentType = Fit(message.ContentType),
            CorrelationId = message.CorrelationId is null ? null : Fit(message.CorrelationId),
        };
        using var limit = new CancellationTokenSource(options.ConfirmTimeout, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            try
            {
                await connection.OpenToPublishAsync(linked.Token);
                await (through is null ? (await SendAsync(letter, reason, linked.Token, linked.Token)).Confirmation : SendAsync(through, letter, reason, linked.Token));
            }
            catch (PublishReturnException)
            {
                await SendAloneAsync(letter, reason, linked.Token); // which makes what was deleted
            }
        }
        catch (Exception e) when (RabbitMqConnection.IsTrouble(e) && !cancellationToken.IsCancellationRequested)
        {
            var why = limit.IsCancellationRequested ? $"nothing was confirmed within {Seconds(options.ConfirmTimeout)}" : e.Message;
            connection.ReportQueue(options.DeadLetters, $"takes no dead letters: {why}");
            throw new RabbitMqUnavailableException($"a dead letter: {why}", e);
        }
        connection.ReportQueue(options.DeadLetters, null);
        connection.CountDeadLetters(1);
        LogDeadLetter(logger, options.DeadLetters, message.CorrelationId, reason);
    }

    /// <summary>Sends a message; what is sent comes to the broker in the order of these calls.</summary>
    /// <param name="message">The message.</param>
    /// <param name="reason">Why it is a dead letter; null when it is none.</param>
    /// <param name="waiting">Ends the waiting for a channel.</param>
    /// <param name="sending">Ends the sending and the wait for the confirmation.</param>
    /// <returns>The channel, and the wait for the broker's confirmation.</returns>
    private async Task<(IChannel Channel, Task Confirmation)> SendAsync(RabbitMqMessage message, string? reason, CancellationToken waiting, CancellationToken sending)
    {
        await _gate.WaitAsync(waiting);
        try
        {
            var open = await connection.OpenToPublishAsync(waiting);
            if (_channel is not { IsOpen: true })
            {
                if (_channel is { } broken)
                {
                    _channel = null;
                    await broken.DisposeAsync();
                }
                _channel = await OpenChannelAsync(open, waiting);
            }
            return (_channel, SendAsync(_channel, message, reason, sending));
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Sends a message on a channel of its own, with all there that a provider needs, and waits for the confirmation.</summary>
    private async Task SendAloneAsync(RabbitMqMessage message, string? reason, CancellationToken cancellationToken)
    {
        var open = await connection.OpenToPublishAsync(cancellationToken);
        await using (var making = await open.CreateChannelAsync(cancellationToken: cancellationToken))
        {
            try
            {
                await RabbitMqTopology.DeclareAsync(making, options, cancellationToken);
            }
            catch (OperationInterruptedException)
            {
                // Something there is different: whoever reads the queues tells.
            }
        }
        await using var channel = await OpenChannelAsync(open, cancellationToken);
        await SendAsync(channel, message, reason, cancellationToken);
    }

    private static Task SendAsync(IChannel channel, RabbitMqMessage message, string? reason, CancellationToken cancellationToken)
    {
        var properties = new BasicProperties
        {
            ContentType = message.ContentType,
            CorrelationId = message.CorrelationId,
            Persistent = true,
            Headers = reason is null ? null : new Dictionary<string, object?> { [ReasonHeader] = reason.Length <= MaxReason ? reason : reason[..MaxReason] },
        };
        var mandatory = message.Exchange is { Length: > 0 } || !message.RoutingKey.StartsWith(DirectReply, StringComparison.Ordinal);
        return channel.BasicPublishAsync(message.Exchange ?? "", message.RoutingKey, mandatory, properties, message.Body, cancellationToken).AsTask();
    }

    // Without the library's own limit, which delays single messages and so changes their order: batches are small.
    private static Task<IChannel> OpenChannelAsync(IConnection open, CancellationToken cancellationToken) =>
        open.CreateChannelAsync(new(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true, outstandingPublisherConfirmationsRateLimiter: null), cancellationToken);

    /// <summary>Whether the broker does not want a message, or has closed the channel for one (access refused, not found, resource locked, precondition failed).</summary>
    private static bool IsRefusal(RabbitMQClientException e) =>
        e is PublishException or OperationInterruptedException { ShutdownReason: { Initiator: ShutdownInitiator.Peer, ReplyCode: >= 403 and <= 406 } };

    private static string Where(RabbitMqMessage message) =>
        $"'{message.RoutingKey}' on {(message.Exchange is { Length: > 0 } exchange ? $"exchange '{exchange}'" : "the default exchange")}";

    private static string Seconds(TimeSpan time) => FormattableString.Invariant($"{time.TotalSeconds:0.#} s");

    /// <summary>As much of a text as AMQP can hold. What was no UTF-8 has grown when it was read.</summary>
    private static string Fit(string text)
    {
        Utf8.FromUtf16(text, stackalloc byte[MaxShort], out var fits, out _);
        return text[..fits];
    }

    [LoggerMessage(LogLevel.Warning, "a message became a dead letter in {Queue} (correlation id {CorrelationId}): {Reason}")]
    private static partial void LogDeadLetter(ILogger logger, string queue, string? correlationId, string reason);
}

/// <summary>The broker did not take everything in time.</summary>
public sealed class RabbitMqUnavailableException(string message, Exception inner) : Exception(message, inner);
