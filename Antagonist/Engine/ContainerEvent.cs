namespace HmsOrleans.Antagonist.Engine;

/// <summary>What the engine tells of a container.</summary>
/// <param name="At">When, by the engine's clock.</param>
/// <param name="Action">The engine's word: start, die, kill, oom, ...; connect: it was put on a network.</param>
/// <param name="ContainerId">Its full id.</param>
/// <param name="Container">Its name; nothing where it was put on a network, of which the engine tells by its id.</param>
internal sealed record ContainerEvent(DateTimeOffset At, string Action, string ContainerId, string Container);
