using HmsOrleans.Grains.Incidents;
using HmsOrleans.Tests.Cluster;
using Xunit;
using static HmsOrleans.Tests.Incidents.SampleIncidents;

namespace HmsOrleans.Tests.Incidents;

/// <summary>The grain of the history in a real silo, over a real database.</summary>
public sealed class HistoryGrainTests(TestSilo silo) : IClassFixture<TestSilo>
{
    private readonly string _host = silo.NewHost();
    private readonly IHistoryGrain _history = silo.Grains.GetGrain<IHistoryGrain>(IHistoryGrain.Key);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_kept_is_found()
    {
        var incident = Healed(_host) with { Capture = Capture };
        await _history.Keep([incident], Token);
        Assert.Equal(Text(incident), Text(await _history.GetIncident(incident.Id, Token)));
        Assert.Equal(Text(incident with { Capture = null }), Text(Assert.Single((await _history.Find(new(_host), Token)).Incidents)));
    }

    [Fact]
    public async Task Who_waits_for_news_is_told_at_once_and_holds_nobody_up()
    {
        var start = (await _history.Watch(null, Token)).Cursor;
        var incident = Healed(_host);
        var waiting = Enumerable.Range(0, 20).Select(_ => UntilNewsAsync(start)).ToList();
        await _history.Keep([incident], Token);
        foreach (var news in await Task.WhenAll(waiting))
        {
            Assert.Equal(incident.Id, Assert.Single(news.Incidents).Id);
        }
        var last = await _history.Watch(start, Token);
        // Nothing comes: it answers all the same, before the call is given up.
        var none = await _history.Watch(last.Cursor, Token);
        Assert.Equal((last.Cursor, false, 0), (none.Cursor, none.HasGap, none.Incidents.Length));

        async Task<IncidentNews> UntilNewsAsync(long after)
        {
            while (true)
            {
                if (await _history.Watch(after, Token) is { Incidents.IsEmpty: false } news)
                {
                    return news;
                }
            }
        }
    }

    [Fact]
    public async Task Availability_is_of_what_was_watched()
    {
        var now = silo.Time.GetUtcNow();
        await _history.NoteWatched(_host, [new(IdOf("web"), "web", now.AddMinutes(-10), now)], Token);
        await _history.Keep([Healed(_host, at: now.AddMinutes(-5)) with { Outages = [new(now.AddMinutes(-5), now.AddMinutes(-4))] }], Token);

        var hour = (await _history.GetAvailability(_host, "web", Token))[0];
        Assert.Equal(90, hour.Availability!.Value, 1.0);
        Assert.Equal((1, 1, TimeSpan.FromSeconds(0.3)), (hour.Incidents, hour.Restarts, hour.TimeToHeal));
        Assert.Null((await _history.GetAvailability(_host, "db", Token))[0].Availability);
    }

    [Fact]
    public async Task What_was_watched_in_the_last_hour_is_told_up_to_now_or_to_its_end()
    {
        var now = silo.Time.GetUtcNow();
        await _history.NoteWatched(_host,
        [
            new(IdOf("web"), "web", now.AddDays(-2), now.AddMinutes(-90), HasEnded: true), new(IdOf("web"), "web", now.AddMinutes(-30), now.AddMinutes(-20), HasEnded: true),
            new(IdOf("web"), "web", now.AddMinutes(-10), now.AddMinutes(-1)), new(IdOf("db"), "db", now.AddMinutes(-50), now.AddMinutes(-40)),
        ], Token);

        var watched = await _history.GetWatched(_host, Token);

        Assert.Equal(["db: -50 to -40", "web: -30 to -20", "web: -10 to 0"], watched.OrderBy(span => span.From).Select(span => $"{span.Container}: {Minutes(span.From)} to {Minutes(span.To)}"));

        // The database keeps milliseconds, and the clock goes on.
        double Minutes(DateTimeOffset at) => Math.Round((at - now).TotalMinutes) + 0.0;
    }
}
