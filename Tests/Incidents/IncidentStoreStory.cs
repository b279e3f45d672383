using HmsOrleans.Grains.Incidents;
using HmsOrleans.Silo.History;
using Xunit;
using static HmsOrleans.Tests.Incidents.SampleIncidents;

namespace HmsOrleans.Tests.Incidents;

/// <summary>What the history promises, whatever database it is kept in. Each test has an empty one.</summary>
public abstract class IncidentStoreStory : IAsyncLifetime
{
    private protected static CancellationToken Token => TestContext.Current.CancellationToken;

    private IncidentStore Store { get; set; } = null!;

    private protected Microsoft.Extensions.Time.Testing.FakeTimeProvider Time { get; } = new(Noon);

    public async ValueTask InitializeAsync()
    {
        var database = await OpenAsync();
        Store = new IncidentStore(database, new IncidentTable(database, IncidentTable.History), Time);
    }

    public abstract ValueTask DisposeAsync();

    private protected abstract Task<IHistoryDatabase> OpenAsync();

    [Fact]
    public async Task An_incident_is_kept_as_it_is_and_its_capture_stays_out_of_lists()
    {
        var incident = Healed() with { Capture = Capture };
        await Store.KeepAsync([incident], Token);

        Assert.Equal(Text(incident), Text(await Store.GetAsync(incident.Id, Token)));
        Assert.Equal(Text(incident with { Capture = null }), Text(Assert.Single((await Store.FindAsync(new(), Token)).Incidents)));
        Assert.Null(await Store.GetAsync("00000000000000000000000000000000", Token));
    }

    [Fact]
    public async Task Of_an_incident_the_newest_revision_holds_in_whatever_order_they_come()
    {
        var open = Open() with { Capture = Capture };
        var healed = Healed() with { Id = open.Id };
        await Store.KeepAsync([healed], Token);
        await Store.KeepAsync([open, healed with { Evidence = "told twice" }], Token);
        Assert.Equal(Text(healed), Text(await Store.GetAsync(open.Id, Token)));

        await Store.KeepAsync([open with { Revision = 4 }, healed with { Revision = 5 }], Token);
        // What was captured at the fault does not go with a later revision that has no capture.
        Assert.Equal(Text(healed with { Revision = 5, Capture = Capture }), Text(await Store.GetAsync(open.Id, Token)));
    }

    [Fact]
    public async Task A_list_is_of_what_is_asked_for_newest_first()
    {
        var died = Healed();
        var offline = Open("10.0.0.2", "", Noon.AddMinutes(1), IncidentCause.HostOffline) with { Container = null, ContainerId = null };
        var lossy = Healed("10.0.0.2", "db", Noon.AddMinutes(2), IncidentCause.PacketLoss);
        var given = Healed("10.0.0.2", "web", Noon.AddMinutes(3)) with { Outcome = IncidentOutcome.Quarantined, RunningAgainAt = null };
        await Store.KeepAsync([lossy, died, given, offline], Token);

        await AssertFinds(new(), given, lossy, offline, died);
        await AssertFinds(new(Host: "10.0.0.2"), given, lossy, offline);
        await AssertFinds(new(Container: "web"), given, died);
        await AssertFinds(new(Container: IdOf("web")), given, died);
        await AssertFinds(new(Container: IdOf("web")[..12]), given, died);
        await AssertFinds(new(Container: IdOf("web")[..11])); // may be a name
        await AssertFinds(new(Host: "10.0.0.2", Container: "web"), given);
        await AssertFinds(new(Causes: [IncidentCause.PacketLoss, IncidentCause.HostOffline]), lossy, offline);
        await AssertFinds(new(Outcomes: [IncidentOutcome.Open]), offline);
        await AssertFinds(new(Outcomes: [IncidentOutcome.Open, IncidentOutcome.Quarantined], Causes: [IncidentCause.Died]), given);
        await AssertFinds(new(From: Noon.AddMinutes(1)), given, lossy, offline); // one that is open has not ended before anything
        await AssertFinds(new(From: died.EndedAt), given, lossy, offline, died);
        await AssertFinds(new(To: Noon.AddMinutes(2)), offline, died);
        await AssertFinds(new(From: Noon.AddMinutes(5), To: Noon.AddMinutes(2)), offline);
        await AssertFinds(new(From: Noon.AddHours(2)), given, offline); // nor has one that was given up, until it runs
        var runs = given with { Revision = 4, RunningAgainAt = Noon.AddHours(3), Outages = [new(given.FaultAt, Noon.AddHours(3))] };
        await Store.KeepAsync([runs], Token);
        await AssertFinds(new(From: Noon.AddHours(3)), runs, offline);
        await AssertFinds(new(From: Noon.AddHours(4)), offline);
        await AssertFinds(new(Host: "' OR 1=1 --"));
        await AssertFinds(new(Before: lossy.Id), offline, died);

        async Task AssertFinds(IncidentQuery query, params Incident[] incidents) =>
            Assert.Equal(Ids(incidents), Ids((await Store.FindAsync(query, Token)).Incidents));
    }

