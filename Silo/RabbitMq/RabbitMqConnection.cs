using System.Net.Sockets;
using System.Security.Cryptography;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace HmsOrleans.Silo.RabbitMq;

/// <summary>The one connection of a provider to its broker: made again, with all that the provider needs there, whenever it is gone.</summary>
internal sealed partial class RabbitMqConnection(RabbitMqOptions options, string provider, TimeProvider time, ILogger<RabbitMqConnection> logger) : IAsyncDisposable
{
    private readonly CancellationTokenSource _ended = new();
    private readonly Lock _lock = new();
    private TaskCompletionSource<IConnection> _open = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task? _keeping;
    private readonly SortedDictionary<string, string> _unread = new(StringComparer.Ordinal);
    private string? _trouble = "not connected yet";
    private long _deadLetters;

    /// <summary>Why the broker, or one of the queues that are read here, cannot be used; null while all can.</summary>
    public string? Trouble
    {
        get
        {
            lock (_lock)
            {
                return _trouble ?? (_unread.FirstOrDefault() is ({ } queue, var why) ? $"{queue} cannot be read: {why}" : null);
            }
        }
    }

    /// <summary>Since when it can, or cannot (UTC).</summary>
    public DateTimeOffset Since { get; private set; } = time.GetUtcNow();

    /// <summary>Messages that this silo has made dead letters since it started.</summary>
    public long DeadLetters => Interlocked.Read(ref _deadLetters);

    public void CountDeadLetters(int count) => Interlocked.Add(ref _deadLetters, count);

    /// <summary>A queue that should be read here cannot be, or can again.</summary>
    /// <param name="queue">Its name.</param>
    /// <param name="trouble">Why not; null when it can, or need not.</param>
    public void ReportQueue(string queue, string? trouble)
    {
        bool isNew;
        lock (_lock)
        {
            isNew = _unread.GetValueOrDefault(queue) != trouble;
            Note(() =>
            {
                _unread.Remove(queue);
                if (trouble is not null)
                {
                    _unread.Add(queue, trouble);
                }
            });
        }
        if (isNew && trouble is not null)
        {
            LogUnread(logger, provider, queue, trouble);
        }
        else if (isNew)
        {
            LogRead(logger, provider, queue);
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

    /// <summary>The open connection; waits for the broker as long as it takes.</summary>
    public async Task<IConnection> OpenAsync(CancellationToken cancellationToken)
    {
        Keep();
        return await Volatile.Read(ref _open).Task.WaitAsync(cancellationToken);
    }

    public static TimeSpan Longer(TimeSpan pause) => pause * 2 < RabbitMqOptions.MaxBackOff ? pause * 2 : RabbitMqOptions.MaxBackOff;

    /// <summary>Whether an exception says that the broker, or the way there, rather than this program has a problem.</summary>
    public static bool IsTrouble(Exception e) =>
        e is RabbitMQClientException or SocketException or IOException or TimeoutException or ObjectDisposedException or OperationCanceledException
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
                await using var connection = await options.ConnectionFactory($"hms-orleans {Environment.MachineName} {provider}").CreateConnectionAsync(_ended.Token);
                var lost = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
                connection.ConnectionShutdownAsync += (_, end) =>
                {
                    lost.TrySetResult($"the connection was lost ({end.ReplyText})");
                    return Task.CompletedTask;
                };
                await using (var channel = await connection.CreateChannelAsync(cancellationToken: _ended.Token))
                {
                    await RabbitMqTopology.DeclareAsync(channel, options, _ended.Token);
                }
                pause = RabbitMqOptions.MinBackOff;
                Report(null);
                _open.TrySetResult(connection);
                var why = await lost.Task.WaitAsync(_ended.Token);
                Volatile.Write(ref _open, new(TaskCreationOptions.RunContinuationsAsynchronously));
                Report(why);
            }
            catch (Exception e) when (IsTrouble(e))
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

    [LoggerMessage(LogLevel.Warning, "{Provider}: {Queue} cannot be read, it is tried again: {Reason}")]
    private static partial void LogUnread(ILogger logger, string provider, string queue, string reason);

    [LoggerMessage(LogLevel.Information, "{Provider}: {Queue} can be read again")]
    private static partial void LogRead(ILogger logger, string provider, string queue);

    [LoggerMessage(LogLevel.Information, "{Provider}: RabbitMQ at {Endpoint} takes and gives messages")]
    private static partial void LogConnected(ILogger logger, string provider, string endpoint);

    [LoggerMessage(LogLevel.Warning, "{Provider}: RabbitMQ at {Endpoint} cannot be used, it is tried again: {Trouble}")]
    private static partial void LogTrouble(ILogger logger, string provider, string endpoint, string trouble);
}
