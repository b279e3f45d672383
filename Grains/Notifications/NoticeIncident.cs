using HmsOrleans.Grains.Incidents;

namespace HmsOrleans.Grains.Notifications;

/// <summary>As much of an <see cref="Incident"/> as a message tells.</summary>
[GenerateSerializer, Immutable, Alias("hms.NoticeIncident")]
public sealed record NoticeIncident
{
    /// <inheritdoc cref="Incident.Id"/>
    [Id(0)] public required string Id { get; init; }

    /// <inheritdoc cref="Incident.Host"/>
    [Id(1)] public required string Host { get; init; }

    /// <inheritdoc cref="Incident.ContainerId"/>
    [Id(2)] public string? ContainerId { get; init; }

    /// <inheritdoc cref="Incident.Container"/>
    [Id(3)] public string? Container { get; init; }

    [Id(4)] public string? Image { get; init; }

    /// <inheritdoc cref="Incident.Cause"/>
    [Id(5)] public required IncidentCause Cause { get; init; }

    /// <inheritdoc cref="Incident.Evidence"/>
    [Id(6)] public required string Evidence { get; init; }

    /// <inheritdoc cref="Incident.DownSince"/>
    [Id(7)] public DateTimeOffset? DownSince { get; init; }

    /// <inheritdoc cref="Incident.FaultAt"/>
    [Id(8)] public required DateTimeOffset FaultAt { get; init; }

    /// <inheritdoc cref="Incident.RunningAgainAt"/>
    [Id(9)] public DateTimeOffset? RunningAgainAt { get; init; }

    /// <inheritdoc cref="Incident.EndedAt"/>
    [Id(10)] public DateTimeOffset? EndedAt { get; init; }

    /// <inheritdoc cref="Incident.Outcome"/>
    [Id(11)] public IncidentOutcome Outcome { get; init; }

    /// <summary>How many attempts there were to heal it.</summary>
    [Id(12)] public int Attempts { get; init; }

    /// <summary>It is the host's own, not that of a container.</summary>
    internal bool IsOfHost => ContainerId is null;

    internal static NoticeIncident From(Incident incident) => new()
    {
        Id = incident.Id,
        Host = incident.Host,
        ContainerId = incident.ContainerId,
        Container = incident.Container,
        Image = incident.Image,
        Cause = incident.Cause,
        Evidence = incident.Evidence,
        DownSince = incident.DownSince,
        FaultAt = incident.FaultAt,
        RunningAgainAt = incident.RunningAgainAt,
        EndedAt = incident.EndedAt,
        Outcome = incident.Outcome,
        // Of very many attempts only some are kept, but their numbers count on.
        Attempts = incident.Attempts is [var first, .., var last] ? last.Number - first.Number + 1 : incident.Attempts.Length,
    };
}