    [Fact]
    public async Task Pages_go_through_everything_once_although_more_happens_meanwhile()
    {
        var incidents = Enumerable.Range(0, 7).Select(minute => Healed(at: Noon.AddMinutes(minute))).ToList();
        await Store.KeepAsync([.. incidents], Token);
        var seen = new List<string>();
        var query = new IncidentQuery(Limit: 3);
        for (var page = 1; ; page++)
        {
            var found = await Store.FindAsync(query, Token);
            seen.AddRange(Ids(found.Incidents));
            await Store.KeepAsync([Healed(at: Noon.AddHours(page))], Token);
            if (found.Next is not { } next)
            {
                break;
            }
            query = query with { Before = next };
        }
        Assert.Equal(Ids(incidents).Reverse(), seen);

        // A full page is the last one when nothing comes after it.
        Assert.Null((await Store.FindAsync(new(To: Noon.AddMinutes(3), Limit: 3), Token)).Next);
    }

    [Fact]
    public async Task News_are_what_was_kept_since_in_that_order_and_as_it_is_now()
    {
        var start = await Store.GetCursorAsync(Token);
        var (one, two) = (Open(), Open(container: "db", at: Noon.AddMinutes(1)));
        await Store.KeepAsync([two, one], Token);
        var news = await Store.GetNewsAsync(start, Token);
        Assert.False(news.HasGap);
        Assert.Equal(Ids([two, one]), Ids(news.Incidents));
        Assert.Empty((await Store.GetNewsAsync(news.Cursor, Token)).Incidents);

        await Store.KeepAsync([two with { Revision = 2, Capture = Capture }, two], Token);
        var later = await Store.GetNewsAsync(news.Cursor, Token);
        Assert.Equal((two.Id, 2, null), (later.Incidents.Single().Id, later.Incidents.Single().Revision, later.Incidents.Single().Capture));
        Assert.Equal(Ids([one, two]), Ids((await Store.GetNewsAsync(start, Token)).Incidents));

        // Another database than the one that the cursor is of.
        var other = await Store.GetNewsAsync(later.Cursor + 1000, Token);
        Assert.True(other.HasGap);
        Assert.Equal(await Store.GetCursorAsync(Token), other.Cursor);
    }

    [Fact]
    public async Task Many_news_come_in_portions()
    {
        var start = await Store.GetCursorAsync(Token);
        var incidents = Enumerable.Range(0, IncidentTable.MaxAtOnce + 20).Select(second => Open(at: Noon.AddSeconds(second))).ToList();
        await Store.KeepAsync([.. incidents], Token);

        var first = await Store.GetNewsAsync(start, Token);
        var second = await Store.GetNewsAsync(first.Cursor, Token);
        Assert.Equal(Ids(incidents), Ids([.. first.Incidents, .. second.Incidents]));
        Assert.Equal((IncidentTable.MaxAtOnce, 20), (first.Incidents.Length, second.Incidents.Length));
    }

