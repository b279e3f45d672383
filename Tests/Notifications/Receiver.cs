using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace HmsOrleans.Tests.Notifications;

/// <summary>A server that messages are sent to, on a free port.</summary>
internal sealed class Receiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly string _address;
    private readonly ConcurrentQueue<ReceivedMessage> _received = new();

    private Receiver(WebApplication app, string address) => (_app, _address) = (app, address);

    /// <summary>What it does when it has read a message.</summary>
    public Func<HttpContext, Task> Answer { get; set; } = _ => Task.CompletedTask;

    /// <summary>All that came, in order, whatever was answered.</summary>
    public IReadOnlyList<ReceivedMessage> Received => [.. _received];

    public string Url => $"http://{_address}:{new Uri(_app.Urls.Single()).Port}";

    /// <param name="address">Where senders find it; another than 127.0.0.1 need not be there yet.</param>
    public static async Task<Receiver> StartAsync(string address = "127.0.0.1")
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Urls.Add(address == "127.0.0.1" ? "http://127.0.0.1:0" : "http://0.0.0.0:0");
        var receiver = new Receiver(app, address);
        app.Run(receiver.TakeAsync);
        await app.StartAsync();
        return receiver;
    }

    /// <summary>Takes the message, and never says so.</summary>
    public static Task Hang(HttpContext http) => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, http.RequestAborted);

    public static Func<HttpContext, Task> Status(int status) => http =>
    {
        http.Response.StatusCode = status;
        return Task.CompletedTask;
    };

    public async ValueTask DisposeAsync()
    {
        using var atOnce = new CancellationTokenSource();
        await atOnce.CancelAsync(); // whoever still waits for an answer gets none
        await _app.StopAsync(atOnce.Token);
        await _app.DisposeAsync();
    }

    private async Task TakeAsync(HttpContext http)
    {
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body, http.RequestAborted);
        _received.Enqueue(new(http.Request.Path, http.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase), body.ToArray()));
        await Answer(http);
    }
}

/// <summary>A message as it came.</summary>
internal sealed record ReceivedMessage(string Path, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    public System.Text.Json.Nodes.JsonNode Json => System.Text.Json.Nodes.JsonNode.Parse(Body)!;
}
