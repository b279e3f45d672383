using System.Collections.Immutable;

namespace HmsOrleans.Grains.Incidents;

/// <summary>Where the history is kept. Whatever keeps it from its work is an exception.</summary>
public interface IIncidentStore
{
    /// <summary>Keeps incidents, all or none; those that it has already, or newer, are passed over.</summary>
    Task KeepAsync(ImmutableArray<Incident> incidents, CancellationToken cancellationToken);

    /// <summary>The incidents that a query asks for, newest first, without their captures.</summary>
    Task<IncidentPage> FindAsync(IncidentQuery query, CancellationToken cancellationToken);

    /// <summary>One incident with its capture; null when there is none with that id.</summary>
    Task<Incident?> GetAsync(string id, CancellationToken cancellationToken);

    /// <summary>Where the history stands: what is kept from now on comes after it.</summary>
    Task<long> GetCursorAsync(CancellationToken cancellationToken);

    /// <summary>What was kept after a cursor, in that order.</summary>
    Task<IncidentNews> GetNewsAsync(long after, CancellationToken cancellationToken);

    /// <summary>Keeps when containers of a host were watched; of a time that it has already only the end is new.</summary>
    Task NoteWatchedAsync(string host, ImmutableArray<WatchedTime> watched, CancellationToken cancellationToken);

    /// <summary>When containers of a host were watched, in no order.</summary>
    /// <param name="host">Address of the host.</param>
    /// <param name="container">Name or full id; null for all of the host.</param>
    /// <param name="since">What had ended before is left out.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    Task<ImmutableArray<WatchedTime>> GetWatchedAsync(string host, string? container, DateTimeOffset since, CancellationToken cancellationToken);

    /// <summary>When containers of a host were watched, and what happened to them.</summary>
    /// <param name="host">Address of the host.</param>
    /// <param name="container">Name or full id; null for all of the host.</param>
    /// <param name="since">What had ended before is left out.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    Task<ContainerPast> GetPastAsync(string host, string? container, DateTimeOffset since, CancellationToken cancellationToken);

    /// <summary>Removes what has not changed since a time, but no incident that is not over, unless nobody has watched its container since.</summary>
    /// <returns>How much that was; when it is the limit, there may be more.</returns>
    Task<int> PurgeAsync(DateTimeOffset before, int limit, CancellationToken cancellationToken);
}

/// <summary>When containers were watched, and what happened to them.</summary>
/// <param name="Watched">In no order.</param>
/// <param name="Incidents">In no order, without their captures.</param>
public sealed record ContainerPast(ImmutableArray<WatchedTime> Watched, ImmutableArray<Incident> Incidents);
