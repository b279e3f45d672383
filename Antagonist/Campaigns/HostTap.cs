using HmsOrleans.Grains.Antagonist;
using HmsOrleans.Grains.Containers;
using HmsOrleans.Grains.Hosts;

namespace HmsOrleans.Antagonist.Campaigns;

/// <summary>Asks one host for its truth, again and again, and its antagonist for its log. Not for concurrent use but for <see cref="HeldBy"/>.</summary>
internal sealed class HostTap(IGrainFactory grains, string host, Func<double> now, Func<DateTimeOffset, double> since, TimeSpan limit)
{
    private readonly Dictionary<string, ContainerView> _views = [];
    private readonly List<CellHistory.View> _seen = [];
    private readonly List<CellHistory.Record> _records = [];
    private readonly List<(Guid Epoch, long Base)> _epochs = [];
    private readonly Lock _lock = new();
    private Guid _epoch;
    private long _version = -1;
    private long _highest;
    private Guid _life;
    private long _next;

    public string Host => host;

    /// <summary>All its containers when it was first asked, then each that changed.</summary>
    public IReadOnlyList<CellHistory.View> Seen => _seen;

    public IReadOnlyList<CellHistory.Record> Records => _records;

    /// <summary>Lives of the agent that were seen; more than one is worth a note.</summary>
    public int Lives { get; private set; }

    /// <summary>Asks for what is new.</summary>
    /// <returns>The host's version, and that of the last change of a state; null when it does not answer in time.</returns>
    public async Task<(long Truth, long State)?> TakeAsync(CancellationToken cancellationToken)
    {
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limited.CancelAfter(limit);
        HostContent content;
        try
        {
            content = await grains.GetGrain<IHostManagerGrain>(host).GetContent(_epoch, _version, limited.Token).WaitAsync(limited.Token);
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested) // Whatever stands between: it is recorded as missed.
        {
            return null;
        }
        var at = now();
        foreach (var view in content.Changed)
        {
            if (!_views.TryGetValue(view.Id, out var known) || !known.Equals(view))
            {
                _views[view.Id] = view;
                _seen.Add(AsSeen(at, view));
            }
        }
        foreach (var id in content.IsFull ? [.. _views.Keys.Except(content.Changed.Select(view => view.Id))] : content.Removed)
        {
            _views.Remove(id);
        }
        (_epoch, _version) = (content.Epoch, content.Version);
        return (Number(content.Epoch, content.Version), Number(content.Epoch, content.StateVersion));
    }

    /// <summary>The number of a version that the controller holds; one of a life that is not known of the host is older than all.</summary>
    public long HeldBy(Guid epoch, long version) => version < 0 ? -1 : Number(epoch, version);

    /// <summary>Fetches the log of its antagonist from where it was left.</summary>
    public async Task TakeLogAsync(CancellationToken cancellationToken)
    {
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limited.CancelAfter(limit * 2);
        try
        {
            while (true)
            {
                var log = await grains.GetGrain<IAntagonistGrain>(host).GetLog(_life, _next, limited.Token).WaitAsync(limited.Token);
                if (log.Life == default)
                {
                    return;
                }
                Lives += log.Life == _life ? 0 : 1;
                (_life, _next) = (log.Life, log.Next);
                if (log.Records is [])
                {
                    return;
                }
                _records.AddRange(log.Records.Select(record => new CellHistory.Record(
                    since(record.At), host, record.Number, record.Event, record.Container, record.ContainerId, record.Fault, record.Kind, record.Loss, record.Text)));
            }
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested) // Whatever stands between: it is asked again soon, from the same record on.
        {
        }
    }

    /// <summary>Versions count from anew in each life of the host's grain; here they go on.</summary>
    private long Number(Guid epoch, long version)
    {
        lock (_lock)
        {
            var at = _epochs.FindIndex(known => known.Epoch == epoch);
            if (at < 0)
            {
                at = _epochs.Count;
                _epochs.Add((epoch, _epochs.Count == 0 ? 0 : _highest + 1));
            }
            var number = _epochs[at].Base + version;
            _highest = Math.Max(_highest, number);
            return number;
        }
    }

    private CellHistory.View AsSeen(double at, ContainerView view) => new(
        at, host, view.Name, view.Id, view.Image, view.Addresses is [var address, ..] ? address : "", view.ContainerState, view.ServiceState, view.Health,
        view.PacketLoss, view.Rtt, view.Memory, view.Restarts, view.LastFault?.Cause, view.LastFault is { } fault ? since(fault.At) : null, view.Details);
}
