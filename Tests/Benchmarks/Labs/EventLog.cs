using HmsOrleans.Tests.Engine;

namespace HmsOrleans.Benchmarks.Labs;

/// <summary>What the engine says happened to its containers, from one moment on: the clock of all measurements.</summary>
internal sealed class EventLog : IAsyncDisposable
{
    /// <summary>How long a fault or its healing may take before the measurement has failed.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly List<EngineEvent> _events = [];
    private readonly CancellationTokenSource _ended = new();
    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _reading = Task.CompletedTask;

    private EventLog()
    {
    }

    /// <summary>How many there are: what happens from now on has this number or a higher one.</summary>
    public int Count
    {
        get
        {
            lock (_events)
            {
                return _events.Count;
            }
        }
    }

    /// <summary>Listening already when the task completes. Ends when the engine does.</summary>
    public static async Task<EventLog> StartAsync(DockerHost host, CancellationToken token)
    {
        var log = new EventLog();
        log._reading = log.ReadAsync(await host.EventsAsync(log._ended.Token).WaitAsync(token));
        return log;
    }

    /// <summary>What has happened from a number on.</summary>
    public EngineEvent[] Since(int mark)
    {
        lock (_events)
        {
            return [.. _events.Skip(mark)];
        }
    }

    /// <summary>Waits for something to happen; it may have happened already.</summary>
    public async Task<EngineEvent> WaitAsync(int mark, string container, string action, CancellationToken token)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(token);
        limit.CancelAfter(Patience);
        while (true)
        {
            Task more;
            lock (_events)
            {
                if (_events.Skip(mark).FirstOrDefault(e => e.Id == container && e.Action == action) is { } found)
                {
                    return found;
                }
                more = _more.Task;
            }
            try
            {
                await more.WaitAsync(limit.Token);
            }
            catch (OperationCanceledException) when (!token.IsCancellationRequested)
            {
                throw new TimeoutException($"no '{action}' of container {container[..12]} within {Patience.TotalSeconds} s");
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await ((Task)_reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ended.Dispose();
    }

    private async Task ReadAsync(IAsyncEnumerable<EngineEvent> events)
    {
        await foreach (var fact in events)
        {
            if (fact.Type != "container")
            {
                continue;
            }
            TaskCompletionSource more;
            lock (_events)
            {
                _events.Add(fact);
                (more, _more) = (_more, new(TaskCreationOptions.RunContinuationsAsynchronously));
            }
            more.SetResult();
        }
    }
}
