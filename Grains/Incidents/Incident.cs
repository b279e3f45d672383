using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace HmsOrleans.Grains.Incidents;

/// <summary>
/// Something that went wrong with a container or a host, from the first fault until it stayed well. A container that fails again
/// before it has recovered is still in the same incident, with one attempt more.
/// </summary>
[GenerateSerializer, Immutable, Alias("hms.Incident")]
public sealed record Incident
{
    /// <summary>32 hexadecimal digits; those of later incidents are greater (UUID version 7, of <see cref="FaultAt"/>).</summary>
    [Id(0)] public required string Id { get; init; }

    /// <summary>Counts up with each change: of two records of an incident the one with the higher revision holds.</summary>
    [Id(1)] public required int Revision { get; init; }

    /// <summary>Address of the Docker host.</summary>
    [Id(2)] public required string Host { get; init; }

    /// <summary>Full id of the container; null in an incident of the host itself.</summary>
    [Id(3)] public string? ContainerId { get; init; }

    /// <summary>Name of the container; null in an incident of the host itself.</summary>
    [Id(4)] public string? Container { get; init; }

    [Id(5)] public string? Image { get; init; }

    /// <summary>What went wrong first.</summary>
    [Id(6)] public required IncidentCause Cause { get; init; }

    /// <summary>How that is known, in words: "exit code 137", "13 of 13 probes lost to 172.17.0.3".</summary>
    [Id(7)] public required string Evidence { get; init; }

    /// <summary>When it began to be down (UTC), as the engine tells or as the first lost probe was sent; null where that is not known.</summary>
    [Id(8)] public DateTimeOffset? DownSince { get; init; }

    /// <summary>When the evidence was complete (UTC).</summary>
    [Id(9)] public required DateTimeOffset FaultAt { get; init; }

    /// <summary>What was done about it, oldest first. Of very many the first and the last are kept.</summary>
    [Id(10)] public ImmutableArray<HealAttempt> Attempts { get; init; } = [];

    /// <summary>When it last ran again, be it only for a while (UTC); null while it does not.</summary>
    [Id(11)] public DateTimeOffset? RunningAgainAt { get; init; }

    /// <summary>When it ended (UTC): it had stayed well, or nobody tries any more; null while it is open.</summary>
    [Id(12)] public DateTimeOffset? EndedAt { get; init; }

    [Id(13)] public IncidentOutcome Outcome { get; init; }

    /// <summary>What was found before the last restart, or when it was given up; null where there was nothing to look at, and in lists.</summary>
    [Id(14)] public IncidentCapture? Capture { get; init; }

    /// <summary>When it was down, oldest first; the last may not have ended. Of very many the oldest are moved together: their length is exact, their place is not.</summary>
    [Id(15)] public ImmutableArray<Outage> Outages { get; init; } = [];

    /// <summary>Whether people want to be told of it; false for a container with the label <c>hms.notify=false</c>.</summary>
    [Id(16)] public bool Notify { get; init; } = true;

    /// <summary>Nothing more will come of it. One that was given up has not ended as long as it does not run.</summary>
    [JsonIgnore]
    public bool IsOver => Outcome is not (IncidentOutcome.Open or IncidentOutcome.Quarantined) || (Outcome == IncidentOutcome.Quarantined && RunningAgainAt is not null);

    /// <summary>Since when nothing more will come of it (UTC): later than <see cref="EndedAt"/> for one that was given up and down longer; null while it is not over.</summary>
    [JsonIgnore]
    public DateTimeOffset? OverAt => !IsOver ? null : Outages is [.., { To: { } up }] && up > EndedAt ? up : EndedAt;
}

/// <summary>A time in which something was down.</summary>
/// <param name="From">Its beginning (UTC).</param>
/// <param name="To">Its end (UTC); null while it lasts.</param>
[GenerateSerializer, Immutable, Alias("hms.Outage")]
public readonly record struct Outage([property: Id(0)] DateTimeOffset From, [property: Id(1)] DateTimeOffset? To);

/// <summary>What went wrong.</summary>
[GenerateSerializer]
public enum IncidentCause
{
    /// <inheritdoc cref="Health.FaultCause.Stopped"/>
    Stopped,

    /// <inheritdoc cref="Health.FaultCause.Died"/>
    Died,

    /// <inheritdoc cref="Health.FaultCause.OutOfMemory"/>
    OutOfMemory,

    /// <inheritdoc cref="Health.FaultCause.PacketLoss"/>
    PacketLoss,

    /// <inheritdoc cref="Health.FaultCause.Unhealthy"/>
    Unhealthy,

    /// <inheritdoc cref="Health.FaultCause.StartRefused"/>
    StartRefused,

    /// <summary>The engine of the host does not answer, so that nothing can be healed there.</summary>
    EngineSilent,

    /// <summary>The node of the host does not answer the others.</summary>
    HostOffline,

    /// <inheritdoc cref="Health.FaultCause.Disconnected"/>
    Disconnected,
}

/// <summary>How an incident ended.</summary>
[GenerateSerializer]
public enum IncidentOutcome
{
    /// <summary>It has not ended.</summary>
    Open,

    /// <summary>It stayed well.</summary>
    Recovered,

    /// <summary>Given up after too many attempts; a person has to look.</summary>
    Quarantined,

    /// <summary>Taken out of supervision meanwhile.</summary>
    Ignored,

    /// <summary>Removed from the engine meanwhile.</summary>
    Removed,
}
