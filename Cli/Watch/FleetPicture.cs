using System.Text.Json;
using HmsOrleans.Cli.Client;

namespace HmsOrleans.Cli.Watch;

/// <summary>The fleet as the news tell of it.</summary>
/// <param name="onlyHost">The host that is wanted; null for all.</param>
internal sealed class FleetPicture(string? onlyHost)
{
    private readonly Dictionary<(string Host, string Id), (Container View, JsonElement Json)> _containers = [];
    private readonly Dictionary<string, string?> _blind = [];
    private bool _isComplete;

    public int HostCount => _blind.Count;

    /// <summary>Hosts where nothing can be judged, and why.</summary>
    public IEnumerable<(string Address, string Why)> BlindHosts => _blind.Where(host => host.Value is not null).Select(host => (host.Key, host.Value!)).OrderBy(host => host.Key, StringComparer.Ordinal);

    /// <summary>Every container, trouble first.</summary>
    public IEnumerable<FleetContainer> Containers => _containers.Values
        .Select(container => new FleetContainer(container.View, container.Json, _blind.GetValueOrDefault(container.View.Host)))
        .OrderBy(container => container.IsInTrouble ? 0 : container.View.Health is Container.Healthy ? 2 : container.View.Health is Container.Ignored ? 3 : 1)
        .ThenBy(container => container.View.Host, StringComparer.Ordinal).ThenBy(container => container.View.Name, StringComparer.Ordinal);

    /// <summary>Takes in news.</summary>
    /// <returns>Changes of state since the first news.</returns>
    public IReadOnlyList<StateChange> Take(FleetNews news)
    {
        var changes = new List<StateChange>();
        switch (news)
        {
            case FleetNews.Everything { Hosts: var hosts }:
                TakeAll(hosts, changes);
                break;
            case FleetNews.Changes { Delta: var delta }:
                TakeDelta(delta, changes);
                break;
        }
        var isFirst = !_isComplete;
        _isComplete |= news is FleetNews.Everything;
        return isFirst ? [] : changes;
    }

    private void TakeAll(Answer<Host[]> hosts, List<StateChange> changes)
    {
        foreach (var address in _blind.Keys.Except(hosts.Value.Select(host => host.Address)).ToList())
        {
            _blind.Remove(address);
            changes.Add(new(address, null, "supervised", "removed", "", null));
        }
        foreach (var host in hosts.Value)
        {
            TakeHost(host.Address, host.Blind, changes);
        }
        var now = FleetContainer.AllOf(hosts).ToList();
        var ids = now.Select(container => (container.View.Host, container.View.Id)).ToHashSet();
        foreach (var gone in _containers.Keys.Where(key => !ids.Contains(key)).ToList())
        {
            Remove(gone, changes);
        }
        now.ForEach(container => TakeContainer(container.View, container.Json, changes));
    }

    private void TakeDelta(Delta delta, List<StateChange> changes)
    {
        foreach (var host in delta.Hosts ?? [])
        {
            TakeHost(host.Address, host.Blind, changes);
        }
        foreach (var json in delta.Changed ?? [])
        {
            TakeContainer(json.Deserialize(ApiJson.Default.Container)!, json, changes);
        }
        foreach (var gone in delta.Removed ?? [])
        {
            Remove((gone.Host, gone.Id), changes);
        }
    }

    private void TakeHost(string address, string? blind, List<StateChange> changes)
    {
        if (onlyHost is not null && address != onlyHost)
        {
            return;
        }
        if (_blind.TryGetValue(address, out var before) && (before is null) != (blind is null))
        {
            changes.Add(new(address, null, before is null ? "watched" : "blind", blind is null ? "watched" : "blind", blind ?? "", null));
        }
        _blind[address] = blind;
    }

    private void TakeContainer(Container view, JsonElement json, List<StateChange> changes)
    {
        if (onlyHost is not null && view.Host != onlyHost)
        {
            return;
        }
        var key = (view.Host, view.Id);
        var before = _containers.TryGetValue(key, out var known) ? known.View.Health : null;
        _containers[key] = (view, json);
        if (before != view.Health)
        {
            changes.Add(new(view.Host, view.Name, before ?? "new", view.Health, view.Details, json));
        }
    }

    private void Remove((string Host, string Id) key, List<StateChange> changes)
    {
        if (_containers.Remove(key, out var gone))
        {
            changes.Add(new(key.Host, gone.View.Name, gone.View.Health, "gone", "removed", gone.Json));
        }
    }
}

/// <summary>A change of the state of a container, or of a host.</summary>
/// <param name="Host">Address of the host.</param>
/// <param name="Container">Name of the container; null for the host itself.</param>
/// <param name="From">The state before.</param>
/// <param name="To">The state after.</param>
/// <param name="Details">Why.</param>
/// <param name="Json">The container as the API shows it; null for a host.</param>
internal sealed record StateChange(string Host, string? Container, string From, string To, string Details, JsonElement? Json);
