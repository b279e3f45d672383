using System.Collections.Immutable;
using HmsOrleans.Grains.Engine;
using HmsOrleans.Grains.Health;

namespace HmsOrleans.Grains.Containers;

/// <summary>Why a container is in its state: the facts, the rule that led from them to it, what holds for the container, and what happens next.</summary>
[GenerateSerializer, Immutable, Alias("hms.ContainerExplanation")]
public sealed record ContainerExplanation
{
    /// <summary>Address of the Docker host.</summary>
    [Id(0)] public required string Host { get; init; }

    /// <summary>Full id, 64 hexadecimal digits.</summary>
    [Id(1)] public required string Id { get; init; }

    [Id(2)] public required string Name { get; init; }

    /// <summary>When it was explained (UTC, by the clock of the host).</summary>
    [Id(3)] public required DateTimeOffset At { get; init; }

    /// <summary>What the monitor thinks of it.</summary>
    [Id(4)] public required HealthState Health { get; init; }

    /// <summary>Since when (UTC).</summary>
    [Id(5)] public required DateTimeOffset Since { get; init; }

    /// <summary>The state in a sentence.</summary>
    [Id(6)] public required string Details { get; init; }

    /// <summary>The rule that led to the state, in words.</summary>
    [Id(7)] public required string Rule { get; init; }

    /// <summary>What is known.</summary>
    [Id(8)] public required ContainerFacts Facts { get; init; }

    /// <summary>What holds for it, and where that comes from.</summary>
    [Id(9)] public required ContainerRules Policy { get; init; }

    /// <summary>What happens next, the likeliest first.</summary>
    [Id(10)] public required ImmutableArray<ExpectedStep> Next { get; init; }
}

/// <summary>What is known about a container.</summary>
[GenerateSerializer, Immutable, Alias("hms.ContainerFacts")]
public sealed record ContainerFacts
{
    /// <summary>The engine's word for what it is doing.</summary>
    [Id(0)] public required ContainerState ContainerState { get; init; }

    /// <summary>When the engine last said something about it (UTC).</summary>
    [Id(1)] public required DateTimeOffset EngineSaidAt { get; init; }

    /// <summary>Why the engine cannot be asked; null while it answers.</summary>
    [Id(2)] public string? Silence { get; init; }

    /// <summary>Start of the current run (UTC); null while it is not running.</summary>
    [Id(3)] public DateTimeOffset? RunningSince { get; init; }

    /// <summary>Since when nothing has spoken against it (UTC); null while something does.</summary>
    [Id(4)] public DateTimeOffset? WellSince { get; init; }

    /// <summary>Exit code of its last run; null while it runs, and where it never ran.</summary>
    [Id(5)] public int? ExitCode { get; init; }

    /// <summary>When the kernel last killed a process of it for want of memory (UTC); null when it did not.</summary>
    [Id(6)] public DateTimeOffset? OutOfMemoryAt { get; init; }

    /// <summary>When somebody asked the engine to end this run (UTC); null when nobody did.</summary>
    [Id(7)] public DateTimeOffset? StopAskedAt { get; init; }

    /// <summary>The verdict of its own health check.</summary>
    [Id(8)] public HealthCheck HealthCheck { get; init; }

    /// <summary>The last window of probes to each of its addresses.</summary>
    [Id(9)] public ImmutableArray<ProbedAddress> Probes { get; init; } = [];

    /// <summary>Why it is not probed; null while it is, and while it does not run.</summary>
    [Id(10)] public string? NotProbed { get; init; }

    /// <summary>Bytes in use; null while it is not running.</summary>
    [Id(11)] public long? Memory { get; init; }

    [Id(12)] public Fault? LastFault { get; init; }

    /// <summary>Starts and restarts carried out for it since the node came up.</summary>
    [Id(13)] public int Restarts { get; init; }

    /// <summary>The engine's own restart policy: <c>no</c>, <c>always</c>, <c>unless-stopped</c> or <c>on-failure</c>.</summary>
    [Id(14)] public required string EnginePolicy { get; init; }
}

