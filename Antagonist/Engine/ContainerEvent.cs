namespace HmsOrleans.Antagonist.Engine;

/// <summary>What the engine tells of a container.</summary>
/// <param name="At">When, by the engine's clock.</param>
/// <param name="Action">The engine's word: start, die, kill, oom, ...</param>
/// <param name="ContainerId">Its full id.</param>
/// <param name="Container">Its name.</param>
internal sealed record ContainerEvent(DateTimeOffset At, string Action, string ContainerId, string Container);
