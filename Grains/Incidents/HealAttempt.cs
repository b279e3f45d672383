using HmsOrleans.Grains.Health;

namespace HmsOrleans.Grains.Incidents;

/// <summary>One attempt to heal a container.</summary>
/// <param name="Number">Counts up over the life of the container.</param>
/// <param name="At">When it was ordered (UTC).</param>
/// <param name="Action">What was done.</param>
/// <param name="Cause">What had gone wrong.</param>
/// <param name="Evidence">How that is known.</param>
/// <param name="EndedAt">When the engine had done it or had refused it (UTC); null while it is under way.</param>
/// <param name="Outcome">What the engine said; null while it is under way.</param>
/// <param name="Detail">What the engine complained about; null where it did not.</param>
[GenerateSerializer, Immutable, Alias("hms.HealAttempt")]
public sealed record HealAttempt(
    [property: Id(0)] int Number,
    [property: Id(1)] DateTimeOffset At,
    [property: Id(2)] HealthAction Action,
    [property: Id(3)] IncidentCause Cause,
    [property: Id(4)] string Evidence,
    [property: Id(5)] DateTimeOffset? EndedAt = null,
    [property: Id(6)] RestartOutcome? Outcome = null,
    [property: Id(7)] string? Detail = null);
