using System.Collections.Immutable;
using HmsOrleans.Grains.Incidents;

namespace HmsOrleans.Api.Incidents;

/// <summary>Something that went wrong with a container or a host, from the first fault until it stayed well.</summary>
/// <param name="Id">Those of later incidents are greater.</param>
/// <param name="Revision">Counts up with each change.</param>
/// <param name="Host">Address of the Docker host.</param>
/// <param name="ContainerId">Full id of the container; null in an incident of the host itself.</param>
/// <param name="Container">Name of the container; null in an incident of the host itself.</param>
/// <param name="Image">Its image.</param>
/// <param name="Cause">What went wrong first.</param>
/// <param name="Evidence">How that is known, in words.</param>
/// <param name="DownSince">When it began to be down (UTC); null where that is not known.</param>
/// <param name="FaultAt">When the evidence was complete (UTC).</param>
/// <param name="Attempts">What was done about it, oldest first. Of very many the first and the last are shown.</param>
/// <param name="RunningAgainAt">When it last ran again, be it only for a while (UTC); null while it does not.</param>
/// <param name="EndedAt">When it ended (UTC); null while it is open.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="Outages">When it was down, oldest first.</param>
/// <param name="TimeToDetect">Seconds from the beginning to the evidence; null where the beginning is not known.</param>
/// <param name="TimeToHeal">Seconds from the evidence until it ran again; null while it does not.</param>
public record IncidentReply(
    string Id, int Revision, string Host, string? ContainerId, string? Container, string? Image, IncidentCause Cause, string Evidence,
    DateTimeOffset? DownSince, DateTimeOffset FaultAt, ImmutableArray<HealAttempt> Attempts, DateTimeOffset? RunningAgainAt, DateTimeOffset? EndedAt,
    IncidentOutcome Outcome, ImmutableArray<Outage> Outages, double? TimeToDetect, double? TimeToHeal)
{
    internal static IncidentReply From(Incident incident) => new(
        incident.Id, incident.Revision, incident.Host, incident.ContainerId, incident.Container, incident.Image, incident.Cause, incident.Evidence,
        incident.DownSince, incident.FaultAt, incident.Attempts, incident.RunningAgainAt, incident.EndedAt, incident.Outcome, incident.Outages,
        (incident.FaultAt - incident.DownSince)?.TotalSeconds, (incident.RunningAgainAt - incident.FaultAt)?.TotalSeconds);
}

/// <summary>An incident with what was captured.</summary>
public sealed record IncidentDetailReply : IncidentReply
{
    private IncidentDetailReply(IncidentReply incident, IncidentCapture? capture) : base(incident) => Capture = capture;

    /// <summary>What was found before the last restart, or when it was given up; null where there was nothing to look at.</summary>
    public IncidentCapture? Capture { get; }

    internal static new IncidentDetailReply From(Incident incident) => new(IncidentReply.From(incident), incident.Capture);
}

/// <summary>A page of incidents.</summary>
/// <param name="Incidents">Newest first, without what was captured.</param>
/// <param name="Next">What to give as `before` for the next page; null after the last.</param>
public sealed record IncidentPageReply(ImmutableArray<IncidentReply> Incidents, string? Next);
