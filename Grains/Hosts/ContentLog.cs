using HmsOrleans.Grains.Containers;

namespace HmsOrleans.Grains.Hosts;

/// <summary>
/// A host's containers with the version at which each last changed, so that a reader gets only what is new to it.
/// Measurements within a dead band of what was last told are no change: noise makes no traffic.
/// </summary>
internal sealed class ContentLog
{
    /// <summary>Removals remembered; a reader that is further behind gets everything.</summary>
    private const int MaxRemoved = 1000;

    private readonly Dictionary<string, (ContainerView View, long Version)> _containers = [];
    private readonly Queue<(string Id, long Version)> _removed = new();
    private long _oldestKnown;

    /// <summary>Life of this log; versions of another mean nothing here.</summary>
    public Guid Epoch { get; } = Guid.NewGuid();

    public long Version { get; private set; }

    public IEnumerable<ContainerView> Views => _containers.Values.Select(entry => entry.View);

    public ContainerView? Find(string id) => _containers.TryGetValue(id, out var entry) ? entry.View : null;

    /// <summary>Notes a container as it is now.</summary>
    public ContentChange Put(ContainerView view)
    {
        var change = ContentChange.State;
        if (_containers.TryGetValue(view.Id, out var last) && last.View.SameState(view))
        {
            if (WithinBand(last.View, view))
            {
                return ContentChange.None;
            }
            change = ContentChange.Measurement;
        }
        _containers[view.Id] = (view, ++Version);
        return change;
    }

    public ContentChange Remove(string id)
    {
        if (!_containers.Remove(id))
        {
            return ContentChange.None;
        }
        _removed.Enqueue((id, ++Version));
        if (_removed.Count > MaxRemoved)
        {
            _oldestKnown = _removed.Dequeue().Version;
        }
        return ContentChange.State;
    }

    /// <summary>Something about the host itself changed.</summary>
    public void Touch() => Version++;

    /// <summary>What is new to a reader that has seen <paramref name="since"/> of <paramref name="epoch"/>.</summary>
    public HostContent Since(Guid epoch, long since, HostStatus status)
    {
        if (epoch != Epoch || since < _oldestKnown || since > Version)
        {
            return new(Epoch, Version, IsFull: true, [.. Views], [], status);
        }
        var changed = _containers.Values.Where(entry => entry.Version > since).Select(entry => entry.View);
        // One that was removed and came back (an inspect that overtook the event) is not gone.
        var removed = _removed.Where(entry => entry.Version > since && !_containers.ContainsKey(entry.Id)).Select(entry => entry.Id);
        return new(Epoch, Version, IsFull: false, [.. changed], [.. removed], status);
    }

    /// <summary>5 points of loss, twice the round trip and 1 ms, a tenth of the memory and 1 MiB: less is noise.</summary>
    private static bool WithinBand(ContainerView last, ContainerView now) =>
        Near(last.PacketLoss, now.PacketLoss, 5, 0)
        && Near(last.Rtt, now.Rtt, 1, 1)
        && Near(last.Memory, now.Memory, 1 << 20, 0.1);

    private static bool Near(double? last, double? now, double absolute, double relative) =>
        (last, now) switch
        {
            (null, null) => true,
            ({ } one, { } other) => Math.Abs(one - other) <= Math.Max(absolute, relative * Math.Min(one, other)), // a fall counts like a rise
            _ => false,
        };
}

/// <summary>How much a container changed.</summary>
internal enum ContentChange
{
    None,

    /// <summary>Only a measurement: it can wait for the window.</summary>
    Measurement,

    /// <summary>Its state: told at once.</summary>
    State,
}
