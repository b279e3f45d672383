using System.Collections.Immutable;

namespace HmsOrleans.Grains.Antagonist;

/// <summary>What an agent is to do.</summary>
/// <param name="Revision">Grows with each change; the highest holds, also after the grain that gave it is gone.</param>
/// <param name="IsRunning">Attack; else undo everything, and leave all alone.</param>
/// <param name="Scenario">How.</param>
/// <param name="Since">When that was ordered (UTC): the attacks of a scenario are timed from then.</param>
[GenerateSerializer, Immutable, Alias("hms.AttackOrder")]
public sealed record AttackOrder(
    [property: Id(0)] long Revision,
    [property: Id(1)] bool IsRunning,
    [property: Id(2)] AttackScenario Scenario,
    [property: Id(3)] DateTimeOffset Since)
{
    /// <summary>Nobody has ordered anything.</summary>
    public static AttackOrder None { get; } = new(0, false, new(), DateTimeOffset.UnixEpoch);
}

/// <summary>The answer to an agent's report.</summary>
/// <param name="Order">What it is to do.</param>
/// <param name="Targets">Ids of the containers under supervision: no other is ever attacked. Not set: not known, attack none.</param>
/// <param name="NextRecord">Number of the first record of its log that is missing here.</param>
[GenerateSerializer, Immutable, Alias("hms.AgentAnswer")]
public sealed record AgentAnswer(
    [property: Id(0)] AttackOrder Order,
    [property: Id(1)] ImmutableArray<string> Targets,
    [property: Id(2)] long NextRecord);
