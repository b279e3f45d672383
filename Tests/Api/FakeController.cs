using System.Collections.Immutable;
using HmsOrleans.Grains.Fleet;
using HmsOrleans.Grains.Hosts;

namespace HmsOrleans.Tests.Api;

/// <summary>The controller's grain over a <see cref="FakeFleet"/>.</summary>
internal sealed class FakeController(FakeFleet fleet) : IControllerGrain
{
    private readonly HashSet<string> _removed = [];
    private readonly Lock _lock = new();
    private FleetLog _log = new();
    private TaskCompletionSource _told = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Passed by every call but <see cref="WhenSaved"/>.</summary>
    public Fault Gate { get; set; } = Faults.None;

    public string? Unsaved { get; set; }

    /// <summary>Hosts that do not apply a change, and why.</summary>
    public Dictionary<string, string> NotApplying { get; } = [];

    public FleetSettings Settings { get; set; } = new(60, TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(30));

    public async Task<ImmutableArray<HostView>> GetHosts(CancellationToken cancellationToken)
    {
        await Gate(cancellationToken);
        return [.. fleet.Hosts.Where(host => !_removed.Contains(host.Key)).Select(host => host.Value.View)];
    }

    public async Task<HostView?> GetHost(string address, CancellationToken cancellationToken)
    {
        await Gate(cancellationToken);
        return _removed.Contains(address) ? null : fleet.Hosts.GetValueOrDefault(address)?.View;
    }

    public async Task<HostView> AddHost(string address, CancellationToken cancellationToken)
    {
        await Gate(cancellationToken);
        await fleet.GetGrain<IHostManagerGrain>(address).GetStatus(cancellationToken);
        _removed.Remove(address);
        return fleet.Hosts[address].View;
    }

    public async Task<bool> RemoveHost(string address, CancellationToken cancellationToken)
    {
        await Gate(cancellationToken);
        return fleet.Hosts.ContainsKey(address) && _removed.Add(address);
    }

    public async Task<FleetSettings> GetSettings(CancellationToken cancellationToken)
    {
        await Gate(cancellationToken);
        return Settings;
    }

    public async Task<FleetChange> Change(double? threshold, TimeSpan? aggregationWindow, CancellationToken cancellationToken)
    {
        await Gate(cancellationToken);
        Settings = Settings with
        {
            Threshold = threshold ?? Settings.Threshold,
            AggregationWindow = aggregationWindow ?? Settings.AggregationWindow,
        };
        return new(Settings, fleet.Hosts.Keys.ToImmutableSortedDictionary(address => address, NotApplying.GetValueOrDefault));
    }

    public Task<string?> WhenSaved(CancellationToken cancellationToken) => Task.FromResult(Unsaved);

    /// <summary>How often somebody has watched.</summary>
    public int Watched { get; private set; }

    /// <summary>Tells watchers how the hosts are now.</summary>
    public void Tell()
    {
        lock (_lock)
        {
            Note();
            _told.TrySetResult();
            _told = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>From now on it is another life of the controller that answers.</summary>
    public void Move()
    {
        lock (_lock)
        {
            _log = new();
        }
        Tell();
    }

    public async Task<FleetNews> Watch(Guid epoch, long after, CancellationToken cancellationToken)
    {
        Watched++;
        await Gate(cancellationToken);
        Task told;
        lock (_lock)
        {
            Note();
            told = _log.HasNews(epoch, after) ? Task.CompletedTask : _told.Task;
        }
        await Task.WhenAny(told, Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System, cancellationToken));
        await Gate(cancellationToken);
        lock (_lock)
        {
            return _log.Since(epoch, after);
        }
    }

    private void Note()
    {
        foreach (var (address, host) in fleet.Hosts)
        {
            if (_removed.Contains(address))
            {
                _log.Remove(address);
            }
            else
            {
                _log.Put(host.View);
            }
        }
    }

    public Task<FleetFreshness> GetFreshness(CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task Update(string host, byte[] news) => throw new NotSupportedException();

    public Task<FleetOrder> Heartbeat(string host, long? version, FleetOrder known) => throw new NotSupportedException();
}
