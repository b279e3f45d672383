using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;

namespace HmsOrleans.Benchmarks.Labs;

/// <summary>
/// A program outside the cluster, as careful as it should be: its answers have a queue that outlives the broker, and what is not answered
/// when the connection was lost is asked again, with the same correlation id and in the same order.
/// </summary>
internal sealed class CommandClient : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private static int s_count;

    private readonly string _exchange;
    private readonly string _answers = $"bench.answers.{Interlocked.Increment(ref s_count)}";
    private readonly ConnectionFactory _factory;
    private readonly ConcurrentDictionary<string, CommandRequest> _requests = new();
    private readonly CancellationTokenSource _ended = new();

    /// <summary>Held while something is published, so that the order is that of the requests.</summary>
    private readonly SemaphoreSlim _gate = new(1);
    private IChannel? _channel;
    private Task _keeping = Task.CompletedTask;
    private long _answered;
    private long _number;

    private CommandClient(string uri, string exchange)
    {
        _exchange = exchange;
        _factory = new ConnectionFactory
        {
            Uri = new(uri),
            AutomaticRecoveryEnabled = false,
            RequestedHeartbeat = TimeSpan.FromSeconds(2),
            RequestedConnectionTimeout = TimeSpan.FromSeconds(1),
            HandshakeContinuationTimeout = TimeSpan.FromSeconds(2),
            ContinuationTimeout = TimeSpan.FromSeconds(2),
        };
    }

    /// <summary>All that was asked.</summary>
    public IReadOnlyList<CommandRequest> Requests => [.. _requests.Values.OrderBy(request => request.Number)];

    /// <summary>Answers so far, also to what had been answered before.</summary>
    public long Answered => Interlocked.Read(ref _answered);

    /// <param name="uri">The broker.</param>
    /// <param name="exchange">Where it publishes.</param>
    /// <param name="token">Ends the waiting.</param>
    public static async Task<CommandClient> ConnectAsync(string uri, string exchange, CancellationToken token)
    {
        var client = new CommandClient(uri, exchange);
        var connected = new TaskCompletionSource();
        client._keeping = client.KeepAsync(connected);
        await connected.Task.WaitAsync(Patience, token);
        return client;
    }

    /// <summary>Asks, and waits for the answer.</summary>
    public async Task<CommandRequest> AskAsync(Order order, CancellationToken token)
    {
        var request = await SendAsync(order, token);
        await request.Answer.WaitAsync(Patience, token);
        return request;
    }

    /// <summary>Asks without end, so many at a time, and waits for the last answer.</summary>
    /// <param name="make">What to ask, by number; null ends it.</param>
    /// <param name="inFlight">How many are unanswered at a time.</param>
    /// <param name="token">Ends the waiting.</param>
    public async Task<IReadOnlyList<CommandRequest>> FlowAsync(Func<int, Order?> make, int inFlight, CancellationToken token)
    {
        var sent = new List<CommandRequest>();
        using var room = new SemaphoreSlim(inFlight);
        while (make(sent.Count) is { } order)
        {
            await room.WaitAsync(Patience, token);
            var request = await SendAsync(order, token);
            sent.Add(request);
            _ = request.Answer.ContinueWith(_ => room.Release(), token, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
        await Task.WhenAll(sent.Select(request => request.Answer)).WaitAsync(Patience, token);
        return sent;
    }

    /// <summary>Publishes and does not wait for the answer.</summary>
    public async Task<CommandRequest> SendAsync(Order order, CancellationToken token)
    {
        var request = new CommandRequest(Interlocked.Increment(ref _number), order);
        _requests[request.Id] = request;
        await _gate.WaitAsync(token);
        try
        {
            // Without a channel it is sent as soon as there is one.
            if (_channel is { IsOpen: true } channel)
            {
                await PublishAsync(channel, request, token);
            }
        }
        catch (Exception e) when (IsTrouble(e) && !token.IsCancellationRequested)
        {
            // As above.
        }
        finally
        {
            _gate.Release();
        }
        return request;
    }

    /// <summary>Waits for the next answer to anything.</summary>
    public async Task UntilAnswerAsync(CancellationToken token)
    {
        var (before, began) = (Answered, Stopwatch.GetTimestamp());
        while (Answered == before)
        {
            if (Stopwatch.GetElapsedTime(began) > Patience)
            {
                throw new TimeoutException($"no command was answered for {Patience.TotalMinutes} minutes");
            }
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _keeping.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _gate.Dispose();
        _ended.Dispose();
    }

    private static bool IsTrouble(Exception e) =>
        e is RabbitMQClientException or IOException or TimeoutException or ObjectDisposedException or OperationCanceledException;

    private async Task KeepAsync(TaskCompletionSource connected)
    {
        while (!_ended.IsCancellationRequested)
        {
            try
            {
                await using var connection = await _factory.CreateConnectionAsync(_ended.Token);
                await using var channel = await connection.CreateChannelAsync(cancellationToken: _ended.Token);
                var lost = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                channel.ChannelShutdownAsync += (_, _) =>
                {
                    lost.TrySetResult();
                    return Task.CompletedTask;
                };
                await channel.QueueDeclareAsync(_answers, durable: true, exclusive: false, autoDelete: false, cancellationToken: _ended.Token);
                var consumer = new AsyncEventingBasicConsumer(channel);
                consumer.ReceivedAsync += TakeAsync;
                // What is lost with the connection is asked for again.
                await channel.BasicConsumeAsync(_answers, autoAck: true, consumer, _ended.Token);
                await BeginAsync(channel);
                connected.TrySetResult();
                await lost.Task.WaitAsync(_ended.Token);
            }
            catch (Exception e) when (IsTrouble(e))
            {
                // The broker is away.
            }
            await Task.Delay(Pause, TimeProvider.System, _ended.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task BeginAsync(IChannel channel)
    {
        await _gate.WaitAsync(_ended.Token);
        try
        {
            _channel = channel;
            foreach (var request in Requests.Where(request => !request.Answer.IsCompleted))
            {
                await PublishAsync(channel, request, _ended.Token);
            }
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task PublishAsync(IChannel channel, CommandRequest request, CancellationToken token)
    {
        request.Asked();
        await channel.BasicPublishAsync(
            _exchange, request.Order.Key, mandatory: false, new BasicProperties { ReplyTo = _answers, CorrelationId = request.Id, Persistent = true }, request.Order.Body, token);
    }

    private Task TakeAsync(object sender, BasicDeliverEventArgs message)
    {
        if (message.BasicProperties.CorrelationId is { } id && _requests.TryGetValue(id, out var request))
        {
            request.Answered(Encoding.UTF8.GetString(message.Body.Span));
            Interlocked.Increment(ref _answered);
        }
        return Task.CompletedTask;
    }
}

/// <summary>What is asked.</summary>
/// <param name="Key">The routing key.</param>
/// <param name="Body">JSON.</param>
/// <param name="IsChange">It changes something.</param>
internal sealed record Order(string Key, ReadOnlyMemory<byte> Body, bool IsChange);

/// <summary>An order on its way.</summary>
internal sealed class CommandRequest(long number, Order order)
{
    private readonly TaskCompletionSource<string> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _asked;
    private int _answers;

    public long Number => number;

    public Order Order => order;

    /// <summary>The correlation id.</summary>
    public string Id { get; } = Guid.NewGuid().ToString();

    /// <summary>The first answer (JSON).</summary>
    public Task<string> Answer => _answer.Task;

    /// <summary>Whether it was carried out.</summary>
    public bool IsOk => Answer.IsCompletedSuccessfully && Answer.Result.StartsWith("""{"command":"ok""", StringComparison.Ordinal);

    /// <summary>How often it was sent.</summary>
    public int Times { get; private set; }

    public int Answers => _answers;

    /// <summary>From when it was last sent to its first answer.</summary>
    public TimeSpan Took { get; private set; }

    public void Asked()
    {
        Times++;
        _asked = Stopwatch.GetTimestamp();
    }

    public void Answered(string answer)
    {
        if (Interlocked.Increment(ref _answers) == 1)
        {
            Took = Stopwatch.GetElapsedTime(_asked);
            _answer.SetResult(answer);
        }
    }
}
