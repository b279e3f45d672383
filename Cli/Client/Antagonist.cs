namespace HmsOrleans.Cli.Client;

/// <summary>The antagonist of a host.</summary>
internal sealed record Antagonist(string Address, string State, string? Reason, DateTimeOffset? Since, RunningFault[]? Faults);

/// <summary>A fault that it has caused and not undone.</summary>
internal sealed record RunningFault(string Kind, string? Container, DateTimeOffset Since, DateTimeOffset? Until);
