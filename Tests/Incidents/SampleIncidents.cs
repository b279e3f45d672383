using System.Collections.Immutable;
using HmsOrleans.Grains.Health;
using HmsOrleans.Grains.Incidents;

namespace HmsOrleans.Tests.Incidents;

/// <summary>Incidents as they may happen.</summary>
internal static class SampleIncidents
{
    public static readonly DateTimeOffset Noon = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);

    /// <summary>A container died, was started, and stayed well.</summary>
    public static Incident Healed(string host = "10.0.0.1", string container = "web", DateTimeOffset? at = null, IncidentCause cause = IncidentCause.Died)
    {
        var fault = at ?? Noon;
        return new()
        {
            Id = Guid.CreateVersion7(fault).ToString("N"),
            Revision = 3,
            Host = host,
            ContainerId = IdOf(container),
            Container = container,
            Image = "nginx",
            Cause = cause,
            Evidence = "exit code 1",
            DownSince = fault.AddMilliseconds(-5),
            FaultAt = fault,
            Attempts = [new(1, fault, HealthAction.Start, cause, "exit code 1", fault.AddSeconds(0.4), RestartOutcome.Done)],
            RunningAgainAt = fault.AddSeconds(0.3),
            EndedAt = fault.AddSeconds(11),
            Outcome = IncidentOutcome.Recovered,
            Outages = [new(fault.AddMilliseconds(-5), fault.AddSeconds(0.3))],
        };
    }

    /// <summary>The same before anything came of it.</summary>
    public static Incident Open(string host = "10.0.0.1", string container = "web", DateTimeOffset? at = null, IncidentCause cause = IncidentCause.Died) =>
        Healed(host, container, at, cause) with
        {
            Revision = 1,
            Attempts = [],
            RunningAgainAt = null,
            EndedAt = null,
            Outcome = IncidentOutcome.Open,
            Outages = [new((at ?? Noon).AddMilliseconds(-5), null)],
        };

    public static IncidentCapture Capture { get; } = new(Noon, ["listening on 80", "cannot open \"x\": no such file"], "connection refused", 1, false, 12_582_912);

    public static string IdOf(string container) => Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(container)));

    /// <summary>Equal in everything: records compare arrays by reference.</summary>
    public static string Text(Incident? incident) => System.Text.Json.JsonSerializer.Serialize(incident);

    public static ImmutableArray<string> Ids(IEnumerable<Incident> incidents) => [.. incidents.Select(incident => incident.Id)];
}
