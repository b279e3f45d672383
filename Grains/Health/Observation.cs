using HmsOrleans.Grains.Engine;

namespace HmsOrleans.Grains.Health;

/// <summary>A fact about one container. Facts may come late, twice or out of order.</summary>
/// <param name="At">When it happened (UTC); for a description, when it was asked for.</param>
[GenerateSerializer, Immutable, Alias("hms.Observation")]
public abstract record Observation([property: Id(0)] DateTimeOffset At)
{
    /// <summary>A fact from the engine. Those of one container are ordered by <see cref="Observation.At"/>: an older one than the last is dropped.</summary>
    [GenerateSerializer, Immutable, Alias("hms.Observation.FromEngine")]
    public abstract record FromEngine(DateTimeOffset At) : Observation(At);

    /// <summary>The engine describes the container: the truth, where events are hints.</summary>
    [GenerateSerializer, Immutable, Alias("hms.Observation.Seen")]
    public sealed record Seen(DateTimeOffset At, [property: Id(0)] EngineContainer Container) : FromEngine(At);

    /// <summary>The main process ended.</summary>
    [GenerateSerializer, Immutable, Alias("hms.Observation.Died")]
    public sealed record Died(DateTimeOffset At, [property: Id(0)] int ExitCode) : FromEngine(At);

    /// <summary>Somebody sent a signal through the engine's API; no proof of death.</summary>
    [GenerateSerializer, Immutable, Alias("hms.Observation.Signalled")]
    public sealed record Signalled(DateTimeOffset At, [property: Id(0)] int Signal) : FromEngine(At);

    /// <summary>The main process was started.</summary>
    [GenerateSerializer, Immutable, Alias("hms.Observation.Started")]
    public sealed record Started(DateTimeOffset At) : FromEngine(At);

    /// <summary>Taken off a network; the engine says so at the end of each run, too.</summary>
    [GenerateSerializer, Immutable, Alias("hms.Observation.Disconnected")]
    public sealed record Disconnected(DateTimeOffset At, [property: Id(0)] string Network) : FromEngine(At);

    [GenerateSerializer, Immutable, Alias("hms.Observation.Paused")]
    public sealed record Paused(DateTimeOffset At) : FromEngine(At);

    [GenerateSerializer, Immutable, Alias("hms.Observation.Resumed")]
    public sealed record Resumed(DateTimeOffset At) : FromEngine(At);

    /// <summary>The kernel killed a process of the container for want of memory; not always the main one.</summary>
    [GenerateSerializer, Immutable, Alias("hms.Observation.OutOfMemory")]
    public sealed record OutOfMemory(DateTimeOffset At) : FromEngine(At);

    /// <summary>The container's own health check changed its verdict.</summary>
    [GenerateSerializer, Immutable, Alias("hms.Observation.HealthChecked")]
    public sealed record HealthChecked(DateTimeOffset At, [property: Id(0)] HealthCheck Verdict) : FromEngine(At);

    [GenerateSerializer, Immutable, Alias("hms.Observation.Removed")]
    public sealed record Removed(DateTimeOffset At) : FromEngine(At);

    /// <summary>The engine does not answer, at all or for this container: nothing is known until it is seen again.</summary>
    [GenerateSerializer, Immutable, Alias("hms.Observation.Silenced")]
    public sealed record Silenced(DateTimeOffset At, [property: Id(0)] string Reason) : Observation(At);

    /// <summary>Probes of one window: the last few, or a burst after a lost one.</summary>
    /// <param name="At">When the window closed.</param>
    /// <param name="Since">When its first probe was sent.</param>
    /// <param name="Address">Whom the probes were sent to.</param>
    /// <param name="Sent">Probes sent whose outcome is known.</param>
    /// <param name="Lost">Those of them that were not answered in time.</param>
    /// <param name="RoundTrip">Mean round trip of the answered ones.</param>
    [GenerateSerializer, Immutable, Alias("hms.Observation.Probed")]
    public sealed record Probed(
        DateTimeOffset At,
        [property: Id(0)] DateTimeOffset Since,
        [property: Id(1)] string Address,
        [property: Id(2)] int Sent,
        [property: Id(3)] int Lost,
        [property: Id(4)] TimeSpan? RoundTrip) : Observation(At);

    /// <summary>The prober cannot judge the container: it is itself to blame, or there is nothing to probe.</summary>
    [GenerateSerializer, Immutable, Alias("hms.Observation.NotProbed")]
    public sealed record NotProbed(DateTimeOffset At, [property: Id(0)] string Reason) : Observation(At);

    /// <summary>Memory in use by all processes of the container.</summary>
    [GenerateSerializer, Immutable, Alias("hms.Observation.Measured")]
    public sealed record Measured(DateTimeOffset At, [property: Id(0)] long MemoryBytes) : Observation(At);

    /// <summary>An ordered start or restart ended, one way or the other.</summary>
    /// <param name="At">When the engine's answer arrived.</param>
    /// <param name="Attempt">The number of the attempt that ordered it; other attempts are none of ours.</param>
    /// <param name="Outcome">How it ended.</param>
    /// <param name="Detail">The engine's own words where it refused.</param>
    [GenerateSerializer, Immutable, Alias("hms.Observation.RestartEnded")]
    public sealed record RestartEnded(
        DateTimeOffset At,
        [property: Id(0)] int Attempt,
        [property: Id(1)] RestartOutcome Outcome,
        [property: Id(2)] string? Detail = null) : Observation(At);

    /// <summary>A person asked for the container to be cared for (again): earlier failures are forgiven.</summary>
    [GenerateSerializer, Immutable, Alias("hms.Observation.Adopted")]
    public sealed record Adopted(DateTimeOffset At) : Observation(At);

    /// <summary>A person wants the container restarted now. That is no fault of it, and forgives none.</summary>
    [GenerateSerializer, Immutable, Alias("hms.Observation.RestartAsked")]
    public sealed record RestartAsked(DateTimeOffset At) : Observation(At);

    /// <summary>The machine's clock was set: every time known so far is so much off.</summary>
    /// <param name="At">By the clock as it is now.</param>
    /// <param name="By">How far it jumped; negative when it was set back.</param>
    [GenerateSerializer, Immutable, Alias("hms.Observation.ClockSet")]
    public sealed record ClockSet(DateTimeOffset At, [property: Id(0)] TimeSpan By) : Observation(At);

    /// <summary>Time passed.</summary>
    [GenerateSerializer, Immutable, Alias("hms.Observation.Ticked")]
    public sealed record Ticked(DateTimeOffset At) : Observation(At);
}

/// <summary>How an ordered start or restart ended.</summary>
[GenerateSerializer]
public enum RestartOutcome
{
    /// <summary>The engine did it. Whether the container is well is for later facts to say.</summary>
    Done,

    /// <summary>The engine answered that it cannot.</summary>
    Refused,

    /// <summary>The engine did not answer.</summary>
    Unanswered,

    /// <summary>It was not carried out: the evidence grew old while it waited its turn, or the host forgot it.</summary>
    Withdrawn,
}
