using HmsOrleans.Grains.Containers;
using HmsOrleans.Grains.News;

namespace HmsOrleans.Grains.Hosts;

/// <summary>
/// A host's containers with the version at which each last changed, so that a reader gets only what is new to it.
/// A measurement within a dead band of what was last told stays as it was: noise makes no traffic.
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

    /// <summary>The version at which something last changed that is no measurement.</summary>
    public long StateVersion { get; private set; }

    /// <summary>Notes a container as it is now.</summary>
    public ContentChange Put(ContainerView view)
    {
        var change = ContentChange.State;
        if (_containers.TryGetValue(view.Id, out var last))
        {
            view = Steady(last.View, view);
            change = !last.View.SameState(view) ? ContentChange.State : last.View.Equals(view) ? ContentChange.None : ContentChange.Measurement;
        }
        else
        {
            view = view.Rounded();
        }
        if (change != ContentChange.None)
        {
            _containers[view.Id] = (view, ++Version);
            StateVersion = change == ContentChange.State ? Version : StateVersion;
        }
        return change;
    }

    public ContentChange Remove(string id)
    {
        if (!_containers.Remove(id))
        {
            return ContentChange.None;
        }
        _removed.Enqueue((id, ++Version));
        StateVersion = Version;
        if (_removed.Count > MaxRemoved)
        {
            _oldestKnown = _removed.Dequeue().Version;
        }
        return ContentChange.State;
    }

    /// <summary>Something about the host itself changed.</summary>
    public void Touch() => StateVersion = ++Version;

    /// <summary>What is new to a reader that has seen <paramref name="since"/> of <paramref name="epoch"/>.</summary>
    public HostContent Since(Guid epoch, long since, HostStatus status)
    {
        if (epoch != Epoch || since < _oldestKnown || since > Version)
        {
            return new(Epoch, Version, IsFull: true, [.. Views], [], status, StateVersion);
        }
        var changed = _containers.Values.Where(entry => entry.Version > since).Select(entry => entry.View);
        // One that was removed and came back (an inspect that overtook the event) is not gone.
        var removed = _removed.Where(entry => entry.Version > since && !_containers.ContainsKey(entry.Id)).Select(entry => entry.Id);
        return new(Epoch, Version, IsFull: false, [.. changed], [.. removed], status, StateVersion);
    }

    /// <summary>The container as it is now, but each measurement as it was last told where it differs by 5 points of loss, twice the round trip and 1 ms, a tenth of the memory and 1 MiB, or less: that is noise.</summary>
    private static ContainerView Steady(ContainerView last, ContainerView now)
    {
        var rounded = now.Rounded();
        return rounded with
        {
            // Nothing lost and all lost are no approximations: a container may stay so for good.
            PacketLoss = rounded.PacketLoss is not (0 or 100) && Near(last.PacketLoss, now.PacketLoss, 5, 0) ? last.PacketLoss : rounded.PacketLoss,
            Rtt = Near(last.Rtt, now.Rtt, 1, 1) ? last.Rtt : rounded.Rtt,
            Memory = Near(last.Memory, now.Memory, 1 << 20, 0.1) ? last.Memory : rounded.Memory,
        };
    }

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
