using System.Collections.Immutable;
using HmsOrleans.Grains.Containers;
using HmsOrleans.Grains.Hosts;

namespace HmsOrleans.Grains.Fleet;

/// <summary>The fleet as it was last told of, with the version at which each part of it last changed, so that a reader gets only what is new to it.</summary>
internal sealed class FleetLog
{
    /// <summary>Removals remembered; a reader that is further behind gets everything.</summary>
    private const int MaxRemoved = 1000;

    /// <summary>How far a host's last sign of life moves before it is told: it says little of a host that is well, and each has one every few seconds.</summary>
    private static readonly TimeSpan HeartbeatStep = TimeSpan.FromMinutes(1);

    private readonly SortedDictionary<string, Entry> _hosts = new(StringComparer.Ordinal);
    private readonly Queue<(ContainerKey Key, long Version)> _removed = new();
    private long _oldestKnown;

    /// <summary>Life of this log; versions of another mean nothing here.</summary>
    public Guid Epoch { get; } = Guid.NewGuid();

    public long Version { get; private set; }

    /// <summary>Whether a host is in another state than was last told, or has given a sign of life long after that.</summary>
    public bool IsNews(string address, HostState state, DateTimeOffset? lastHeartbeat) =>
        !_hosts.TryGetValue(address, out var known) || known.Host.State != state || lastHeartbeat - known.Host.LastHeartbeat >= HeartbeatStep;

    /// <summary>Notes a host as it is now, with all its containers.</summary>
    public void Put(HostView host)
    {
        var known = _hosts.GetValueOrDefault(host.Address);
        if (IsNews(host.Address, host.State, host.LastHeartbeat) || known!.Host.Status != host.Status)
        {
            _hosts[host.Address] = known = new(host with { Containers = [] }, ++Version, known?.Containers ?? []);
        }
        foreach (var view in host.Containers)
        {
            if (!known.Containers.TryGetValue(view.Id, out var last) || (!ReferenceEquals(last.View, view) && last.View != view))
            {
                known.Containers[view.Id] = (view, ++Version);
            }
        }
        if (known.Containers.Count > host.Containers.Length)
        {
            var left = host.Containers.Select(view => view.Id).ToHashSet();
            foreach (var id in known.Containers.Keys.Where(id => !left.Contains(id)).ToList())
            {
                known.Containers.Remove(id);
                _removed.Enqueue((new(host.Address, id), ++Version));
            }
            while (_removed.Count > MaxRemoved)
            {
                _oldestKnown = _removed.Dequeue().Version;
            }
        }
    }

    /// <summary>Notes that a host is no longer in the fleet. That is rare: every reader gets everything anew.</summary>
    public void Remove(string address)
    {
        if (_hosts.Remove(address))
        {
            _oldestKnown = ++Version;
        }
    }

    /// <summary>Whether there is anything new to a reader that has seen <paramref name="after"/> of <paramref name="epoch"/>.</summary>
    public bool HasNews(Guid epoch, long after) => epoch != Epoch || after != Version;

    /// <summary>What is new to a reader that has seen <paramref name="after"/> of <paramref name="epoch"/>.</summary>
    public FleetNews Since(Guid epoch, long after)
    {
        var isFull = epoch != Epoch || after < _oldestKnown || after > Version;
        var since = isFull ? -1 : after;
        var removed = isFull ? [] : _removed
            .Where(entry => entry.Version > since)
            .Select(entry => entry.Key)
            .Distinct()
            // One that was removed and came back is not gone.
            .Where(key => _hosts.GetValueOrDefault(key.Host)?.Containers.ContainsKey(key.Id) != true);
        return new(
            Epoch, Version, isFull,
            [.. _hosts.Values.Where(entry => entry.Version > since).Select(entry => entry.Host)],
            [.. _hosts.Values.SelectMany(entry => entry.Containers.Values).Where(entry => entry.Version > since).Select(entry => entry.View)],
            [.. removed]);
    }

    private sealed record Entry(HostView Host, long Version, Dictionary<string, (ContainerView View, long Version)> Containers);
}
