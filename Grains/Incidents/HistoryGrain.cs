using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Concurrency;

namespace HmsOrleans.Grains.Incidents;

/// <remarks>Reentrant: it only passes on to its store, and those who wait for news must hold nobody up.</remarks>
[Reentrant, KeepAlive]
internal sealed partial class HistoryGrain(IIncidentStore store, IOptions<HistoryOptions> options, TimeProvider time, ILogger<HistoryGrain> logger) : Grain, IHistoryGrain
{
    /// <summary>Less than the time in which a call has to be answered.</summary>
    private static readonly TimeSpan WatchLimit = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan PurgePeriod = TimeSpan.FromHours(1);

    /// <summary>So few that nobody else waits long for the database.</summary>
    private const int PurgedAtOnce = 500;

    /// <summary>Ends when something has been kept.</summary>
    private TaskCompletionSource _kept = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        this.RegisterGrainTimer(Purge, new() { DueTime = TimeSpan.FromMinutes(1), Period = PurgePeriod, Interleave = true, KeepAlive = true });
        return Task.CompletedTask;
    }

    public async Task Keep(ImmutableArray<Incident> incidents, CancellationToken cancellationToken)
    {
        await Ask(store.KeepAsync(incidents, cancellationToken), cancellationToken);
        _kept.TrySetResult();
        _kept = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    public Task<IncidentPage> Find(IncidentQuery query, CancellationToken cancellationToken) => Ask(store.FindAsync(query, cancellationToken), cancellationToken);

    public Task<Incident?> GetIncident(string id, CancellationToken cancellationToken) => Ask(store.GetAsync(id, cancellationToken), cancellationToken);

    public async Task<IncidentNews> Watch(long? after, CancellationToken cancellationToken)
    {
        if (after is not { } cursor)
        {
            return new(await Ask(store.GetCursorAsync(cancellationToken), cancellationToken), HasGap: false, []);
        }
        var kept = _kept.Task;
        var news = await Ask(store.GetNewsAsync(cursor, cancellationToken), cancellationToken);
        if (news is { HasGap: false, Incidents.IsEmpty: true })
        {
            await Task.WhenAny(kept, Task.Delay(WatchLimit, time, cancellationToken));
            news = await Ask(store.GetNewsAsync(cursor, cancellationToken), cancellationToken);
        }
        return news;
    }

    public Task NoteWatched(string host, ImmutableArray<WatchedTime> watched, CancellationToken cancellationToken) =>
        Ask(store.NoteWatchedAsync(host, watched, cancellationToken), cancellationToken);

    public async Task<ImmutableArray<WatchedTime>> GetWatched(string host, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var watched = await Ask(store.GetWatchedAsync(host, container: null, now.AddHours(-1), cancellationToken), cancellationToken);
        return [.. watched.Select(span => Availability.UpTo(now, span))];
    }

    public async Task<ImmutableArray<AvailabilityWindow>> GetAvailability(string host, string? container, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var remembered = now - (options.Value.Retention < Availability.Longest ? options.Value.Retention : Availability.Longest);
        return Availability.Of(await Ask(store.GetPastAsync(host, container, remembered, cancellationToken), cancellationToken), remembered, now);
    }

    private static async Task Ask(Task call, CancellationToken cancellationToken)
    {
        try
        {
            await call;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested) // Whatever the store throws: that is how callers elsewhere can know it.
        {
            throw new HistoryUnavailableException(e.GetBaseException().Message);
        }
    }

    private static async Task<T> Ask<T>(Task<T> call, CancellationToken cancellationToken)
    {
        await Ask((Task)call, cancellationToken);
        return await call;
    }

    private async Task Purge(CancellationToken cancellationToken)
    {
        try
        {
            var before = time.GetUtcNow() - options.Value.Retention;
            while (await store.PurgeAsync(before, PurgedAtOnce, cancellationToken) >= PurgedAtOnce)
            {
            }
        }
        catch (Exception e) // Whatever the store throws: it is tried again in an hour.
        {
            LogNotPurged(logger, e.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "old incidents could not be removed from the history: {Reason}")]
    private static partial void LogNotPurged(ILogger logger, string reason);
}
