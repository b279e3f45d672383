namespace HmsOrleans.Api.Events;

/// <summary>The last events with their numbers: who was away for a moment gets what it missed.</summary>
internal sealed class EventRing
{
    /// <summary>About half a minute of a fleet in which something changes all the time.</summary>
    private const int MaxCount = 300;

    /// <summary>Less than a viewer may have waiting, so that whoever comes back can be given them all.</summary>
    private const int MaxBytes = Viewer.MaxBytes / 2;

    private readonly Queue<FleetEvent> _events = new();
    private long _bytes;

    /// <summary>Number of the last event.</summary>
    public long Last { get; private set; }

    public void Add(FleetEvent happened)
    {
        _events.Enqueue(happened);
        _bytes += happened.Bytes.Length;
        Last++;
        while (_events.Count > MaxCount || _bytes > MaxBytes)
        {
            _bytes -= _events.Dequeue().Bytes.Length;
        }
    }

    /// <summary>Forgets them all. Nobody can resume after any of them: what comes next does not follow on.</summary>
    public void Clear()
    {
        _events.Clear();
        _bytes = 0;
        Last++;
    }

    /// <summary>The events after a number, oldest first; null when not all of them are here any more.</summary>
    public IReadOnlyList<FleetEvent>? After(long number) =>
        number > Last || Last - number > _events.Count ? null : [.. _events.Skip(_events.Count - (int)(Last - number))];
}
