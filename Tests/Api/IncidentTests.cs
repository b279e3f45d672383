using System.Net;
using System.Xml.Linq;
using HmsOrleans.Grains.Health;
using HmsOrleans.Grains.Incidents;
using HmsOrleans.Tests.Incidents;
using Xunit;

namespace HmsOrleans.Tests.Api;

public sealed class IncidentTests
{
    private static readonly Incident _healed = SampleIncidents.Healed(Samples.Address, at: Samples.Noon) with { Capture = SampleIncidents.Capture };

    [Fact]
    public async Task A_list_has_pages_and_no_captures()
    {
        await using var node = await StartAsync();
        node.Fleet.History!.Incidents = [SampleIncidents.Open(Samples.Address, at: Samples.Noon.AddHours(1)), _healed];

        var first = (await node.Get("/incidents?limit=1")).MustBe(HttpStatusCode.OK);
        var open = first["incidents"]!.AsArray().Single()!;
        Assert.Equal(("open", null, null), ((string?)open["outcome"], open["timeToHeal"], open["endedAt"]));
        var second = (await node.Get($"/incidents?limit=1&before={first["next"]}")).MustBe(HttpStatusCode.OK);
        var healed = second["incidents"]!.AsArray().Single()!.AsObject();
        Assert.Equal((_healed.Id, "died", "recovered", 0.005, 0.3), ((string?)healed["id"], (string?)healed["cause"], (string?)healed["outcome"], (double?)healed["timeToDetect"], (double?)healed["timeToHeal"]));
        Assert.Equal(("start", "done"), ((string?)healed["attempts"]![0]!["action"], (string?)healed["attempts"]![0]!["outcome"]));
        Assert.False(healed.ContainsKey("capture"));
        Assert.Null(second["next"]);
    }

    [Fact]
    public async Task One_incident_comes_with_its_capture()
    {
        await using var node = await StartAsync();
        node.Fleet.History!.Incidents = [_healed];

        var incident = (await node.Get($"/incidents/{_healed.Id}")).MustBe(HttpStatusCode.OK);
        Assert.Equal(_healed.Id, (string?)incident["id"]);
        Assert.Equal(_healed.Capture!.Log, incident["capture"]!["log"]!.AsArray().Select(line => (string)line!));
        Assert.Equal((1, "connection refused"), ((int?)incident["capture"]!["exitCode"], (string?)incident["capture"]!["healthOutput"]));
        foreach (var id in (string[])["019b7e37a9b27c0f8a3c1d6e5f4a3b2c", "1", "%27--"])
        {
            (await node.Get($"/incidents/{id}")).MustBeProblem(HttpStatusCode.NotFound, "incident-not-found");
        }
    }

    [Fact]
    public async Task Every_filter_reaches_the_history()
    {
        await using var node = await StartAsync();
        await node.Get("/incidents");
        Assert.Equal((null, null, null, null, null, 50), Plain(node.Fleet.History!.Query!));
        await node.Get($"/incidents?host=10.0.0.1&container=web&cause=died&cause=hostOffline&outcome=open&from=2026-01-01&to=2026-01-02T12:00:00%2B01:00&before={_healed.Id}&limit=500");

        var query = node.Fleet.History.Query!;
        Assert.Equal(("10.0.0.1", "web", new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero), new(2026, 1, 2, 11, 0, 0, TimeSpan.Zero), _healed.Id, 500), Plain(query));
        Assert.Equal([IncidentCause.Died, IncidentCause.HostOffline], query.Causes);
        Assert.Equal([IncidentOutcome.Open], query.Outcomes);

