using System.Collections.Immutable;
using HmsOrleans.Grains.Incidents;

namespace HmsOrleans.Grains.Notifications;

/// <summary>
/// What people are told, and when; pure. An incident is told when it is not mended in good time, its end when its opening was told,
/// a quarantine always, and that it is over when the container has run for a while. Nothing is told of containers while their host is down: that is told instead.
/// </summary>
internal static class NotificationRules
{
    /// <summary>What becomes due within this time, of the same kind and on the same host, is one message.</summary>
    public static readonly TimeSpan Gathering = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    /// <summary>Most incidents that are watched, far more than a fleet has open at once.</summary>
    private const int MaxWatched = 5_000;

    /// <summary>As many as the history tells in one answer.</summary>
    private const int MaxDone = 500;

    /// <summary>What is most urgent is told first when not all can be.</summary>
    private static readonly ImmutableArray<NoticeKind> ByUrgency = [NoticeKind.Quarantined, NoticeKind.Opened, NoticeKind.Recovered, NoticeKind.Closed];

    /// <summary>Takes in an incident as it is now.</summary>
    public static NotificationBook Take(NotificationBook book, Incident incident, DateTimeOffset now, NotificationOptions options)
    {
        var known = book.Watched.GetValueOrDefault(incident.Id);
        if (!incident.Notify || known?.Revision >= incident.Revision || book.Done.Contains(incident.Id))
        {
            return book;
        }
        var since = incident.FaultAt < now ? incident.FaultAt : now; // the clock of its host may be ahead of ours
        if (known is null && book.Watched.Values.FirstOrDefault(other => IsGivenUp(other, incident)) is { } given)
        {
            // It has failed again before it was well: who was told that it was given up is told how this one ends.
            known = given with { DueAt = since + options.After, GivenUpIsTold = false };
            book = book with { Watched = book.Watched.Remove(given.Incident.Id) };
        }
        var watched = new WatchedIncident(
            NoticeIncident.From(incident), incident.Revision, known?.DueAt ?? (options.All ? now : since + options.After), now, known?.IsTold ?? false, known?.GivenUpIsTold ?? false);
        if (IsSettled(watched, options))
        {
            book = book with { Watched = book.Watched.Remove(incident.Id) };
        }
        else
        {
            book = book with { Watched = Capped(book.Watched.SetItem(incident.Id, watched)) };
        }
        return watched.Incident.IsOfHost && HasEnded(watched) ? Postponed(book, incident.Host, now + options.After) : book;
    }

    /// <summary>Finds out what is to be told now. The book is the same object when nothing changes.</summary>
    public static (NotificationBook Next, ImmutableArray<Notice> Notices) Tell(NotificationBook book, DateTimeOffset now, NotificationOptions options)
    {
        book = Pruned(book, now);
        var down = book.Watched.Values.Where(watched => watched.Incident.IsOfHost && !HasEnded(watched)).Select(watched => watched.Incident.Host).ToHashSet();
        var groups = book.Watched.Values
            .Select(watched => (Watched: watched, Kind: NewsOf(watched, now, options)))
            .Where(news => news.Kind is not null && !IsHeld(book, news.Watched.Incident, now) && (news.Watched.Incident.IsOfHost || !down.Contains(news.Watched.Incident.Host)))
            .GroupBy(news => (Kind: news.Kind!.Value, news.Watched.Incident.IsOfHost, news.Watched.Incident.Host), news => news.Watched)
            .Where(group => group.Min(watched => ReadyAt(watched)) + Gathering <= now)
            .Select(group => new Group(group.Key.Kind, group.Key.IsOfHost, [.. group]))
            .ToList();
        var budget = options.MaxPerMinute - book.Recent.Length;
        if (groups.Count == 0 || budget <= 0)
        {
            return (book, []);
        }
        if (groups.Count > budget)
        {
            groups = [.. groups.GroupBy(group => (group.Kind, group.IsOfHost)).Select(same => new Group(same.Key.Kind, same.Key.IsOfHost, [.. same.SelectMany(group => group.Watched)]))];
        }
        var told = groups.OrderBy(group => ByUrgency.IndexOf(group.Kind)).ThenByDescending(group => group.IsOfHost).ThenBy(group => group.Watched[0].Incident.Host, StringComparer.Ordinal).Take(budget).ToList();
        var notices = told.Select(group => group.ToNotice(book, now)).ToImmutableArray();
        foreach (var (kind, watched) in told.SelectMany(group => group.Watched, (group, watched) => (group.Kind, watched)))
        {
            book = kind is NoticeKind.Opened or NoticeKind.Quarantined
                ? book with { Watched = book.Watched.SetItem(watched.Incident.Id, watched with { IsTold = true, GivenUpIsTold = kind == NoticeKind.Quarantined }) }
                : book with { Watched = book.Watched.Remove(watched.Incident.Id), Done = [.. book.Done.TakeLast(MaxDone - 1), watched.Incident.Id] };
        }
        return (book with { Recent = [.. book.Recent, .. notices.Select(_ => now)] }, notices);
    }

