using System.Collections.Immutable;
using HmsOrleans.Grains.Health;

namespace HmsOrleans.Grains.Hosts;

/// <summary>Facts that a host's watcher found out, in order.</summary>
/// <param name="At">When they were handed over (UTC).</param>
/// <param name="EngineSilence">Why the engine does not answer; null while it does.</param>
/// <param name="IsComplete">The facts describe every container of the engine: what is not in them is gone.</param>
/// <param name="Facts">Facts about single containers.</param>
/// <param name="ClockSetBy">How far the machine's clock has jumped since the facts before; null when it ran on.</param>
/// <param name="NoEvents">Why the engine tells no events, so that all is found by its lists; null while it does.</param>
[GenerateSerializer, Immutable, Alias("hms.HostFacts")]
public sealed record HostFacts(
    [property: Id(0)] DateTimeOffset At,
    [property: Id(1)] string? EngineSilence,
    [property: Id(2)] bool IsComplete,
    [property: Id(3)] ImmutableArray<ContainerFact> Facts,
    [property: Id(4)] TimeSpan? ClockSetBy = null,
    [property: Id(5)] string? NoEvents = null);

/// <summary>A fact about one container.</summary>
[GenerateSerializer, Immutable, Alias("hms.ContainerFact")]
public readonly record struct ContainerFact([property: Id(0)] string ContainerId, [property: Id(1)] Observation Seen);
