using HmsOrleans.Tests.Engine;

namespace HmsOrleans.Benchmarks.Labs;

/// <summary>The floor: starts each container that dies, knows nothing and decides nothing.</summary>
internal sealed class BareLoop : IAsyncDisposable
{
    private readonly EngineSocket _engine;
    private readonly CancellationTokenSource _ended = new();
    private Task _running = Task.CompletedTask;

    private BareLoop(DockerHost host) => _engine = new EngineSocket(host.SocketPath);

    /// <summary>Listening already when the task completes.</summary>
    public static async Task<BareLoop> StartAsync(DockerHost host, CancellationToken token)
    {
        var loop = new BareLoop(host);
        loop._running = loop.RunAsync(await host.EventsAsync(loop._ended.Token).WaitAsync(token));
        return loop;
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _engine.Dispose();
        _ended.Dispose();
    }

    private async Task RunAsync(IAsyncEnumerable<EngineEvent> events)
    {
        await foreach (var fact in events)
        {
            if (fact is { Type: "container", Action: "die" })
            {
                // Not awaited: one start must not hold up the next.
                _ = _engine.PostAsync($"containers/{fact.Id}/start", _ended.Token);
            }
        }
    }
}