    /// <summary>What could be told of it at that time; null for nothing.</summary>
    private static NoticeKind? NewsOf(WatchedIncident watched, DateTimeOffset now, NotificationOptions options) => watched.Incident.Outcome switch
    {
        IncidentOutcome.Open => !watched.IsTold && watched.DueAt <= now && (options.All || watched.Incident.RunningAgainAt is null) ? NoticeKind.Opened : null,
        _ when IsDownForGood(watched) => watched.GivenUpIsTold ? null : NoticeKind.Quarantined,
        _ when IsSettled(watched, options) => null,
        // The incident does not tell whether it stays well: another would.
        IncidentOutcome.Quarantined => watched.ChangedAt + options.After <= now ? NoticeKind.Recovered : null,
        IncidentOutcome.Recovered => NoticeKind.Recovered,
        _ => NoticeKind.Closed,
    };

    /// <summary>Nothing is to be told of it any more. One that was given up and runs was put right by somebody, perhaps before there was a chance to tell.</summary>
    private static bool IsSettled(WatchedIncident watched, NotificationOptions options) => watched.Incident.Outcome switch
    {
        IncidentOutcome.Open => false,
        IncidentOutcome.Quarantined => watched.Incident.RunningAgainAt is not null && !watched.IsTold && !options.All,
        IncidentOutcome.Recovered => !watched.IsTold && !options.All,
        _ => !watched.IsTold,
    };

    /// <summary>Whether people were told of an earlier incident of the same container that it was given up, and not that this is over.</summary>
    private static bool IsGivenUp(WatchedIncident watched, Incident incident) =>
        watched is { IsTold: true, Incident: { Outcome: IncidentOutcome.Quarantined, ContainerId: { } id } } && id == incident.ContainerId && watched.Incident.Host == incident.Host;

    private static bool IsDownForGood(WatchedIncident watched) => watched.Incident is { Outcome: IncidentOutcome.Quarantined, RunningAgainAt: null };

    private static bool HasEnded(WatchedIncident watched) => watched.Incident.Outcome != IncidentOutcome.Open;

    private static DateTimeOffset ReadyAt(WatchedIncident watched) => HasEnded(watched) ? watched.ChangedAt : watched.DueAt;

    private static bool IsHeld(NotificationBook book, NoticeIncident incident, DateTimeOffset now) =>
        book.Mutes.Any(mute => mute.Holds(incident)) || book.Windows.Any(window => window.Holds(incident, now));

    /// <summary>A host that is back heals what it finds broken: that gets its time, too.</summary>
    private static NotificationBook Postponed(NotificationBook book, string host, DateTimeOffset until)
    {
        foreach (var (id, watched) in book.Watched.Where(pair => pair.Value is { IsTold: false, Incident.IsOfHost: false } watched && watched.Incident.Host == host && watched.DueAt < until))
        {
            book = book with { Watched = book.Watched.SetItem(id, watched with { DueAt = until }) };
        }
        return book;
    }

    /// <summary>Without what is over: mutes and windows, messages longer ago, ends of incidents of which nothing is to be told for good.</summary>
    private static NotificationBook Pruned(NotificationBook book, DateTimeOffset now)
    {
        if (book.Mutes.Any(mute => mute.Until <= now))
        {
            book = book with { Mutes = [.. book.Mutes.Where(mute => !(mute.Until <= now))] };
        }
        if (book.Windows.Any(window => window.Until <= now))
        {
            book = book with { Windows = [.. book.Windows.Where(window => window.Until > now)] };
        }
        if (book.Recent.Any(at => at <= now - Minute))
        {
            book = book with { Recent = [.. book.Recent.Where(at => at > now - Minute)] };
        }
        // One that was given up and is down still is told of when its mute is taken back.
        var muted = book.Watched.Values.Where(watched => HasEnded(watched) && !IsDownForGood(watched) && book.Mutes.Any(mute => mute.Until is null && mute.Holds(watched.Incident))).Select(watched => watched.Incident.Id).ToList();
        return muted.Count == 0 ? book : book with { Watched = book.Watched.RemoveRange(muted) };
    }

    private static ImmutableDictionary<string, WatchedIncident> Capped(ImmutableDictionary<string, WatchedIncident> watched) =>
        watched.Count <= MaxWatched ? watched : watched.Remove(watched.Values.MinBy(one => one.Incident.FaultAt)!.Incident.Id);

    /// <summary>What is told in one message.</summary>
    private sealed record Group(NoticeKind Kind, bool IsOfHost, ImmutableArray<WatchedIncident> Watched)
    {
        public Notice ToNotice(NotificationBook book, DateTimeOffset now)
        {
            var incidents = Watched.Select(watched => watched.Incident).OrderBy(incident => incident.Id, StringComparer.Ordinal).ToImmutableArray();
            var hosts = incidents.Select(incident => incident.Host).Distinct().ToList();
            var alsoDown = IsOfHost && Kind == NoticeKind.Opened
                ? book.Watched.Values.Count(watched => !watched.Incident.IsOfHost && !HasEnded(watched) && hosts.Contains(watched.Incident.Host))
                : 0;
            var (title, text) = NoticeText.Of(Kind, incidents, alsoDown);
            return new()
            {
                // No incident is told twice in the same way: made again, after a restore of the database, it bears the same id.
                Id = $"{incidents[0].Id}-{Kind.ToString().ToLowerInvariant()}",
                At = now,
                Kind = Kind,
                Title = title,
                Text = text,
                Host = hosts is [var host] ? host : null,
                Incidents = [.. incidents.Take(Notice.MaxIncidents)],
                Count = incidents.Length,
            };
        }
    }
}
