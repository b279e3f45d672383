using System.Collections.Concurrent;
using System.Collections.Immutable;
using HmsOrleans.Grains.Engine;
using HmsOrleans.Grains.Incidents;

namespace HmsOrleans.Tests.Cluster;

/// <summary>An engine of containers that always exist; it writes down what it was asked to do, and can be made to wait or to fail.</summary>
internal sealed class FakeEngine : IContainerEngine
{
    private readonly ConcurrentDictionary<string, EngineContainer> _containers = new();
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _gates = new();
    private readonly ConcurrentDictionary<string, Exception> _failures = new();
    private readonly ConcurrentDictionary<string, bool> _hidden = new();
    private readonly ConcurrentDictionary<string, int> _looks = new();
    private readonly Lock _lock = new();
    private readonly List<string> _asked = [];
    private readonly List<string> _underWay = [];

    /// <summary>Ids that it was asked to start or restart, in order.</summary>
    public IReadOnlyList<string> Asked
    {
        get
        {
            lock (_lock)
            {
                return [.. _asked];
            }
        }
    }

    /// <summary>Those of these that are under way now.</summary>
    public int UnderWay(IEnumerable<string> ids)
    {
        lock (_lock)
        {
            return _underWay.Count(ids.Contains);
        }
    }

    /// <summary>Those that <see cref="MostAtOnce"/> counts.</summary>
    public IReadOnlyCollection<string> Counted { get; set; } = [];

    /// <summary>Most of the counted ones that were ever under way at once.</summary>
    public int MostAtOnce { get; private set; }

    /// <summary>A container was asked for while it was being started already.</summary>
    public bool TwoAtOnce { get; private set; }

    public int Count(string id) => Asked.Count(asked => asked == id);

    public void Put(EngineContainer container) => _containers[container.Id] = container;

    /// <summary>Starts and restarts of it wait until <see cref="Open"/>.</summary>
    public void Hold(string id) => _gates[id] = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Open(string id) => _gates[id].TrySetResult();

    /// <summary>It does not run, and starts and restarts of it fail; null ends that.</summary>
    public void Fail(string id, Exception? failure)
    {
        if (failure is null)
        {
            _failures.TryRemove(id, out _);
        }
        else
        {
            _failures[id] = failure;
            _containers[id] = _containers[id] with { State = ContainerState.Exited, ExitCode = 1 };
        }
    }

    /// <summary>It is not described.</summary>
    public void Hide(string id, bool isHidden) => _hidden[id] = isHidden;

    /// <summary>How often a description of it was asked for.</summary>
    public int Looks(string id) => _looks.GetValueOrDefault(id);

    public Task StartAsync(string containerId, CancellationToken cancellationToken) => DoAsync(containerId, cancellationToken);

    public async Task ConnectAsync(string containerId, ImmutableArray<NetworkSeat> seats, CancellationToken cancellationToken)
    {
        await DoAsync(containerId, cancellationToken);
        _containers[containerId] = _containers[containerId] with { Networks = seats };
    }

    public Task RestartAsync(string containerId, TimeSpan? stopTimeout, TimeSpan timeLimit, CancellationToken cancellationToken) => DoAsync(containerId, cancellationToken);

    public Task<EngineContainer?> InspectAsync(string containerId, CancellationToken cancellationToken)
    {
        _looks.AddOrUpdate(containerId, 1, (_, looks) => looks + 1);
        return _hidden.GetValueOrDefault(containerId)
            ? Task.FromException<EngineContainer?>(new EngineSilentException("no answer within 5 s"))
            : Task.FromResult(_containers.GetValueOrDefault(containerId));
    }

    public Task<IncidentCapture> CaptureAsync(string containerId, DateTimeOffset until, CancellationToken cancellationToken) =>
        Task.FromResult(new IncidentCapture(until, [$"last words of {containerId}"], HealthOutput: null, ExitCode: 1, OutOfMemory: false, Memory: null));

    private async Task DoAsync(string id, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            TwoAtOnce |= _underWay.Contains(id);
            _asked.Add(id);
            _underWay.Add(id);
            MostAtOnce = Math.Max(MostAtOnce, _underWay.Count(Counted.Contains));
        }
        try
        {
            if (_gates.TryGetValue(id, out var gate))
            {
                await gate.Task.WaitAsync(cancellationToken);
            }
            if (_failures.TryGetValue(id, out var failure))
            {
                throw failure;
            }
            _containers[id] = _containers[id] with { State = ContainerState.Running, StartedAt = TimeProvider.System.GetUtcNow() };
        }
        finally
        {
            lock (_lock)
            {
                _underWay.Remove(id);
            }
        }
    }
}
