using System.Net.Sockets;
using System.Security.Cryptography;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace HmsOrleans.Silo.RabbitMq;

/// <summary>
/// A provider's way to its broker: made again, with all that the provider needs there, whenever it is gone. Of two connections: a
/// broker that is low on memory or disk stops listening to one that publishes, and what was done would not be acknowledged either.
/// </summary>
internal sealed partial class RabbitMqConnection(RabbitMqOptions options, string provider, TimeProvider time, ILogger<RabbitMqConnection> logger) : IAsyncDisposable
{
    /// <summary>The dead letters are counted this often: whoever waits for one looks into the queue itself.</summary>
    private static readonly TimeSpan CountPeriod = TimeSpan.FromSeconds(5);

    private const long Unknown = -1;

    private readonly CancellationTokenSource _ended = new();
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, string> _queues = new(StringComparer.Ordinal);
    private TaskCompletionSource<(IConnection Reading, IConnection Publishing)> _open = New<(IConnection, IConnection)>();
    private TaskCompletionSource<bool> _flowing = New<bool>();
    private Task? _keeping;
    private string? _trouble = "not connected yet";
    private string? _blocked;
    private int _alarms;
    private long _deadLetters;
    private long _deadLettersWaiting = Unknown;

    /// <summary>Why the broker, or one of the queues that are used here, cannot be used; null while all can.</summary>
    public string? Trouble
    {
        get
        {
            lock (_lock)
            {
                return _trouble
                    ?? (_blocked is not null ? $"the broker takes no messages until its alarm ends: {_blocked}" : null)
                    ?? (_queues.FirstOrDefault() is ({ } queue, var why) ? $"{queue} {why}" : null);
            }
        }
    }

    /// <summary>How many alarms of the broker, in which it takes no messages, have begun.</summary>
    public int Alarms => Volatile.Read(ref _alarms);

    /// <summary>Since when it can, or cannot (UTC).</summary>
    public DateTimeOffset Since { get; private set; } = time.GetUtcNow();

    /// <summary>Messages that this silo has made dead letters since it started.</summary>
    public long DeadLetters => Interlocked.Read(ref _deadLetters);

    /// <summary>Messages in the queue for dead letters a moment ago, whoever made them: the broker does, too. Null while that is not known.</summary>
    public long? DeadLettersWaiting => Interlocked.Read(ref _deadLettersWaiting) is >= 0 and var waiting ? waiting : null;

    public void CountDeadLetters(int count) => Interlocked.Add(ref _deadLetters, count);

    /// <summary>A queue that is needed here cannot be used, or can again.</summary>
    /// <param name="queue">Its name.</param>
    /// <param name="trouble">What it does not do, and why; null when it does, or need not.</param>
    public void ReportQueue(string queue, string? trouble)
    {
        bool isNew;
        lock (_lock)
        {
            isNew = _queues.GetValueOrDefault(queue) != trouble;
            Note(() =>
            {
                _queues.Remove(queue);
                if (trouble is not null)
                {
                    _queues.Add(queue, trouble);
                }
            });
        }
        if (isNew && trouble is not null)
        {
            LogQueueTrouble(logger, provider, queue, trouble);
        }
        else if (isNew)
        {
            LogQueueUsable(logger, provider, queue);
        }
    }

    /// <summary>Connects, and does so again after every loss, until the end. Waits for nothing.</summary>
    public void Keep()
    {
        lock (_lock)
        {
            _keeping ??= KeepAsync();
        }
    }

    /// <summary>The open connection to read from; waits for the broker as long as it takes.</summary>
    public async Task<IConnection> OpenToReadAsync(CancellationToken cancellationToken)
    {
        Keep();
        return (await Volatile.Read(ref _open).Task.WaitAsync(cancellationToken)).Reading;
    }

    /// <summary>The open connection to publish on; waits for the broker, and until it takes messages, as long as it takes.</summary>
    public async Task<IConnection> OpenToPublishAsync(CancellationToken cancellationToken)
    {
        Keep();
        await Volatile.Read(ref _flowing).Task.WaitAsync(cancellationToken);
        return (await Volatile.Read(ref _open).Task.WaitAsync(cancellationToken)).Publishing;
    }

    public static TimeSpan Longer(TimeSpan pause) => pause * 2 < RabbitMqOptions.MaxBackOff ? pause * 2 : RabbitMqOptions.MaxBackOff;