        static (string?, string?, DateTimeOffset?, DateTimeOffset?, string?, int) Plain(IncidentQuery query) =>
            (query.Host, query.Container, query.From, query.To, query.Before, query.Limit);
    }

    [Theory]
    [InlineData("host=10.0.0.300", "address-malformed", "10.0.0.300")]
    [InlineData("container=a%20b", "container-malformed", "a b")]
    [InlineData("cause=Died", "parameter-invalid", "one of stopped, died, outOfMemory")]
    [InlineData("cause=died&cause=1", "parameter-invalid", "'cause' is 1;")]
    [InlineData("outcome=closed", "parameter-invalid", "open, recovered, quarantined, ignored, removed")]
    [InlineData("from=yesterday", "parameter-invalid", "'from' is yesterday; it must be a time as 2026-")]
    [InlineData("to=", "parameter-invalid", "'to' is empty;")]
    [InlineData("from=2026-01-02T12:00:00Z&to=2026-01-02T11:00:00Z", "parameter-invalid", "be later than 'from'")]
    [InlineData("before=1", "parameter-invalid", "32 hexadecimal digits")]
    [InlineData("limit=0", "parameter-invalid", "'limit' is 0; it must be a whole number from 1 to 500.")]
    [InlineData("limit=501", "parameter-invalid", "from 1 to 500")]
    [InlineData("limit=1.5", "parameter-invalid", "from 1 to 500")]
    [InlineData("limit=", "parameter-invalid", "'limit' is empty")]
    public async Task A_parameter_that_is_wrong_is_named_with_what_it_may_be(string query, string type, string said)
    {
        await using var node = await StartAsync();
        var problem = (await node.Get($"/incidents?{query}")).MustBeProblem(HttpStatusCode.BadRequest, type);
        Assert.Contains(said, (string?)problem["detail"], StringComparison.Ordinal);
        Assert.Null(node.Fleet.History!.Query);
    }

    [Fact]
    public async Task Availability_is_told_by_window()
    {
        await using var node = await StartAsync();
        foreach (var (path, asked) in ((string, (string, string?))[])[("/containers/10.0.0.1/3f4c/availability", ("10.0.0.1", "web")), ("/hosts/10.0.0.1/availability", ("10.0.0.1", null))])
        {
            var windows = (await node.Get(path)).MustBe(HttpStatusCode.OK)["windows"]!.AsArray();
            Assert.Equal(asked, node.Fleet.History!.Asked);
            Assert.Equal(["1h", "24h", "7d", "30d"], windows.Select(window => (string)window!["window"]!));
            Assert.Equal((99.5, 3600, 18, 2, 3, 0.6), (
                (double?)windows[0]!["availability"], (double?)windows[0]!["observed"], (double?)windows[0]!["down"],
                (int?)windows[0]!["incidents"], (int?)windows[0]!["restarts"], (double?)windows[0]!["timeToHeal"]));
            Assert.Equal((null, null), (windows[3]!["availability"], windows[3]!["timeToHeal"]));
        }
        (await node.Get("/containers/10.0.0.1/nobody/availability")).MustBeProblem(HttpStatusCode.NotFound, "container-not-found");
        (await node.Get("/containers/10.0.0.1/3f/availability")).MustBeProblem(HttpStatusCode.BadRequest, "container-ambiguous");
        (await node.Get("/containers/10.0.0.9/web/availability")).MustBeProblem(HttpStatusCode.NotFound, "host-unknown");
        (await node.Get("/hosts/10.0.0.9/availability")).MustBeProblem(HttpStatusCode.NotFound, "host-unknown");
        (await node.Get("/hosts/10.0.0.300/availability")).MustBeProblem(HttpStatusCode.BadRequest, "address-malformed");
    }

    [Fact]
    public async Task When_containers_of_a_host_were_watched_is_told_by_container()
    {
        await using var node = await StartAsync();
        node.Fleet.History!.Watched = [new(Samples.Web.Id, "web", Samples.Noon.AddMinutes(-20), Samples.Noon, HasEnded: true)];

        var span = Assert.Single((await node.Get("/hosts/10.0.0.1/watched")).MustBe(HttpStatusCode.OK)["watched"]!.AsArray())!;
        Assert.Equal(("10.0.0.1", null), node.Fleet.History.Asked);
        Assert.Equal((Samples.Web.Id, "web", "2026-01-02T11:40:00+00:00", "2026-01-02T12:00:00+00:00"), ((string?)span["containerId"], (string?)span["container"], (string?)span["from"], (string?)span["to"]));
        (await node.Get("/hosts/10.0.0.9/watched")).MustBeProblem(HttpStatusCode.NotFound, "host-unknown");
        (await node.Get("/hosts/10.0.0.300/watched")).MustBeProblem(HttpStatusCode.BadRequest, "address-malformed");
    }

    [Theory]
    [InlineData("", "web: healthy")]
    [InlineData("?window=1h", "web 1h: 99.5 %")]
    [InlineData("?window=30d", "web 30d: not observed")]
    public async Task A_badge_is_a_picture_with_a_title(string query, string title)
    {
        await using var node = await StartAsync();
        var reply = await node.Get($"/containers/10.0.0.1/web/badge.svg{query}");
        Assert.Equal((HttpStatusCode.OK, "image/svg+xml", "no-cache"), (reply.Status, reply.ContentType, reply.Headers["Cache-Control"]));
        var svg = XElement.Parse(reply.Text);
        Assert.Equal((title, title, "img"), (svg.Elements().First().Value, (string?)svg.Attribute("aria-label"), (string?)svg.Attribute("role")));
        Assert.Equal(title.Split(": "), svg.Descendants("{http://www.w3.org/2000/svg}text").Select(text => text.Value));
        (await node.Get("/containers/10.0.0.1/nobody/badge.svg")).MustBeProblem(HttpStatusCode.NotFound, "container-not-found");
        (await node.Get("/containers/10.0.0.1/web/badge.svg?window=2h")).MustBeProblem(HttpStatusCode.BadRequest, "parameter-invalid");
    }

    [Fact]
    public async Task A_badge_that_is_public_is_for_every_page_and_nothing_else_is()
    {
        await using var node = await StartAsync(keys: true, ("Hms:Api:PublicBadges", "true"));
        (string, string)[] image = [("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Dest", "image"), ("Sec-Fetch-Mode", "no-cors")];

        foreach (var query in (string[])["", "?window=1h"])
        {
            var reply = await node.Get($"/containers/10.0.0.1/web/badge.svg{query}", image);
            Assert.Equal((HttpStatusCode.OK, "cross-origin"), (reply.Status, reply.Headers["Cross-Origin-Resource-Policy"]));
        }
        Assert.Equal(HttpStatusCode.NotFound, (await node.Get("/containers/10.0.0.1/3f/badge.svg", image)).Status); // may be several: which ones is nobody's business
        (await node.Get("/containers/10.0.0.1/3f/badge.svg", ("X-Api-Key", ApiNode.ViewerKey))).MustBeProblem(HttpStatusCode.BadRequest, "container-ambiguous");
        (await node.Get("/containers/10.0.0.1/web/availability", image)).MustBeProblem(HttpStatusCode.Forbidden, "origin-refused");
        (await node.Get("/containers/10.0.0.1/web/availability")).MustBeProblem(HttpStatusCode.Unauthorized, "key-required");
    }

    [Fact]
    public async Task A_badge_that_is_not_public_needs_a_key_and_is_for_no_other_page()
    {
        await using var node = await StartAsync(keys: true);

        (await node.Get("/containers/10.0.0.1/web/badge.svg")).MustBeProblem(HttpStatusCode.Unauthorized, "key-required");
        (await node.Get("/containers/10.0.0.1/web/badge.svg", ("Sec-Fetch-Site", "cross-site"))).MustBeProblem(HttpStatusCode.Forbidden, "origin-refused");
        Assert.Equal("same-origin", (await node.Get("/containers/10.0.0.1/web/badge.svg", ("X-Api-Key", ApiNode.ViewerKey))).Headers["Cross-Origin-Resource-Policy"]);
    }

    [Fact]
    public void A_badge_says_what_is_wrong_and_escapes_what_it_says()
    {
        var badges = new[]
        {
            HmsOrleans.Api.Incidents.Badge.Of(Samples.Container("1", "a<b>&\"'", HealthState.Quarantined)),
            HmsOrleans.Api.Incidents.Badge.Of(Samples.Web with { StaleSince = Samples.Noon }),
            HmsOrleans.Api.Incidents.Badge.Of(Samples.Web with { Health = HealthState.BackingOff, ServiceState = Grains.Containers.ServiceState.Down }),
        };
        Assert.Equal(["a<b>&\"'", "web", "web"], badges.Select(badge => XElement.Parse(badge.ToString()).Descendants("{http://www.w3.org/2000/svg}text").First().Value));
        Assert.Equal(["quarantined", "host offline", "backing off"], badges.Select(badge => badge.Value));
        Assert.Equal(badges[0].Color, badges[2].Color);
        Assert.NotEqual(badges[0].Color, badges[1].Color);
    }

    [Fact]
    public async Task A_history_that_is_away_says_so()
    {
        await using var node = await StartAsync();
        node.Fleet.History!.Gate = _ => throw new HistoryUnavailableException("database is locked");
        foreach (var path in (string[])["/incidents", $"/incidents/{_healed.Id}", "/hosts/10.0.0.1/availability", "/hosts/10.0.0.1/watched", "/containers/10.0.0.1/web/availability", "/containers/10.0.0.1/web/badge.svg?window=1h"])
        {
            var problem = (await node.Get(path)).MustBeProblem(HttpStatusCode.ServiceUnavailable, "history-unavailable");
            Assert.Contains("database is locked", (string?)problem["detail"], StringComparison.Ordinal);
        }
        Assert.Equal(HttpStatusCode.OK, (await node.Get("/containers/10.0.0.1/web/badge.svg")).Status);
    }

    private static async Task<ApiNode> StartAsync(bool keys = false, params (string Key, string Value)[] settings)
    {
        var fleet = FakeFleet.WithOneHost();
        fleet.History = new()
        {
            Availability =
            [
                new(TimeSpan.FromHours(1), TimeSpan.FromHours(1), TimeSpan.FromSeconds(18), 2, 3, TimeSpan.FromSeconds(0.6)),
                new(TimeSpan.FromDays(1), TimeSpan.FromHours(2), TimeSpan.FromSeconds(18), 2, 3, TimeSpan.FromSeconds(0.6)),
                new(TimeSpan.FromDays(7), TimeSpan.FromHours(2), TimeSpan.FromSeconds(18), 2, 3, TimeSpan.FromSeconds(0.6)),
                new(TimeSpan.FromDays(30), TimeSpan.Zero, TimeSpan.Zero, 0, 0, null),
            ],
        };
        return await ApiNode.Start(fleet, keys, settings: settings);
    }
}
