using System.Collections.Immutable;

namespace HmsOrleans.Grains.Incidents;

/// <summary>What a person would want to see of a container after it was restarted.</summary>
/// <param name="At">When it was looked at (UTC).</param>
/// <param name="Log">Its last lines of output, at most 100, each cut at 1,000 characters.</param>
/// <param name="HealthOutput">What its health check said last; null where it has none.</param>
/// <param name="ExitCode">Of its last run; null where it still ran.</param>
/// <param name="OutOfMemory">The kernel killed a process of it for want of memory.</param>
/// <param name="Memory">Bytes in use; null where that is not known.</param>
[GenerateSerializer, Immutable, Alias("hms.IncidentCapture")]
public sealed record IncidentCapture(
    [property: Id(0)] DateTimeOffset At,
    [property: Id(1)] ImmutableArray<string> Log,
    [property: Id(2)] string? HealthOutput,
    [property: Id(3)] int? ExitCode,
    [property: Id(4)] bool OutOfMemory,
    [property: Id(5)] long? Memory);
