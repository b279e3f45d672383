namespace HmsOrleans.Antagonist.Agent;

/// <summary>What the agent of a host is told at its start.</summary>
/// <param name="Host">Address of the host, as its node bears it.</param>
/// <param name="MaxShare">Percent of the host's containers that are attacked at once, at most; one is always permitted.</param>
/// <param name="IsDryRun">Only say what would be done.</param>
internal sealed record AgentOptions(string Host, double MaxShare, bool IsDryRun);
