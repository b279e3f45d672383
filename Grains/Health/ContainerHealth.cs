using System.Collections.Immutable;
using HmsOrleans.Grains.Engine;

namespace HmsOrleans.Grains.Health;

/// <summary>All that is known about the health of one container; <see cref="HealthMachine"/> turns it and the next fact into the next.</summary>
public sealed record ContainerHealth
{
    /// <summary>Of a container that nothing is known about yet.</summary>
    public static ContainerHealth Fresh { get; } = new();

    public HealthState State { get; init; } = HealthState.Unknown;

    /// <summary>When <see cref="State"/> was entered.</summary>
    public DateTimeOffset Since { get; init; }

    /// <summary>What the engine last said, kept up to date by its events; null before the first description.</summary>
    public EngineContainer? Container { get; init; }

    /// <summary>Time of the last fact from the engine; older ones are dropped.</summary>
    public DateTimeOffset LastFactAt { get; init; }

    /// <summary>Why the engine cannot be asked; null while it answers.</summary>
    public string? Silence { get; init; }

    /// <summary>It has been seen running, so that a stop of it is a fault.</summary>
    public bool SeenRunning { get; init; }

    /// <summary>Its places on networks that it has lost without being stopped, oldest first.</summary>
    public ImmutableArray<LostSeat> LostSeats { get; init; } = [];

    /// <summary>When it was last put back on a network; null when it never was.</summary>
    public DateTimeOffset? ConnectedAt { get; init; }

    /// <summary>Start of the current run; null while it is not running.</summary>
    public DateTimeOffset? RunningSince { get; init; }

    /// <summary>Since when nothing has spoken against it; null while something does.</summary>
    public DateTimeOffset? WellSince { get; init; }

    /// <summary>A recovery has begun that sustained health has not confirmed yet.</summary>
    public bool Recovering { get; init; }

    /// <summary>Number of the last ordered start or restart; counts up over the life of the container.</summary>
    public int Attempt { get; init; }

    /// <summary>What it was.</summary>
    public HealthAction Ordered { get; init; }

    /// <summary>That order was a person's wish: no fault led to it.</summary>
    public bool Asked { get; init; }

    /// <summary>Recoveries in a row that did not last.</summary>
    public int Failures { get; init; }

    /// <summary>When recoveries failed, within the quarantine window, oldest first.</summary>
    public ImmutableArray<DateTimeOffset> FailedAt { get; init; } = [];

    /// <summary>The attempt whose failure was counted last; null when none is.</summary>
    public int? FailedAttempt { get; init; }

    /// <summary>When a back-off ends; null when it is the engine that backs off under its own restart policy.</summary>
    public DateTimeOffset? RetryAt { get; init; }

    public Fault? LastFault { get; init; }

    /// <summary>Last time somebody asked the engine to end it.</summary>
    public DateTimeOffset? StopAskedAt { get; init; }

    /// <summary>When the kernel last killed a process of it for want of memory, as the engine told of it; null when it did not.</summary>
    public DateTimeOffset? OutOfMemoryAt { get; init; }

    /// <summary>Its last stop was asked for, or nobody saw it, so that it is not blamed for it.</summary>
    public bool Excused { get; init; }

    /// <summary>Until when a single lossy burst needs a second one to be believed, because bursts with losses below the threshold were seen.</summary>
    public DateTimeOffset? NoisyUntil { get; init; }

    /// <summary>The last window of probes to each of its addresses in this run.</summary>
    public ImmutableSortedDictionary<string, Observation.Probed> Probes { get; init; } = ImmutableSortedDictionary<string, Observation.Probed>.Empty;

    /// <summary>Probes that were told of until then are done with; null when none were.</summary>
    public DateTimeOffset? ProbesAfter { get; init; }

    /// <summary>Why it is not probed; null while it is.</summary>
    public string? NotProbed { get; init; }

    /// <summary>Bytes in use; null while it is not running.</summary>
    public long? Memory { get; init; }

    /// <summary>Since when it is on no network any more; null while it is on one, and where it never was as far as is known.</summary>
    public DateTimeOffset? OffNetworkSince => Container is { State: ContainerState.Running, HasOwnNetwork: true, Networks: [] } && LostSeats is [.., var last] ? last.At : null;

    /// <summary>Starts and restarts that were carried out for it.</summary>
    public int Restarts { get; init; }

    /// <summary>Lost share in percent on the worst of its addresses; null while it is not probed.</summary>
    public double? PacketLoss => Probes.IsEmpty ? null : Probes.Values.Max(probed => 100.0 * probed.Lost / probed.Sent);

    /// <summary>Mean round trip on the slowest of its addresses; null while none answers.</summary>
    public TimeSpan? RoundTrip => Probes.Values.Max(probed => probed.RoundTrip);

    /// <summary>The engine's description says that it runs.</summary>
    public bool IsRunning => Container?.State == ContainerState.Running;
}

/// <summary>A place on a network that a container has lost.</summary>
/// <param name="Seat">Which.</param>
/// <param name="At">When.</param>
public sealed record LostSeat(NetworkSeat Seat, DateTimeOffset At);