    /// <summary>Whether an exception says that the broker, or the way there, rather than this program has a problem.</summary>
    public static bool IsTrouble(Exception e) =>
        e is RabbitMqUnavailableException or RabbitMQClientException or SocketException or IOException or TimeoutException or ObjectDisposedException or OperationCanceledException
            or CryptographicException or UnauthorizedAccessException; // the files of certificates are read again with each attempt

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await (_keeping ?? Task.CompletedTask);
        _ended.Dispose();
    }

    private async Task KeepAsync()
    {
        var pause = RabbitMqOptions.MinBackOff;
        while (!_ended.IsCancellationRequested)
        {
            try
            {
                var lost = New<string>();
                await using var reading = await ConnectAsync("reads", lost);
                await using var publishing = await ConnectAsync("publishes", lost);
                publishing.ConnectionBlockedAsync += (_, alarm) => BlockAsync(alarm.Reason);
                publishing.ConnectionUnblockedAsync += (_, _) => BlockAsync(null);
                await using (var channel = await reading.CreateChannelAsync(cancellationToken: _ended.Token))
                {
                    await RabbitMqTopology.DeclareAsync(channel, options, _ended.Token);
                }
                var began = time.GetTimestamp();
                ReportQueue(options.DeadLetters, null);
                Report(null);
                Flow(null);
                _open.TrySetResult((reading, publishing));
                WatchDeadLettersAsync(reading, lost.Task).Ignore();
                var why = await lost.Task.WaitAsync(_ended.Token);
                Interlocked.Exchange(ref _deadLettersWaiting, Unknown);
                Volatile.Write(ref _open, New<(IConnection, IConnection)>());
                Flow(null);
                Report(why);
                // One that is lost again and again is not made again at once: each loss counts for all messages that were held.
                if (time.GetElapsedTime(began) > RabbitMqOptions.MaxBackOff)
                {
                    pause = RabbitMqOptions.MinBackOff;
                }
            }
            catch (Exception e) // Whatever it is, there is no connection: only the next attempt helps.
            {
                if (_ended.IsCancellationRequested)
                {
                    return;
                }
                Report(e is BrokerUnreachableException { InnerException: { } inner } ? inner.GetBaseException().Message : e.Message);
            }
            await Task.Delay(pause * (0.5 + Random.Shared.NextDouble()), time, _ended.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause = Longer(pause);
        }
    }

    private async Task<IConnection> ConnectAsync(string purpose, TaskCompletionSource<string> lost)
    {
        var connection = await options.ConnectionFactory($"hms-orleans {Environment.MachineName} {provider} {purpose}").CreateConnectionAsync(_ended.Token);
        connection.ConnectionShutdownAsync += (_, end) =>
        {
            lost.TrySetResult($"the connection was lost ({end.ReplyText})");
            return Task.CompletedTask;
        };
        return connection;
    }

    private async Task WatchDeadLettersAsync(IConnection open, Task lost)
    {
        while (!lost.IsCompleted)
        {
            long waiting;
            try
            {
                await using var channel = await open.CreateChannelAsync();
                waiting = (await channel.QueueDeclarePassiveAsync(options.DeadLetters)).MessageCount;
            }
            catch (Exception e) when (IsTrouble(e))
            {
                waiting = Unknown; // told by whoever needs the queue, or the connection
            }
            if (!lost.IsCompleted)
            {
                Interlocked.Exchange(ref _deadLettersWaiting, waiting);
            }
            await Task.WhenAny(lost, Task.Delay(CountPeriod, time));
        }
    }

    private Task BlockAsync(string? why)
    {
        if (why is not null)
        {
            Interlocked.Increment(ref _alarms);
        }
        Flow(why);
        if (why is null)
        {
            ReportQueue(options.DeadLetters, null); // which took none meanwhile, either
            LogUnblocked(logger, provider);
        }
        else
        {
            LogBlocked(logger, provider, why);
        }
        return Task.CompletedTask;
    }

    private void Flow(string? blocked)
    {
        lock (_lock)
        {
            Note(() => _blocked = blocked);
            if (blocked is null)
            {
                _flowing.TrySetResult(true);
            }
            else if (_flowing.Task.IsCompleted)
            {
                Volatile.Write(ref _flowing, New<bool>());
            }
        }
    }

    private static TaskCompletionSource<T> New<T>() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Report(string? trouble)
    {
        lock (_lock)
        {
            if (trouble == _trouble)
            {
                return;
            }
            Note(() => _trouble = trouble);
        }
        var endpoint = options.Uri!.GetComponents(UriComponents.HostAndPort, UriFormat.UriEscaped);
        if (trouble is null)
        {
            LogConnected(logger, provider, endpoint);
        }
        else
        {
            LogTrouble(logger, provider, endpoint, trouble);
        }
    }

    private void Note(Action change)
    {
        var before = Trouble;
        change();
        if ((before is null) != (Trouble is null))
        {
            Since = time.GetUtcNow();
        }
    }

    [LoggerMessage(LogLevel.Warning, "{Provider}: {Queue} {Trouble}; it is tried again")]
    private static partial void LogQueueTrouble(ILogger logger, string provider, string queue, string trouble);

    [LoggerMessage(LogLevel.Information, "{Provider}: {Queue} can be used again")]
    private static partial void LogQueueUsable(ILogger logger, string provider, string queue);

    [LoggerMessage(LogLevel.Warning, "{Provider}: RabbitMQ takes no messages until its alarm ends, answers wait: {Reason}")]
    private static partial void LogBlocked(ILogger logger, string provider, string reason);

    [LoggerMessage(LogLevel.Information, "{Provider}: RabbitMQ takes messages again")]
    private static partial void LogUnblocked(ILogger logger, string provider);

    [LoggerMessage(LogLevel.Information, "{Provider}: RabbitMQ at {Endpoint} takes and gives messages")]
    private static partial void LogConnected(ILogger logger, string provider, string endpoint);

    [LoggerMessage(LogLevel.Warning, "{Provider}: RabbitMQ at {Endpoint} cannot be used, it is tried again: {Trouble}")]
    private static partial void LogTrouble(ILogger logger, string provider, string endpoint, string trouble);
}
