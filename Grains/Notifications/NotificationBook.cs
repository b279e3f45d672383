using System.Collections.Immutable;
using HmsOrleans.Grains.Incidents;

namespace HmsOrleans.Grains.Notifications;

/// <summary>What is known of incidents that are to be told, or were told and have not ended.</summary>
[GenerateSerializer, Immutable, Alias("hms.NotificationBook")]
public sealed record NotificationBook
{
    /// <summary>By the id of the incident.</summary>
    [Id(0)] public ImmutableDictionary<string, WatchedIncident> Watched { get; init; } = ImmutableDictionary<string, WatchedIncident>.Empty;

    /// <summary>Incidents whose end was told last, so that it is not told again when the history repeats itself.</summary>
    [Id(1)] public ImmutableArray<string> Done { get; init; } = [];

    /// <summary>When the messages of the last minute were made.</summary>
    [Id(2)] public ImmutableArray<DateTimeOffset> Recent { get; init; } = [];

    [Id(3)] public ImmutableArray<Mute> Mutes { get; init; } = [];

    [Id(4)] public ImmutableArray<MaintenanceWindow> Windows { get; init; } = [];
}

/// <summary>An incident that is watched.</summary>
/// <param name="Incident">As it was last heard of.</param>
/// <param name="Revision">See <see cref="Incident.Revision"/>.</param>
/// <param name="DueAt">Its opening is told when it is still not mended then.</param>
/// <param name="ChangedAt">When the news of it came.</param>
/// <param name="IsTold">Its opening was told, or that it was given up.</param>
/// <param name="GivenUpIsTold">That it was given up was told.</param>
[GenerateSerializer, Immutable, Alias("hms.WatchedIncident")]
public sealed record WatchedIncident(
    [property: Id(0)] NoticeIncident Incident,
    [property: Id(1)] int Revision,
    [property: Id(2)] DateTimeOffset DueAt,
    [property: Id(3)] DateTimeOffset ChangedAt,
    [property: Id(4)] bool IsTold,
    [property: Id(5)] bool GivenUpIsTold = false);
