using System.Collections.Immutable;
using Orleans.Concurrency;

namespace HmsOrleans.Grains.Antagonist;

/// <summary>The antagonist of one host, as the cluster sees it: it passes on what its agent there is to do, and what that has done. Keyed by the host's address; lives on the silo of that name.</summary>
[Alias("hms.IAntagonistGrain")]
public interface IAntagonistGrain : IGrainWithStringKey
{
    /// <summary>The agent reports, a few times a second.</summary>
    [Alias("Report"), AlwaysInterleave]
    Task<AgentAnswer> Report(AgentReport report, CancellationToken cancellationToken);

    /// <summary>What it does.</summary>
    [Alias("GetView"), AlwaysInterleave]
    Task<AntagonistView> GetView(CancellationToken cancellationToken);

    /// <summary>Starts it; one that runs goes on. Idempotent.</summary>
    /// <param name="change">What is to be different in its scenario.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="AgentMissingException">No agent reports from the host.</exception>
    [Alias("Start"), AlwaysInterleave]
    Task<AntagonistView> Start(ScenarioChange change, CancellationToken cancellationToken);

    /// <summary>Changes its scenario, whether it runs or not. Attacks that are under way end as they would have.</summary>
    /// <param name="change">What is to be different.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="AgentMissingException">No agent reports from the host.</exception>
    [Alias("Configure"), AlwaysInterleave]
    Task<AntagonistView> Configure(ScenarioChange change, CancellationToken cancellationToken);

    /// <summary>Ends it and waits until the agent has undone all its faults, for two seconds at most. Idempotent.</summary>
    /// <exception cref="AgentMissingException">No agent reports from the host; one that comes is off all the same.</exception>
    [Alias("Halt"), AlwaysInterleave]
    Task<AntagonistView> Halt(CancellationToken cancellationToken);

    /// <summary>What happened, by the agent's and the engine's word.</summary>
    /// <param name="life">The life of the agent that <paramref name="since"/> counts in.</param>
    /// <param name="since">Number of the first record wanted.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    [Alias("GetLog"), AlwaysInterleave]
    Task<AttackLog> GetLog(Guid life, long since, CancellationToken cancellationToken);
}

/// <summary>The antagonist of a host.</summary>
/// <param name="Host">The host's address.</param>
/// <param name="Order">What it is to do.</param>
/// <param name="Agent">The last report of the agent, without its log; null when none has come in the last seconds.</param>
[GenerateSerializer, Immutable, Alias("hms.AntagonistView")]
public sealed record AntagonistView(
    [property: Id(0)] string Host,
    [property: Id(1)] AttackOrder Order,
    [property: Id(2)] AgentReport? Agent)
{
    /// <summary>The agent has said that it was told to leave all alone, and that nothing of it is left.</summary>
    public bool IsHalted => !Order.IsRunning && Agent is { Faults.Length: 0 } agent && agent.Order.Revision == Order.Revision;
}

/// <summary>A part of an agent's log.</summary>
/// <param name="Life">The life of the agent that the numbers count in; another than was asked for begins at its first record.</param>
/// <param name="Records">In the order of their numbers.</param>
/// <param name="Next">Number to ask from next.</param>
[GenerateSerializer, Immutable, Alias("hms.AttackLog")]
public sealed record AttackLog(
    [property: Id(0)] Guid Life,
    [property: Id(1)] ImmutableArray<AttackRecord> Records,
    [property: Id(2)] long Next);
