namespace HmsOrleans.Silo.Icmp;

/// <summary>The last outcomes of probes, up to a capacity; older ones make room.</summary>
internal sealed class Outcomes(int capacity)
{
    private readonly Outcome[] _ring = new Outcome[capacity];
    private int _next;
    private TimeSpan _roundTrips;

    internal int Known { get; private set; }

    internal int Lost { get; private set; }

    /// <summary>Something was added since <see cref="Read"/>.</summary>
    internal bool Unread { get; private set; }

    internal bool LastLost => Known > 0 && _ring[(_next + capacity - 1) % capacity].RoundTrip is null;

    /// <summary>When the oldest probe was sent.</summary>
    internal TimeSpan Since => _ring[Known < capacity ? 0 : _next].SentAt;

    internal TimeSpan? RoundTrip => Known == Lost ? null : _roundTrips / (Known - Lost);

    /// <param name="sentAt">When the probe was sent.</param>
    /// <param name="roundTrip">Null: it was lost.</param>
    internal void Add(TimeSpan sentAt, TimeSpan? roundTrip)
    {
        if (Known == capacity)
        {
            Count(_ring[_next].RoundTrip, -1);
        }
        _ring[_next] = new Outcome(sentAt, roundTrip);
        _next = (_next + 1) % capacity;
        Count(roundTrip, 1);
        Unread = true;
    }

    internal void Read() => Unread = false;

    internal void Clear()
    {
        _next = 0;
        _roundTrips = TimeSpan.Zero;
        Known = 0;
        Lost = 0;
        Unread = false;
    }

    private void Count(TimeSpan? roundTrip, int one)
    {
        Known += one;
        Lost += roundTrip is null ? one : 0;
        _roundTrips += roundTrip.GetValueOrDefault() * one;
    }

    private readonly record struct Outcome(TimeSpan SentAt, TimeSpan? RoundTrip);
}
