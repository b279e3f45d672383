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
    /// <returns>What is different now.</returns>
    public MirrorChange Merge(HostContent content)
    {
        if (content.Epoch == Epoch && content.Version < Version)
        {
            return MirrorChange.None;
        }
        var gone = content.Removed.Where(_containers.ContainsKey).ToHashSet();
        if (content.IsFull)
        {
            gone.UnionWith(_containers.Keys.Except(content.Changed.Select(view => view.Id)));
        }
        foreach (var id in gone)
        {
            _containers.Remove(id);
        }
        var changed = ImmutableArray.CreateBuilder<ContainerView>();
        foreach (var view in content.Changed)
        {
            if (!_containers.TryGetValue(view.Id, out var known) || !known.Equals(view))
            {
                _containers[view.Id] = view;
                changed.Add(view);
            }
        }
        var change = new MirrorChange(changed.ToImmutable(), [.. gone], Status != content.Status);
        (Epoch, Version, Status) = (content.Epoch, content.Version, content.Status);
        _sorted = change is { Changed: [], Removed: [] } ? _sorted : null;
        return change;
    }
}

/// <summary>What a content changed in the copy.</summary>
/// <param name="Changed">Containers that are new or different, as they are now.</param>
/// <param name="Removed">Ids of containers that are gone.</param>
/// <param name="StatusChanged">What the host says of itself is different.</param>
internal sealed record MirrorChange(ImmutableArray<ContainerView> Changed, ImmutableArray<string> Removed, bool StatusChanged)
{
    public static MirrorChange None { get; } = new([], [], false);

    public bool HasAny => StatusChanged || Changed.Length + Removed.Length > 0;
}
