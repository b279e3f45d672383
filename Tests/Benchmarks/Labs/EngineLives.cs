using HmsOrleans.Tests.Engine;

namespace HmsOrleans.Benchmarks.Labs;

/// <summary>
/// What an engine says happened to its containers, life after life. An engine keeps its events in memory: one that is killed takes
/// with it what nobody had read yet, so they are read as they come, and nothing is concluded from one life about the next.
/// </summary>
internal sealed class EngineLives : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly Lock _lock = new();
    private readonly List<List<EngineEvent>> _lives = [];
    private readonly CancellationTokenSource _ended = new();
    private readonly EngineSocket _engine;
    private readonly Task _reading;

    private EngineLives(string socket)
    {
        _engine = new EngineSocket(socket);
        _reading = ReadAsync();
    }

    /// <summary>Begins to read; what happens from now on is not missed, if the engine answers.</summary>
    /// <param name="socket">Path of the engine's socket.</param>
    public static EngineLives ReadFrom(string socket) => new(socket);

    /// <summary>The events of each life so far, in the engine's order.</summary>
    public EngineEvent[][] All()
    {
        if (_reading.Exception is { } failure)
        {
            throw failure; // what it says is not all
        }
        lock (_lock)
        {
            return [.. _lives.Select(life => life.ToArray())];
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _engine.Dispose();
        _ended.Dispose();
    }

    private async Task ReadAsync()
    {
        for (var since = TimeProvider.System.GetUtcNow(); ; since = TimeProvider.System.GetUtcNow())
        {
            var events = await OpenAsync(since);
            var life = new List<EngineEvent>();
            lock (_lock)
            {
                _lives.Add(life);
            }
            await foreach (var fact in events)
            {
                lock (_lock)
                {
                    life.Add(fact);
                }
            }
        }
    }

    /// <summary>Asks until the engine answers: it remembers what it did before it could.</summary>
    private async Task<IAsyncEnumerable<EngineEvent>> OpenAsync(DateTimeOffset since)
    {
        while (true)
        {
            try
            {
                return await _engine.EventsAsync(since, _ended.Token);
            }
            catch (Exception) when (!_ended.IsCancellationRequested)
            {
                // It is dead, or only just coming back.
                await Task.Delay(Pause, TimeProvider.System, _ended.Token);
            }
        }
    }
}
