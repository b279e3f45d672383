using System.Collections.Immutable;
using HmsOrleans.Grains.Engine;
using HmsOrleans.Grains.Health;

namespace HmsOrleans.Grains.Containers;

/// <summary>One container: it remembers its health and decides. Keyed by <c>host/id</c>; lives on its host.</summary>
[Alias("hms.IContainerGrain")]
public interface IContainerGrain : IGrainWithStringKey
{
    /// <summary>Takes in facts, in order, and answers what they mean. Only the container's host calls it, and carries the answer out.</summary>
    /// <param name="facts">New facts; may be empty, to ask for the state as it is.</param>
    /// <param name="policy">The rules as they stand now.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    [Alias("Observe")]
    Task<ContainerReport> Observe(ImmutableArray<Observation> facts, HealthPolicy policy, CancellationToken cancellationToken);

    /// <summary>Why it is in its state; null before the engine has described it.</summary>
    /// <param name="policy">The rules as they stand now.</param>
    /// <param name="sources">Where they come from.</param>
    /// <param name="at">The time now.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    [Alias("Explain")]
    Task<ContainerExplanation?> Explain(HealthPolicy policy, RuleSources sources, DateTimeOffset at, CancellationToken cancellationToken);
}

/// <summary>What a container's grain answers to facts.</summary>
/// <param name="View">The container as it is to be shown; null while the engine has not described it yet.</param>
/// <param name="Action">What its host is to do; its end is reported with <paramref name="Attempt"/>.</param>
/// <param name="Attempt">Number of the last attempt.</param>
/// <param name="Deadline">When the host should come back although nothing happened.</param>
/// <param name="Revision">Grows with each call: of two answers the one with the higher revision holds.</param>
/// <param name="Container">The engine's description as it stands now.</param>
/// <param name="Gone">The engine has removed it; nothing more will come.</param>
/// <param name="Changes">Changes of state on the way, oldest first.</param>
/// <param name="Recovering">It has not stayed well for long enough since its last fault.</param>
/// <param name="LostSeats">Its places on networks that it has lost.</param>
[GenerateSerializer, Immutable, Alias("hms.ContainerReport")]
public sealed record ContainerReport(
    [property: Id(0)] ContainerView? View,
    [property: Id(1)] HealthAction Action,
    [property: Id(2)] int Attempt,
    [property: Id(3)] DateTimeOffset? Deadline,
    [property: Id(4)] long Revision,
    [property: Id(5)] EngineContainer? Container,
    [property: Id(6)] bool Gone,
    [property: Id(7)] ImmutableArray<HealthChange> Changes,
    [property: Id(8)] bool Recovering = false,
    [property: Id(9)] ImmutableArray<NetworkSeat> LostSeats = default);

/// <summary>A change of a container's state.</summary>
/// <param name="At">When (UTC).</param>
/// <param name="From">The state before.</param>
/// <param name="To">The state after.</param>
/// <param name="Fault">The fault that led to it; null where none did.</param>
/// <param name="RetryAt">When the next attempt is due, for a back-off of ours.</param>
[GenerateSerializer, Immutable, Alias("hms.HealthChange")]
public sealed record HealthChange(
    [property: Id(0)] DateTimeOffset At,
    [property: Id(1)] HealthState From,
    [property: Id(2)] HealthState To,
    [property: Id(3)] Fault? Fault,
    [property: Id(4)] DateTimeOffset? RetryAt = null);
