namespace HmsOrleans.Cli.Client;

/// <summary>Why a container is in its state.</summary>
internal sealed record Explanation(
    string Host, string Id, string Name, DateTimeOffset At, string Health, DateTimeOffset Since, string Details, string Rule, Facts Facts, Policy Policy, Step[] Next);

internal sealed record Facts(
    string ContainerState, DateTimeOffset EngineSaidAt, string? Silence, DateTimeOffset? RunningSince, DateTimeOffset? WellSince, int? ExitCode,
    DateTimeOffset? OutOfMemoryAt, DateTimeOffset? StopAskedAt, string HealthCheck, Probe[] Probes, string? NotProbed, long? Memory, Fault? LastFault,
    int Restarts, string EnginePolicy);

internal sealed record Probe(string Address, DateTimeOffset At, int Sent, int Lost, double? Rtt);

internal sealed record Policy(
    bool Supervised, string SupervisedBy, double Threshold, string ThresholdBy, string Restart, string RestartBy, int ProbeCount, double StartGrace,
    double RecoveredAfter, double BackOff, double MaxBackOff, int QuarantineAfter, double QuarantineWindow, int FailedRecoveries);

/// <summary>Something that will or may happen.</summary>
internal sealed record Step(DateTimeOffset? At, string Text);