/// <summary>The last window of probes to an address.</summary>
/// <param name="Address">Whom they were sent to.</param>
/// <param name="At">When the window closed (UTC).</param>
/// <param name="Sent">Probes whose outcome is known.</param>
/// <param name="Lost">Those of them that were not answered in time.</param>
/// <param name="Rtt">Mean round trip of the answered ones in milliseconds; null when none was.</param>
[GenerateSerializer, Immutable, Alias("hms.ProbedAddress")]
public sealed record ProbedAddress(
    [property: Id(0)] string Address,
    [property: Id(1)] DateTimeOffset At,
    [property: Id(2)] int Sent,
    [property: Id(3)] int Lost,
    [property: Id(4)] double? Rtt);

/// <summary>What holds for a container, and where that comes from. Times are in seconds.</summary>
[GenerateSerializer, Immutable, Alias("hms.ContainerRules")]
public sealed record ContainerRules
{
    /// <summary>False while it is on the ignored list, opted out by label, or its host is not under supervision.</summary>
    [Id(0)] public required bool Supervised { get; init; }

    [Id(1)] public required RuleSource SupervisedBy { get; init; }

    /// <summary>Percent of packet loss above which it is restarted.</summary>
    [Id(2)] public required double Threshold { get; init; }

    [Id(3)] public required RuleSource ThresholdBy { get; init; }

    /// <summary>When stops are healed.</summary>
    [Id(4)] public required RestartMode Restart { get; init; }

    [Id(5)] public required RuleSource RestartBy { get; init; }

    /// <summary>Probes in a full burst.</summary>
    [Id(6)] public required int ProbeCount { get; init; }

    /// <summary>Time after a start during which packet loss is not held against it.</summary>
    [Id(7)] public required double StartGrace { get; init; }

    /// <summary>Unbroken health that makes a recovery one.</summary>
    [Id(8)] public required double RecoveredAfter { get; init; }

    /// <summary>Wait after the first failed recovery, doubled by each further one.</summary>
    [Id(9)] public required double BackOff { get; init; }

    /// <summary>Longest wait.</summary>
    [Id(10)] public required double MaxBackOff { get; init; }

    /// <summary>Failed recoveries within <see cref="QuarantineWindow"/> after which it is left to a person.</summary>
    [Id(11)] public required int QuarantineAfter { get; init; }

    [Id(12)] public required double QuarantineWindow { get; init; }

    /// <summary>Recoveries that have failed within that time so far.</summary>
    [Id(13)] public required int FailedRecoveries { get; init; }
}

/// <summary>Where a rule comes from.</summary>
[GenerateSerializer]
public enum RuleSource
{
    /// <summary>The node's configuration.</summary>
    Default,

    /// <summary>Said for the whole fleet, or by the fleet for its host.</summary>
    Fleet,

    /// <summary>Set for its host.</summary>
    Host,

    /// <summary>A label of the container.</summary>
    Label,

    /// <summary>A person's word for this container.</summary>
    Container,
}

/// <summary>Where the rules of a container come from.</summary>
[GenerateSerializer, Immutable, Alias("hms.RuleSources")]
public sealed record RuleSources(
    [property: Id(0)] RuleSource Supervised = RuleSource.Default,
    [property: Id(1)] RuleSource Threshold = RuleSource.Default,
    [property: Id(2)] RuleSource Restart = RuleSource.Default);

/// <summary>Something that will or may happen.</summary>
/// <param name="At">When (UTC); null where that is not known.</param>
/// <param name="Text">What, and under which condition.</param>
[GenerateSerializer, Immutable, Alias("hms.ExpectedStep")]
public sealed record ExpectedStep(
    [property: Id(0)] DateTimeOffset? At,
    [property: Id(1)] string Text);

/// <summary>The answer to the question why a container is in its state, or why none was found.</summary>
/// <param name="Explanation">Null when none was found.</param>
/// <param name="Matches">Containers whose id or name the given one fits, when it fits several; empty when it fits none.</param>
[GenerateSerializer, Immutable, Alias("hms.ContainerExplanationResult")]
public sealed record ContainerExplanationResult(
    [property: Id(0)] ContainerExplanation? Explanation,
    [property: Id(1)] ImmutableArray<string> Matches);
