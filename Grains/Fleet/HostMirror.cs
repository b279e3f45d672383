using System.Collections.Immutable;
using HmsOrleans.Grains.Containers;
using HmsOrleans.Grains.Hosts;

namespace HmsOrleans.Grains.Fleet;

/// <summary>The controller's copy of a host's content, brought up to date by deltas.</summary>
internal sealed class HostMirror
{
    private readonly Dictionary<string, ContainerView> _containers = [];
    private ImmutableArray<ContainerView>? _sorted;

    public Guid Epoch { get; private set; }

    public long Version { get; private set; } = -1;

    public HostStatus? Status { get; private set; }

    /// <summary>By name, then id.</summary>
    public ImmutableArray<ContainerView> Containers =>
        _sorted ??= [.. _containers.Values.OrderBy(view => view.Name, StringComparer.Ordinal).ThenBy(view => view.Id, StringComparer.Ordinal)];

    /// <summary>Shows what was known of the host in an earlier life of the controller, until it speaks.</summary>
    public void Recall(HostSnapshot snapshot)
    {
        if (Status is not null)
        {
            return;
        }
        foreach (var view in snapshot.Containers)
        {
            _containers[view.Id] = view;
        }
        (Status, _sorted) = (snapshot.Status, null);
    }

    /// <summary>What is here stays, but no version of it counts any more: the host's next content is a full one.</summary>
    public void Distrust() => (Epoch, Version) = (Guid.Empty, -1);

    /// <summary>Takes in a content; one that is older than what is here changes nothing.</summary>
    public void Merge(HostContent content)
    {
        if (content.Epoch == Epoch && content.Version < Version)
        {
            return;
        }
        if (content.IsFull)
        {
            _containers.Clear();
        }
        foreach (var view in content.Changed)
        {
            _containers[view.Id] = view;
        }
        foreach (var id in content.Removed)
        {
            _containers.Remove(id);
        }
        (Epoch, Version, Status, _sorted) = (content.Epoch, content.Version, content.Status, null);
    }
}
