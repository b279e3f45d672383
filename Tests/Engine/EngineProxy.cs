using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;

namespace HmsOrleans.Tests.Engine;

/// <summary>A socket in front of a real engine that passes every call on, but for those that a test wants refused or never answered.</summary>
internal sealed class EngineProxy : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, (int? Status, TaskCompletionSource Met)> _barred = new();
    private readonly HttpClient _engine;
    private readonly WebApplication _app;

    private EngineProxy(string engine, string path)
    {
        _engine = EngineHttp.To(engine, Timeout.InfiniteTimeSpan);
        Socket = $"unix://{path}";
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.ListenUnixSocket(path));
        _app = builder.Build();
        _app.Run(PassAsync);
    }

    /// <summary>The endpoint, as DOCKER_HOST takes it.</summary>
    public string Socket { get; }

    public static async Task<EngineProxy> StartAsync(DockerHost host, CancellationToken token)
    {
        var proxy = new EngineProxy(host.SocketPath, $"{host.RunDirectory}/proxy-{Guid.NewGuid():N}.sock");
        await proxy._app.StartAsync(token);
        return proxy;
    }

    /// <summary>Calls of this path are refused with a status; without one they are not answered, as when the engine waits for a lock.</summary>
    /// <returns>Done when the first has come.</returns>
    public Task Bar(string path, int? status)
    {
        var met = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _barred[path] = (status, met);
        return met.Task;
    }

    /// <summary>Calls of this path are passed on again.</summary>
    public void Allow(string path) => _barred.TryRemove(path, out _);

    public async ValueTask DisposeAsync()
    {
        // What is not answered, or has no end, is not waited for.
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
        _engine.Dispose();
    }

    private async Task PassAsync(HttpContext context)
    {
        var token = context.RequestAborted;
        if (_barred.TryGetValue(context.Request.Path, out var bar))
        {
            bar.Met.TrySetResult();
            if (bar.Status is not { } status)
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token);
                return;
            }
            context.Response.StatusCode = status;
            await context.Response.WriteAsync("""{"message":"not today"}""", token);
            return;
        }
        using var request = new HttpRequestMessage(new(context.Request.Method), context.Request.GetEncodedPathAndQuery());
        if (context.Request.ContentLength > 0)
        {
            request.Content = new StreamContent(context.Request.Body) { Headers = { { "Content-Type", context.Request.ContentType } } };
        }
        using var reply = await _engine.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, token);
        context.Response.StatusCode = (int)reply.StatusCode;
        context.Response.ContentType = reply.Content.Headers.ContentType?.ToString();
        // Events come one by one.
        await context.Response.StartAsync(token);
        await using var body = await reply.Content.ReadAsStreamAsync(token);
        var buffer = new byte[8192];
        for (int read; (read = await body.ReadAsync(buffer, token)) > 0;)
        {
            await context.Response.Body.WriteAsync(buffer.AsMemory(0, read), token);
            await context.Response.Body.FlushAsync(token);
        }
    }
}
