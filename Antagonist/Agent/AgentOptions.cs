namespace HmsOrleans.Antagonist.Agent;

/// <summary>What the agent of a host is told at its start.</summary>
/// <param name="Host">Address of the host, as its node bears it.</param>
/// <param name="MaxShare">Percent of the host's containers that are attacked at once, at most; one is always permitted.</param>
/// <param name="IsDryRun">Only say what would be done.</param>
/// <param name="HaltedAt">When attacks were last ended here without the cluster (UTC): an order from before then is not followed.</param>
internal sealed record AgentOptions(string Host, double MaxShare, bool IsDryRun, DateTimeOffset? HaltedAt);
