namespace HmsOrleans.Cli.Client;

/// <summary>What holds for all hosts. Times are in seconds.</summary>
internal sealed record Settings(double Threshold, double AggregationWindow, double Heartbeat, double OfflineAfter);

/// <summary>What came of a threshold for all hosts.</summary>
internal sealed record FleetThreshold(double Threshold, HostOutcome[] Hosts);

internal sealed record HostOutcome(string Address, bool Applied, string? Reason);
