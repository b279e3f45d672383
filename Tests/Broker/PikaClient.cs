using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using System.Threading.Channels;
using HmsOrleans.Tests.Engine;

namespace HmsOrleans.Tests.Broker;

/// <summary>A client of the broker that is not ours: client.py, which is Debian's pika. It survives its broker.</summary>
internal sealed class PikaClient : IAsyncDisposable
{
    private const string Commands = "hms.commands";
    private const string ReportExchange = "health_system_exchange";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly Task _reading;
    private readonly ConcurrentDictionary<string, ConcurrentQueue<PikaReply>> _replies = new();
    private readonly ConcurrentQueue<string> _order = new();
    private readonly Channel<JsonElement> _done = Channel.CreateUnbounded<JsonElement>();

    private PikaClient(BrokerProcess broker)
    {
        _process = Process.Start(new ProcessStartInfo("/usr/bin/python3", [SourceTree.File("Tests/Broker/client.py"), $"{broker.Port}"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        _reading = ReadAsync();
    }

    /// <summary>Requests that were answered so far.</summary>
    public int Answered => _replies.Count;

    /// <summary>Whom the answers so far were to, in the order in which they came.</summary>
    public IReadOnlyCollection<string> Order => _order;

    public static PikaClient Start(BrokerProcess broker) => new(broker);

    /// <summary>A correlation id that no other request has.</summary>
    public static string NewId() => Guid.NewGuid().ToString();

    /// <summary>Becomes a program of the report's system, that awaits its answers under a routing key of its own.</summary>
    public Task JoinAsync(string sender, CancellationToken token) => DoAsync(new { @do = "join", sender }, token);

    public Task DeleteQueueAsync(string queue, CancellationToken token) => DoAsync(new { @do = "delete", queue }, token);

    /// <summary>Gives back, from now on, whatever comes from a queue.</summary>
    public Task RejectAsync(string queue, CancellationToken token) => DoAsync(new { @do = "reject", queue }, token);

    /// <summary>Puts a plain queue in the place of a queue.</summary>
    public Task ReplaceQueueAsync(string queue, CancellationToken token) => DoAsync(new { @do = "replace", queue }, token);

    public Task DeleteExchangeAsync(string exchange, CancellationToken token) => DoAsync(new { @do = "delete exchange", exchange }, token);

    /// <summary>All messages of a queue, which is empty then.</summary>
    public async Task<List<PikaMessage>> TakeAsync(string queue, CancellationToken token) =>
        [.. (await DoAsync(new { @do = "take", queue }, token)).GetProperty("messages").EnumerateArray().Select(message => new PikaMessage(
            message.GetProperty("key").GetString()!, message.GetProperty("size").GetInt32(), message.GetProperty("correlation_id").GetString(), message.GetProperty("reason").GetString()))];

    /// <summary>Sends bytes to the exchange of our dialect. Waits for nothing.</summary>
    /// <param name="key">The routing key.</param>
    /// <param name="body">The body.</param>
    /// <param name="correlationId">Null for none.</param>
    /// <param name="replyTo">A queue, "own", "direct", or null for none.</param>
    public void Send(string key, byte[] body, string? correlationId, string? replyTo = "own") => Publish(Commands, key, body, correlationId, replyTo);

    /// <summary>The same with an object that is written as JSON.</summary>
    public void Send(string key, object body, string? correlationId, string? replyTo = "own") => Send(key, JsonSerializer.SerializeToUtf8Bytes(body), correlationId, replyTo);

    /// <summary>Sends so many bytes that mean nothing.</summary>
    public void SendBytes(string key, int size, string correlationId) => Write(new { @do = "publish", exchange = Commands, key, size, correlation_id = correlationId, reply_to = "own" });

    /// <summary>Puts an object into a queue.</summary>
    public void Put(string queue, object body, string correlationId) => Publish("", queue, JsonSerializer.SerializeToUtf8Bytes(body), correlationId, "own");

    /// <summary>Sends as programs of the report's system do, which name themselves in the body.</summary>
    public void SendAsReported(string key, object body, string? correlationId) =>
        Publish(ReportExchange, key, JsonSerializer.SerializeToUtf8Bytes(body), correlationId, replyTo: null);

    /// <summary>Sends and waits for the answer.</summary>
    public async Task<JsonElement> AskAsync(string key, object body, CancellationToken token, string? correlationId = null, string replyTo = "own")
    {
        var id = correlationId ?? NewId();
        var before = Replies(id).Count;
        Send(key, body, id, replyTo);
        return (await UntilAsync(id, before + 1, token))[before].Content;
    }

    /// <summary>The answers to a request so far, in their order.</summary>
    public IReadOnlyList<PikaReply> Replies(string correlationId) => _replies.TryGetValue(correlationId, out var replies) ? [.. replies] : [];

    /// <summary>Waits until a request was answered this often.</summary>
    public async Task<IReadOnlyList<PikaReply>> UntilAsync(string correlationId, int count, CancellationToken token)
    {
        await UntilAsync($"{correlationId} was answered", () => Replies(correlationId).Count >= count, token);
        return Replies(correlationId);
    }

    /// <summary>Waits until something holds; throws after a minute.</summary>
    public Task UntilAsync(string what, Func<bool> holds, CancellationToken token) => UntilAsync(what, holds, Patience, token);

    /// <summary>Waits until something holds; throws when that takes too long.</summary>
    public async Task UntilAsync(string what, Func<bool> holds, TimeSpan patience, CancellationToken token)
    {
        var start = Stopwatch.GetTimestamp();
        while (!holds())
        {
            if (_reading.IsCompleted || Stopwatch.GetElapsedTime(start) > patience)
            {
                throw new TimeoutException($"{(_reading.IsCompleted ? "the client ended before" : $"not true within {patience.TotalSeconds} s:")} {what}; {Answered} requests are answered");
            }
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        await _reading;
        _process.Dispose();
    }

    private void Publish(string exchange, string key, byte[] body, string? correlationId, string? replyTo) =>
        Write(new { @do = "publish", exchange, key, body = Convert.ToBase64String(body), correlation_id = correlationId, reply_to = replyTo });

    private async Task<JsonElement> DoAsync(object order, CancellationToken token)
    {
        Write(order);
        return await _done.Reader.ReadAsync(token).AsTask().WaitAsync(Patience, TimeProvider.System, token);
    }

    private void Write(object order)
    {
        _process.StandardInput.WriteLine(JsonSerializer.Serialize(order));
        _process.StandardInput.Flush();
    }

    private async Task ReadAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            var told = JsonElement.Parse(line);
            if (told.TryGetProperty("reply", out var id))
            {
                var reply = new PikaReply(told.GetProperty("body").GetString()!, told.GetProperty("redelivered").GetBoolean());
                _replies.GetOrAdd(id.GetString() ?? "", _ => new()).Enqueue(reply);
                _order.Enqueue(id.GetString() ?? "");
            }
            else if (told.TryGetProperty("done", out _))
            {
                _done.Writer.TryWrite(told);
            }
        }
    }
}

/// <summary>An answer.</summary>
/// <param name="Body">As it came.</param>
/// <param name="Redelivered">It may have come before, over a connection that was lost.</param>
internal sealed record PikaReply(string Body, bool Redelivered)
{
    public JsonElement Content => JsonElement.Parse(Body);
}

/// <summary>A message that lay in a queue.</summary>
/// <param name="Key">Its routing key.</param>
/// <param name="Size">Bytes of its body.</param>
/// <param name="CorrelationId">Its correlation id.</param>
/// <param name="Reason">Its header x-hms-reason, or the broker's x-first-death-reason.</param>
internal sealed record PikaMessage(string Key, int Size, string? CorrelationId, string? Reason);
