using System.Diagnostics;

namespace HmsOrleans.Tests.Engine;

/// <summary>
/// Writes down what an engine says, from the moment it was opened: a test waits for something to come, and then looks at all that
/// came before it. It ends when the engine does. Free of xunit, so that the benchmarks use it too.
/// </summary>
internal sealed class EngineJournal : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Lock _lock = new();
    private readonly List<EngineEvent> _events = [];
    private readonly CancellationTokenSource _closing = new();
    private Task _reading = Task.CompletedTask;

    private EngineJournal()
    {
    }

    /// <summary>All so far, of containers only, without <c>exec</c>, which is noise.</summary>
    public IReadOnlyList<EngineEvent> Events
    {
        get
        {
            lock (_lock)
            {
                return [.. _events];
            }
        }
    }

    public static async Task<EngineJournal> OpenAsync(DockerHost host, CancellationToken token)
    {
        var journal = new EngineJournal();
        journal._reading = journal.ReadAsync(await host.EventsAsync(journal._closing.Token).WaitAsync(token));
        return journal;
    }

    /// <summary>What happened to a container, in order; only the actions named, where some are.</summary>
    public IReadOnlyList<EngineEvent> Of(string name, params string[] actions) =>
        [.. Events.Where(e => e.Name == name && (actions.Length == 0 || actions.Contains(e.Action)))];

    public int Count(string name, string action) => Of(name, action).Count;

    /// <summary>Waits until a container has had an action this often; throws after a minute.</summary>
    public async Task<EngineEvent> UntilAsync(string name, string action, CancellationToken token, int times = 1)
    {
        var start = Stopwatch.GetTimestamp();
        while (Count(name, action) < times)
        {
            if (Stopwatch.GetElapsedTime(start) > Patience)
            {
                throw new TimeoutException(
                    $"not within {Patience.TotalSeconds} s: {name} {action}, {times} times; came: {string.Join(", ", Events.Select(e => $"{e.Name} {e.Action}"))}");
            }
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, token);
        }
        return Of(name, action)[times - 1];
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await _reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _closing.Dispose();
    }

    private async Task ReadAsync(IAsyncEnumerable<EngineEvent> events)
    {
        await foreach (var next in events.WithCancellation(_closing.Token))
        {
            if (next.Type == "container" && !next.Action.StartsWith("exec", StringComparison.Ordinal))
            {
                lock (_lock)
                {
                    _events.Add(next);
                }
            }
        }
    }
}
