using System.Collections.Immutable;

namespace HmsOrleans.Grains.Incidents;

/// <summary>What happened in the fleet, kept for later. There is one, with the key <see cref="Key"/>; hosts tell it, and whoever wants to know asks it.</summary>
[Alias("hms.IHistoryGrain")]
public interface IHistoryGrain : IGrainWithStringKey
{
    /// <summary>The key of the only one.</summary>
    public const string Key = "fleet";

    /// <summary>Keeps incidents, new ones and new revisions of known ones. What it has already, or newer, it passes over.</summary>
    /// <param name="incidents">In the order in which they changed.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>When all of them are kept. A store that does not answer is an exception: tell it again later.</returns>
    [Alias("Keep")]
    Task Keep(ImmutableArray<Incident> incidents, CancellationToken cancellationToken);

    /// <summary>The incidents that a query asks for, newest first, without their captures.</summary>
    [Alias("Find")]
    Task<IncidentPage> Find(IncidentQuery query, CancellationToken cancellationToken);

    /// <summary>One incident with its capture; null when there is none with that id.</summary>
    [Alias("Get")]
    Task<Incident?> GetIncident(string id, CancellationToken cancellationToken);

    /// <summary>Waits for what comes after a cursor, at most three seconds: then it answers without any.</summary>
    /// <param name="after">The cursor of the last answer; null to begin with now.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    [Alias("Watch")]
    Task<IncidentNews> Watch(long? after, CancellationToken cancellationToken);

    /// <summary>Keeps since when and until when containers of a host have been watched.</summary>
    /// <returns>When it is kept.</returns>
    [Alias("NoteWatched")]
    Task NoteWatched(string host, ImmutableArray<WatchedTime> watched, CancellationToken cancellationToken);

    /// <summary>When the containers of a host were watched in the last hour.</summary>
    /// <param name="host">Address of the host.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>In no order. A time that goes on ends now.</returns>
    [Alias("GetWatched")]
    Task<ImmutableArray<WatchedTime>> GetWatched(string host, CancellationToken cancellationToken);

    /// <summary>How available a container, or all of a host taken together, was over the last hour, day, week and 30 days.</summary>
    /// <param name="host">Address of the host.</param>
    /// <param name="container">Name or full id; null for all containers of the host.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    [Alias("GetAvailability")]
    Task<ImmutableArray<AvailabilityWindow>> GetAvailability(string host, string? container, CancellationToken cancellationToken);
}

/// <summary>Which incidents are wanted.</summary>
/// <param name="Host">Only of this host; null for all.</param>
/// <param name="Container">Only of containers with this name, id, or first 12 or more digits of an id; null for all, hosts' own among them.</param>
/// <param name="Causes">Only of these causes; empty for all.</param>
/// <param name="Outcomes">Only with these outcomes; empty for all.</param>
/// <param name="From">Only those that had not ended before; null for no limit.</param>
/// <param name="To">Only those that began before; null for no limit.</param>
/// <param name="Before">Only those that come after this id in the list, which is the last of the page before; null for the first page.</param>
/// <param name="Limit">As many at most, 1 to 500.</param>
[GenerateSerializer, Immutable, Alias("hms.IncidentQuery")]
public sealed record IncidentQuery(
    [property: Id(0)] string? Host = null,
    [property: Id(1)] string? Container = null,
    [property: Id(2)] ImmutableArray<IncidentCause> Causes = default,
    [property: Id(3)] ImmutableArray<IncidentOutcome> Outcomes = default,
    [property: Id(4)] DateTimeOffset? From = null,
    [property: Id(5)] DateTimeOffset? To = null,
    [property: Id(6)] string? Before = null,
    [property: Id(7)] int Limit = 50);

/// <summary>A page of incidents.</summary>
/// <param name="Incidents">Newest first, without their captures.</param>
/// <param name="Next">What to ask for as <see cref="IncidentQuery.Before"/> to get the next page; null after the last.</param>
[GenerateSerializer, Immutable, Alias("hms.IncidentPage")]
public sealed record IncidentPage([property: Id(0)] ImmutableArray<Incident> Incidents, [property: Id(1)] string? Next);

/// <summary>What changed in the history since a cursor.</summary>
/// <param name="Cursor">What to ask with next. Survives a restart: it is kept with the incidents.</param>
/// <param name="HasGap">More had changed than is told: read the list anew.</param>
/// <param name="Incidents">As they are now, without their captures, in the order in which they changed; at most 500.</param>
[GenerateSerializer, Immutable, Alias("hms.IncidentNews")]
public sealed record IncidentNews(
    [property: Id(0)] long Cursor,
    [property: Id(1)] bool HasGap,
    [property: Id(2)] ImmutableArray<Incident> Incidents);
