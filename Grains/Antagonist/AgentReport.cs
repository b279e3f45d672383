using System.Collections.Immutable;

namespace HmsOrleans.Grains.Antagonist;

/// <summary>What the antagonist's agent on a host says of itself, a few times a second.</summary>
[GenerateSerializer, Immutable, Alias("hms.AgentReport")]
public sealed record AgentReport
{
    /// <summary>One life of the agent.</summary>
    [Id(0)] public required Guid Life { get; init; }

    /// <summary>When it started (UTC).</summary>
    [Id(1)] public required DateTimeOffset Started { get; init; }

    /// <summary>The order that it follows.</summary>
    [Id(2)] public required AttackOrder Order { get; init; }

    /// <summary>What it can do here.</summary>
    [Id(3)] public required ImmutableArray<AttackKind> Abilities { get; init; }

    /// <summary>How it drops packets: <c>netem</c>, <c>iptables</c>, <c>bpf</c>; null when it cannot.</summary>
    [Id(4)] public string? LossBackend { get; init; }

    /// <summary>Percent of the host's containers that it attacks at once, at most.</summary>
    [Id(5)] public required double MaxShare { get; init; }

    /// <summary>It only says what it would do.</summary>
    [Id(6)] public bool IsDryRun { get; init; }

    /// <summary>Faults that it has caused and not undone.</summary>
    [Id(7)] public ImmutableArray<RunningFault> Faults { get; init; } = [];

    /// <summary>Why it cannot do its work; null while it can.</summary>
    [Id(8)] public string? Trouble { get; init; }

    /// <summary>What happened, from the record on that the grain asked for.</summary>
    [Id(9)] public ImmutableArray<AttackRecord> Records { get; init; } = [];
}

/// <summary>A fault that is there now.</summary>
/// <param name="Id">Names it in the log.</param>
/// <param name="Kind">What was done.</param>
/// <param name="Container">Name of the container.</param>
/// <param name="ContainerId">Its full id.</param>
/// <param name="Since">Since when (UTC).</param>
/// <param name="Until">When it is undone at the latest (UTC).</param>
/// <param name="Loss">Percent, of dropped packets.</param>
[GenerateSerializer, Immutable, Alias("hms.RunningFault")]
public sealed record RunningFault(
    [property: Id(0)] Guid Id,
    [property: Id(1)] AttackKind Kind,
    [property: Id(2)] string Container,
    [property: Id(3)] string ContainerId,
    [property: Id(4)] DateTimeOffset Since,
    [property: Id(5)] DateTimeOffset Until,
    [property: Id(6)] double? Loss);

/// <summary>Something that happened to a container.</summary>
/// <param name="Number">One higher than that of the record before; begins at 0 with each life of the agent.</param>
/// <param name="At">When (UTC): by the agent's clock, of what the engine tells by the engine's.</param>
/// <param name="Event">What.</param>
/// <param name="Container">Name of the container.</param>
/// <param name="ContainerId">Its full id.</param>
/// <param name="Fault">Which fault it is about; null for an event of the engine.</param>
/// <param name="Kind">What was done, or was to be done.</param>
/// <param name="Loss">Percent, of dropped packets.</param>
/// <param name="Text">The engine's word for its event (die, start, kill, oom); for what was skipped or failed: why.</param>
[GenerateSerializer, Immutable, Alias("hms.AttackRecord")]
public sealed record AttackRecord(
    [property: Id(0)] long Number,
    [property: Id(1)] DateTimeOffset At,
    [property: Id(2)] AttackEvent Event,
    [property: Id(3)] string Container,
    [property: Id(4)] string ContainerId,
    [property: Id(5)] Guid? Fault = null,
    [property: Id(6)] AttackKind? Kind = null,
    [property: Id(7)] double? Loss = null,
    [property: Id(8)] string? Text = null);

/// <summary>What a record tells of.</summary>
[GenerateSerializer]
public enum AttackEvent
{
    /// <summary>A fault is there from now on.</summary>
    Begun,

    /// <summary>A fault was undone, or healed by somebody else.</summary>
    Ended,

    /// <summary>An attack of the plan was not carried out.</summary>
    Skipped,

    /// <summary>An attack could not be carried out.</summary>
    Failed,

    /// <summary>The engine told an event.</summary>
    Engine,
}