    [Fact]
    public async Task What_has_not_changed_for_long_is_removed_a_few_at_a_time()
    {
        await Store.KeepAsync([.. Enumerable.Range(0, 5).Select(minute => Healed(at: Noon.AddMinutes(minute)))], Token);
        await Store.NoteWatchedAsync("10.0.0.1", [new(IdOf("web"), "web", Noon.AddDays(-1), Noon)], Token);
        var cursor = await Store.GetCursorAsync(Token);
        Time.Advance(TimeSpan.FromHours(1));
        var young = Open(at: Time.GetUtcNow());
        await Store.KeepAsync([young], Token);
        await Store.NoteWatchedAsync("10.0.0.1", [new(IdOf("web"), "web", Noon.AddMinutes(50), Noon.AddHours(1))], Token);

        var before = Noon.AddMinutes(30);
        foreach (var purged in (int[])[2, 2, 1, 0])
        {
            Assert.Equal(purged, await Store.PurgeAsync(before, 2, Token));
        }

        Assert.Equal(young.Id, Assert.Single((await Store.FindAsync(new(), Token)).Incidents).Id);
        Assert.Equal(Noon.AddMinutes(50), Assert.Single((await Store.GetPastAsync("10.0.0.1", null, Noon.AddDays(-30), Token)).Watched).From);
        // That they are gone is no news.
        Assert.Equal(young.Id, Assert.Single((await Store.GetNewsAsync(cursor, Token)).Incidents).Id);
    }

    [Fact]
    public async Task What_is_not_over_is_kept_as_long_as_its_container_is_watched()
    {
        var given = Healed(container: "given") with { Outcome = IncidentOutcome.Quarantined, RunningAgainAt = null };
        var engine = Open(container: "", cause: IncidentCause.EngineSilent) with { Container = null, ContainerId = null };
        await Store.KeepAsync([given, Open(container: "open"), Open(container: "lost"), engine, Healed(container: "healed")], Token);
        await Store.NoteWatchedAsync("10.0.0.1", [.. ((string[])["given", "open", "healed"]).Select(name => new WatchedTime(IdOf(name), name, Noon, Noon.AddDays(40)))], Token);
        await Store.NoteWatchedAsync("10.0.0.1", [new(IdOf("lost"), "lost", Noon, Noon.AddDays(1))], Token);

        Assert.Equal(2, await Store.PurgeAsync(Noon.AddDays(30), 100, Token));

        Assert.Equal([null, "given", "open"], (await Store.FindAsync(new(), Token)).Incidents.Select(incident => incident.Container).Order());
    }

    [Fact]
    public async Task The_past_of_a_container_is_what_was_watched_and_what_happened()
    {
        var web = new WatchedTime(IdOf("web"), "web", Noon, Noon.AddMinutes(1));
        var db = new WatchedTime(IdOf("db"), "db", Noon, Noon.AddMinutes(1));
        await Store.NoteWatchedAsync("10.0.0.1", [web, db], Token);
        await Store.NoteWatchedAsync("10.0.0.1", [web with { To = Noon.AddMinutes(2), HasEnded = true }, db with { From = Noon.AddMinutes(3), To = Noon.AddMinutes(4) }], Token);
        await Store.NoteWatchedAsync("10.0.0.1", [web], Token); // comes late
        await Store.NoteWatchedAsync("10.0.0.2", [web], Token);
        var (old, recent, given) = (Healed(), Healed(at: Noon.AddHours(2)), Healed(container: "db") with { Outcome = IncidentOutcome.Quarantined, RunningAgainAt = null });
        await Store.KeepAsync([old, recent, given, Healed("10.0.0.2", at: Noon.AddHours(2))], Token);

        var past = await Store.GetPastAsync("10.0.0.1", "web", Noon, Token);
        Assert.Equal([web with { To = Noon.AddMinutes(2), HasEnded = true }], past.Watched);
        Assert.Equal(Ids([old, recent]), Ids(past.Incidents.OrderBy(incident => incident.Id)));
        Assert.Equal(3, (await Store.GetPastAsync("10.0.0.1", null, Noon, Token)).Watched.Length);

        past = await Store.GetPastAsync("10.0.0.1", null, Noon.AddHours(1), Token);
        Assert.Empty(past.Watched);
        Assert.Equal(Ids([given, recent]), Ids(past.Incidents.OrderBy(incident => incident.FaultAt)));
        Assert.Equal(IdOf("db"), Assert.Single((await Store.GetPastAsync("10.0.0.1", IdOf("db"), Noon.AddMinutes(3), Token)).Watched).ContainerId);
    }
}
