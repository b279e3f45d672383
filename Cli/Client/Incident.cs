namespace HmsOrleans.Cli.Client;

/// <summary>Something that went wrong with a container or a host.</summary>
internal sealed record Incident(
    string Id, string Host, string? ContainerId, string? Container, string? Image, string Cause, string Evidence, DateTimeOffset? DownSince,
    DateTimeOffset FaultAt, Attempt[]? Attempts, DateTimeOffset? RunningAgainAt, DateTimeOffset? EndedAt, string Outcome, Capture? Capture,
    double? TimeToDetect, double? TimeToHeal);

/// <summary>One attempt to heal.</summary>
internal sealed record Attempt(
    int Number, DateTimeOffset At, string Action, string Cause, string Evidence, DateTimeOffset? EndedAt, string? Outcome, string? Detail);

/// <summary>What was found before the last restart, or when it was given up.</summary>
internal sealed record Capture(DateTimeOffset At, string[]? Log, string? HealthOutput, int? ExitCode, bool OutOfMemory, long? Memory);

/// <summary>A page of incidents, newest first.</summary>
internal sealed record IncidentPage(Incident[] Incidents, string? Next);
