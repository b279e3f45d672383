using HmsOrleans.Api.Hosts;
using HmsOrleans.Grains.Containers;
using HmsOrleans.Grains.Fleet;
using HmsOrleans.Grains.Hosts;

namespace HmsOrleans.Api.Events;

/// <summary>The fleet as the controller last told of it, brought up to date by its news.</summary>
internal sealed class FleetImage
{
    private readonly SortedDictionary<string, KnownHost> _hosts = new(StringComparer.Ordinal);

    /// <summary>What the news were taken from; an empty one before the first.</summary>
    public Guid Epoch { get; private set; }

    public long Version { get; private set; }

    /// <summary>Forgets all: the next news have to be full.</summary>
    public void Clear()
    {
        _hosts.Clear();
        (Epoch, Version) = (Guid.Empty, 0);
    }

    /// <summary>Takes in news.</summary>
    /// <returns>What they change.</returns>
    public FleetDelta Take(FleetNews news)
    {
        if (news.IsFull)
        {
            _hosts.Clear();
        }
        (Epoch, Version) = (news.Epoch, news.Version);
        var touched = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var host in news.Hosts)
        {
            _hosts[host.Address] = new(host, _hosts.GetValueOrDefault(host.Address)?.Containers ?? []);
            touched.Add(host.Address);
        }
        foreach (var view in news.Changed)
        {
            // How many containers are well is what a host's summary says of them.
            if (Containers(view.Host) is { } containers && (!containers.TryGetValue(view.Id, out var last) || last.Health != view.Health))
            {
                touched.Add(view.Host);
            }
            Containers(view.Host)?[view.Id] = view;
        }
        foreach (var (host, id) in news.Removed)
        {
            if (Containers(host)?.Remove(id) == true)
            {
                touched.Add(host);
            }
        }
        return new([.. touched.Select(address => HostSummary.From(_hosts[address].View()))], news.Changed, news.Removed);
    }

    public FleetSnapshot Snapshot() => new(_hosts.Values.Select(host => HostReply.From(host.View())));

    private Dictionary<string, ContainerView>? Containers(string host) => _hosts.GetValueOrDefault(host)?.Containers;

    private sealed record KnownHost(HostView Host, Dictionary<string, ContainerView> Containers)
    {
        public HostView View() => Host with
        {
            Containers = [.. Containers.Values.OrderBy(view => view.Name, StringComparer.Ordinal).ThenBy(view => view.Id, StringComparer.Ordinal)],
        };
    }
}
