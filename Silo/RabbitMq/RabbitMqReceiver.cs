using System.Threading.Channels;
using Orleans.Providers.Streams.Common;
using Orleans.Streams;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace HmsOrleans.Silo.RabbitMq;

/// <summary>Reads one queue. What a lost connection had delivered is forgotten along with it: the broker delivers it again.</summary>
internal sealed partial class RabbitMqReceiver(
    RabbitMqOptions options, uint queue, RabbitMqConnection connection, RabbitMqPublisher publisher, IRabbitMqDataAdapter adapter, TimeProvider time, ILogger<RabbitMqReceiver> logger)
    : IQueueAdapterReceiver, IDisposable
{
    /// <summary>The same while something is under way: what was delivered meanwhile is acknowledged between two polls, and the broker may give no more before.</summary>
    private static readonly TimeSpan BusyPoll = TimeSpan.FromMilliseconds(5);

    private readonly CancellationTokenSource _ending = new();

    // Numbers in the tokens of those that Orleans has in its cache, the oldest first.
    private readonly Queue<long> _cached = new();

    // By the number in the token, the oldest first.
    private readonly SortedDictionary<long, (Session Session, ulong DeliveryTag)> _underWay = [];
    private Session _session = new(null);
    private Task _reading = Task.CompletedTask;
    private long _last;
    private long _released;

    /// <summary>Begins to read and waits for nothing: a silo starts without its broker, too.</summary>
    public Task Initialize(TimeSpan timeout)
    {
        _reading = ReadAsync();
        return Task.CompletedTask;
    }

    public async Task<IList<IBatchContainer>> GetQueueMessagesAsync(int maxCount)
    {
        var session = _session;
        await session.WhenAnyAsync(_underWay.Count == 0 || options.LongPoll < BusyPoll ? options.LongPoll : BusyPoll, time);
        var messages = new List<IBatchContainer>();
        while (messages.Count < maxCount && session.Arrivals.Reader.TryRead(out var arrival))
        {
            var reading = arrival.Reading;
            _last = Math.Max(_last + 1, time.GetUtcNow().Ticks);
            messages.Add(new RabbitMqBatchContainer(reading.StreamId, new EventSequenceTokenV2(_last), reading.RequestContext, reading.Events));
            _underWay[_last] = (session, arrival.DeliveryTag);
            _cached.Enqueue(_last);
        }
        return messages;
    }

    /// <summary>So many leave Orleans' cache, the oldest first. Which of them were delivered is told next; perhaps none.</summary>
    public void Release(int count)
    {
        for (; count > 0 && _cached.TryDequeue(out var number); count--)
        {
            _released = number;
        }
    }

    public async Task MessagesDeliveredAsync(IList<IBatchContainer> messages)
    {
        var delivered = messages.Select(message => message.SequenceToken.SequenceNumber).ToHashSet();
        // One that is missing was in a batch that could not be delivered.
        foreach (var number in _underWay.Keys.TakeWhile(number => number <= _released).ToList())
        {
            if (delivered.Contains(number))
            {
                await SettleAsync(number, (channel, tag) => channel.BasicAckAsync(tag, multiple: false, _ending.Token));
            }
            else
            {
                await GiveUpAsync(number);
            }
        }
    }

    /// <summary>Gives up what could not be delivered to its grain: it becomes a dead letter.</summary>
    public Task GiveUpAsync(StreamSequenceToken token) => GiveUpAsync(token.SequenceNumber);

    public async Task Shutdown(TimeSpan timeout)
    {
        await _ending.CancelAsync();
        await _reading.WaitAsync(timeout, time);
        connection.ReportQueue(options.QueueName(queue), null);
        Dispose();
    }

    public void Dispose() => _ending.Dispose();

    private async Task GiveUpAsync(long number)
    {
        if (await SettleAsync(number, (channel, tag) => channel.BasicNackAsync(tag, multiple: false, requeue: false, _ending.Token)))
        {
            LogGivenUp(logger, options.QueueName(queue), options.DeadLetters);
            connection.CountDeadLetters(1);
        }
    }

    /// <summary>Tells the broker what became of a message. Of a channel that is gone it has it back already.</summary>
    /// <returns>Whether it was told.</returns>
    private async Task<bool> SettleAsync(long number, Func<IChannel, ulong, ValueTask> settle) =>
        _underWay.Remove(number, out var held) && await held.Session.SettleAsync(held.DeliveryTag, settle);

    private async Task ReadAsync()
    {
        var pause = RabbitMqOptions.MinBackOff;
        while (!_ending.IsCancellationRequested)
        {
            try
            {
                var open = await connection.OpenToReadAsync(_ending.Token);
                await using var channel = await open.CreateChannelAsync(cancellationToken: _ending.Token);
                // Again, for a queue that was deleted.
                await RabbitMqTopology.DeclareAsync(channel, options, _ending.Token);
                await channel.BasicQosAsync(0, options.Prefetch, global: false, _ending.Token);
                var session = _session = new(channel);
                var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                var consumer = new AsyncEventingBasicConsumer(channel);
                consumer.ReceivedAsync += (_, delivery) => TakeAsync(session, delivery);
                consumer.ShutdownAsync += (_, _) => End();
                consumer.UnregisteredAsync += (_, _) => End();
                channel.ChannelShutdownAsync += (_, _) => End();
                await channel.BasicConsumeAsync(options.QueueName(queue), autoAck: false, consumer, _ending.Token);
                if (!channel.IsOpen)
                {
                    await End(); // before anybody was told
                }
                connection.ReportQueue(options.QueueName(queue), null);
                pause = RabbitMqOptions.MinBackOff;
                await ended.Task.WaitAsync(_ending.Token);

                Task End()
                {
                    ended.TrySetResult();
                    return Task.CompletedTask;
                }
            }
            catch (Exception e) // Whatever it is, the queue is not read: only the next attempt helps.
            {
                if (!_ending.IsCancellationRequested)
                {
                    connection.ReportQueue(options.QueueName(queue), $"cannot be read: {e.Message}");
                }
            }
            _session = new(null);
            await Task.Delay(pause, time, _ending.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            pause = RabbitMqConnection.Longer(pause);
        }
    }

    private Task TakeAsync(Session session, BasicDeliverEventArgs given)
    {
        // The library takes the body back when this ends.
        var body = given.Body.ToArray();
        var properties = given.BasicProperties;
        var reading = adapter.Read(new(
            given.Exchange, given.RoutingKey, body, properties.ContentType, properties.CorrelationId, properties.ReplyTo, given.Redelivered, Guid.NewGuid()));
        if (reading.Refusal is null)
        {
            session.Arrivals.Writer.TryWrite(new(given.DeliveryTag, reading));
        }
        else
        {
            // Not waited for: the library gives no message before this ends.
            RefuseAsync(session, given.DeliveryTag, new("", given.RoutingKey, body, properties.ContentType ?? "", properties.CorrelationId), reading).Ignore();
        }
        return Task.CompletedTask;
    }

    /// <summary>Has a message that cannot be used among the dead letters, and answers it. Until that is done it stays unacknowledged.</summary>
    private async Task RefuseAsync(Session session, ulong tag, RabbitMqMessage message, RabbitMqReading reading)
    {
        var pause = RabbitMqOptions.MinBackOff;
        for (var isBuried = false; session.IsOpen && !_ending.IsCancellationRequested;)
        {
            try
            {
                if (!isBuried)
                {
                    await publisher.BuryAsync(message, reading.Refusal!, _ending.Token);
                    isBuried = true;
                }
                if (reading.Answer is { } answer)
                {
                    await publisher.PublishAsync([answer], _ending.Token);
                }
                await session.SettleAsync(tag, (channel, tag) => channel.BasicAckAsync(tag, multiple: false, _ending.Token));
                return;
            }
            catch (Exception e) when (RabbitMqConnection.IsTrouble(e))
            {
                LogNotRefused(logger, options.QueueName(queue), e.Message);
            }
            await Task.Delay(pause, time, _ending.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            pause = RabbitMqConnection.Longer(pause);
        }
    }

    [LoggerMessage(LogLevel.Error, "a message of {Queue} could not be delivered to its grain and is a dead letter in {DeadLetters} now")]
    private static partial void LogGivenUp(ILogger logger, string queue, string deadLetters);

    [LoggerMessage(LogLevel.Debug, "a message of {Queue} that cannot be used waits to be put among the dead letters, or answered: {Reason}")]
    private static partial void LogNotRefused(ILogger logger, string queue, string reason);

    private readonly record struct Arrival(ulong DeliveryTag, RabbitMqReading Reading);

    /// <summary>One life of the channel.</summary>
    private sealed class Session(IChannel? channel)
    {
        private Task<bool>? _any;

        public bool IsOpen => channel is { IsOpen: true };

        /// <summary>Not more than the broker gives without an acknowledgement.</summary>
        public Channel<Arrival> Arrivals { get; } = Channel.CreateUnbounded<Arrival>(new() { SingleReader = true });

        public async Task WhenAnyAsync(TimeSpan limit, TimeProvider time)
        {
            if (_any is null or { IsCompleted: true })
            {
                _any = Arrivals.Reader.WaitToReadAsync().AsTask();
            }
            await Task.WhenAny(_any, Task.Delay(limit, time));
        }

        public async Task<bool> SettleAsync(ulong tag, Func<IChannel, ulong, ValueTask> settle)
        {
            try
            {
                if (channel is { IsOpen: true })
                {
                    await settle(channel, tag);
                    return true;
                }
            }
            catch (Exception e) when (RabbitMqConnection.IsTrouble(e))
            {
                // The channel is gone now.
            }
            return false;
        }
    }
}
