namespace HmsOrleans.Silo.Icmp;

/// <summary>
/// The probes on their way, in the order of their sequence numbers. All have the same time to be answered, so those that expire
/// first are in front.
/// </summary>
internal sealed class Flights
{
    private Flight[] _ring = new Flight[64];
    private ushort _first;

    /// <summary>From the first one still out to the last one sent.</summary>
    internal int Count { get; private set; }

    /// <summary>When the first one expires.</summary>
    internal TimeSpan? NextDeadline => Count == 0 ? null : At(_first).Deadline;

    /// <summary>Enters a probe under a sequence number of its own.</summary>
    /// <returns>False where all 65,536 are in use.</returns>
    internal bool TryAdd(Watched target, out ushort sequence)
    {
        sequence = (ushort)(_first + Count);
        if (Count == _ring.Length && !TryGrow())
        {
            return false;
        }
        Count++;
        At(sequence) = new Flight { Target = target, Phase = target.Phase, Deadline = TimeSpan.MaxValue };
        return true;
    }

    /// <summary>The probe with this number, if it is on its way.</summary>
    internal ref Flight Find(ushort sequence, out bool found)
    {
        ref var flight = ref At(sequence);
        found = (ushort)(sequence - _first) < Count && flight.Target is not null;
        return ref flight;
    }

    /// <summary>Takes one off: its outcome is known, or nobody asks any more.</summary>
    internal void Remove(ushort sequence)
    {
        At(sequence) = default;
        while (Count > 0 && At(_first).Target is null)
        {
            _first++;
            Count--;
        }
    }

    internal bool TryTakeExpired(TimeSpan now, out Flight flight)
    {
        if (NextDeadline is not { } deadline || deadline > now)
        {
            flight = default;
            return false;
        }
        flight = At(_first);
        Remove(_first);
        return true;
    }

    /// <summary>Forgets all. Their numbers are not given out again soon, so that late answers find nothing.</summary>
    internal void Clear()
    {
        _first = (ushort)(_first + Count);
        Count = 0;
        Array.Clear(_ring);
    }

    private ref Flight At(ushort sequence) => ref _ring[sequence & (_ring.Length - 1)];

    private bool TryGrow()
    {
        if (_ring.Length > ushort.MaxValue)
        {
            return false;
        }
        var larger = new Flight[_ring.Length * 2];
        for (var i = 0; i < Count; i++)
        {
            var sequence = (ushort)(_first + i);
            larger[sequence & (larger.Length - 1)] = At(sequence);
        }
        _ring = larger;
        return true;
    }

    /// <summary>A probe on its way.</summary>
    internal struct Flight
    {
        /// <summary>Null: none is under this number.</summary>
        internal Watched? Target;

        /// <summary><see cref="Watched.Phase"/> when it was sent.</summary>
        internal int Phase;

        internal TimeSpan SentAt;
        internal TimeSpan Deadline;
    }
}
