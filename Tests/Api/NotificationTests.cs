using System.Net;
using HmsOrleans.Grains.Fleet;
using HmsOrleans.Grains.Notifications;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace HmsOrleans.Tests.Api;

public sealed class NotificationTests
{
    private const string Mute = "/notifications/mutes/10.0.0.1/";
    private const string Maintenance = "/notifications/maintenance";

    [Fact]
    public async Task All_is_shown_in_one_place()
    {
        await using var node = await ApiNode.Start();
        node.Fleet.Notifications.View = node.Fleet.Notifications.View with { Mutes = [new(Samples.Address, "web", null)], Windows = [new("a1b2", null, Samples.Noon, Samples.Noon.AddHours(1))] };

        Assert.Equal(
            """
            {"channels":[{"name":"night-watch","type":"ntfy","waiting":0,"lost":0,"lastSuccess":"2026-01-02T12:00:00+00:00","trouble":null,"troubleSince":null,"nextAttempt":null},{"name":"chat","type":"slack","waiting":2,"lost":1,"lastSuccess":null,"trouble":"hooks.slack.com answers 503 ServiceUnavailable","troubleSince":"2026-01-02T12:00:00+00:00","nextAttempt":"2026-01-02T12:00:04+00:00"}],"mutes":[{"host":"10.0.0.1","container":"web","until":null}],"windows":[{"id":"a1b2","host":null,"from":"2026-01-02T12:00:00+00:00","until":"2026-01-02T13:00:00+00:00"}]}
            """,
            (await node.Get("/notifications")).MustBe(HttpStatusCode.OK).ToJsonString(new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }));
    }

    [Theory]
    [InlineData("web", null, "web", null)]
    [InlineData("web", "{}", "web", null)]
    [InlineData("web", """{"until": null}""", "web", null)]
    [InlineData("web", """{"until": "2026-01-02T14:00:00+01:00"}""", "web", "2026-01-02T13:00:00Z")]
    [InlineData("b0", """{"until": "2026-01-02T13:00Z"}""", "b0b0000000000000000000000000000000000000000000000000000000000000", "2026-01-02T13:00:00Z")]
    public async Task A_container_is_muted_by_its_name_or_as_this_one(string given, string? body, string container, string? until)
    {
        await using var node = await ApiNode.Start(time: new FakeTimeProvider(Samples.Noon));

        (await node.Send("PUT", Mute + given, body)).MustBe(HttpStatusCode.OK);

        Assert.Equal(new Mute(Samples.Address, container, until is null ? null : DateTimeOffset.Parse(until, null)), Assert.Single(node.Fleet.Notifications.View.Mutes));
    }

    [Theory]
    [InlineData("""{"until": "2026-01-02T11:59:59Z"}""", "field-invalid", "until")]
    [InlineData("""{"until": "tomorrow"}""", "field-invalid", "until")]
    [InlineData("""{"until": "2026-01-02T13:00:00"}""", "field-invalid", "until")]
    [InlineData("""{"until": "2026-01-02"}""", "field-invalid", "until")]
    [InlineData("""{"until": 1767358800}""", "field-invalid", "until")]
    [InlineData("""{"till": "2026-01-02T13:00:00Z"}""", "field-invalid", "till")]
    [InlineData("""["2026-01-02T13:00:00Z"]""", "body-invalid", null)]
    [InlineData("""{"until":""", "body-invalid", null)]
    public async Task A_mute_that_cannot_be_is_refused(string body, string type, string? field)
    {
        await using var node = await ApiNode.Start(time: new FakeTimeProvider(Samples.Noon));

        Assert.Equal(field, (string?)(await node.Send("PUT", Mute + "web", body)).MustBeProblem(HttpStatusCode.BadRequest, type)["field"]);
        Assert.Empty(node.Fleet.Notifications.View.Mutes);
    }

    [Theory]
    [InlineData("10.0.0.1/nobody", HttpStatusCode.NotFound, "container-not-found")]
    [InlineData("10.0.0.1/3f", HttpStatusCode.BadRequest, "container-ambiguous")]
    [InlineData("10.0.0.1/web%20one", HttpStatusCode.BadRequest, "container-malformed")]
    [InlineData("10.0.0.9/web", HttpStatusCode.NotFound, "host-unknown")]
    [InlineData("10.0.0.300/web", HttpStatusCode.BadRequest, "address-malformed")]
    public async Task A_mute_of_nobody_is_refused(string path, HttpStatusCode status, string type)
    {
        await using var node = await ApiNode.Start();

        (await node.Send("PUT", "/notifications/mutes/" + path)).MustBeProblem(status, type);
        Assert.Empty(node.Fleet.Notifications.View.Mutes);
    }

    [Theory]
    [InlineData("10.0.0.1/web")]
    [InlineData("10.0.0.1/3f4c")]
    [InlineData("10.0.0.1/gone")]
    [InlineData("10.0.0.9/web")]
    public async Task A_mute_is_ended_by_any_name_also_when_its_container_or_host_is_gone(string path)
    {
        await using var node = await ApiNode.Start();
        node.Fleet.Notifications.View = node.Fleet.Notifications.View with { Mutes = [new(path.Split('/')[0], path.EndsWith("gone", StringComparison.Ordinal) ? "gone" : "web", null), new(Samples.Address, "db", null)] };

        (await node.Send("DELETE", "/notifications/mutes/" + path)).MustBe(HttpStatusCode.OK);
        Assert.Equal("db", Assert.Single(node.Fleet.Notifications.View.Mutes).Container);
        (await node.Send("DELETE", "/notifications/mutes/" + path)).MustBe(HttpStatusCode.OK);
        (await node.Send("DELETE", "/notifications/mutes/10.0.0.300/web")).MustBeProblem(HttpStatusCode.BadRequest, "address-malformed");
        (await node.Send("DELETE", "/notifications/mutes/10.0.0.1/web%20one")).MustBeProblem(HttpStatusCode.BadRequest, "container-malformed");
    }

    [Fact]
    public async Task A_maintenance_window_is_made_and_ended()
    {
        await using var node = await ApiNode.Start(time: new FakeTimeProvider(Samples.Noon));

        var first = (await node.Post(Maintenance, """{"until": "2026-01-02T14:00:00Z"}""")).MustBe(HttpStatusCode.OK);
        var second = (await node.Post(Maintenance, """{"host": "10.0.0.1", "from": "2026-01-03T12:00:00Z", "until": "2026-01-03T14:00:00Z"}""")).MustBe(HttpStatusCode.OK);

        Assert.Equal(
            [new MaintenanceWindow((string)first["id"]!, null, Samples.Noon, Samples.Noon.AddHours(2)), new((string)second["id"]!, Samples.Address, Samples.Noon.AddDays(1), Samples.Noon.AddDays(1).AddHours(2))],
            node.Fleet.Notifications.View.Windows);
        (await node.Send("DELETE", $"{Maintenance}/{first["id"]}")).MustBe(HttpStatusCode.OK);
        (await node.Send("DELETE", $"{Maintenance}/{first["id"]}")).MustBeProblem(HttpStatusCode.NotFound, "window-not-found");
        Assert.Single(node.Fleet.Notifications.View.Windows);
    }

    [Theory]
    [InlineData(null, HttpStatusCode.BadRequest, "body-invalid")]
    [InlineData("{}", HttpStatusCode.BadRequest, "field-invalid")]
    [InlineData("""{"from": "2026-01-02T14:00:00Z"}""", HttpStatusCode.BadRequest, "field-invalid")]
    [InlineData("""{"until": "2026-01-02T11:00:00Z"}""", HttpStatusCode.BadRequest, "field-invalid")]
    [InlineData("""{"from": "2026-01-02T15:00:00Z", "until": "2026-01-02T14:00:00Z"}""", HttpStatusCode.BadRequest, "field-invalid")]
    [InlineData("""{"until": "2026-02-02T14:00:00Z"}""", HttpStatusCode.BadRequest, "field-invalid")]
    [InlineData("""{"host": "10.0.0.300", "until": "2026-01-02T14:00:00Z"}""", HttpStatusCode.BadRequest, "field-invalid")]
    [InlineData("""{"host": "10.0.0.9", "until": "2026-01-02T14:00:00Z"}""", HttpStatusCode.NotFound, "host-unknown")]
    public async Task A_window_that_cannot_be_is_refused(string? body, HttpStatusCode status, string type)
    {
        await using var node = await ApiNode.Start(time: new FakeTimeProvider(Samples.Noon));

        (await node.Post(Maintenance, body)).MustBeProblem(status, type);
        Assert.Empty(node.Fleet.Notifications.View.Windows);
    }

    [Fact]
    public async Task A_test_says_for_each_channel_what_came_of_it()
    {
        await using var node = await ApiNode.Start();

        Assert.Equal(
            """[{"channel":"night-watch","delivered":true,"trouble":null},{"channel":"chat","delivered":false,"trouble":"hooks.slack.com answers 503 ServiceUnavailable"}]""",
            (await node.Post("/notifications/test", null)).MustBe(HttpStatusCode.OK).ToJsonString());
        Assert.Single((await node.Post("/notifications/test?channel=chat", null)).MustBe(HttpStatusCode.OK).AsArray());
        (await node.Post("/notifications/test?channel=pager", null)).MustBeProblem(HttpStatusCode.NotFound, "channel-not-found");
        node.Fleet.Notifications.View = node.Fleet.Notifications.View with { Channels = [] };
        Assert.Contains("Hms:Notifications:Channels:0:Name", (string?)(await node.Post("/notifications/test", null)).MustBeProblem(HttpStatusCode.NotFound, "channel-not-found")["detail"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_not_saved_yet_is_said()
    {
        await using var node = await ApiNode.Start();
        node.Fleet.Notifications.UnsavedBecause = "database is locked";

        Assert.Equal("applied, saving is retried: database is locked", (await node.Send("PUT", Mute + "web")).Headers["Hms-Unsaved"]);
    }

    [Fact]
    public async Task When_nobody_answers_it_is_said()
    {
        await using var node = await ApiNode.Start();
        node.Fleet.Notifications.Gate = Faults.Rejected;

        (string Method, string Path, string? Body)[] calls =
        [
            ("GET", "/notifications", null), ("PUT", Mute + "web", null), ("DELETE", Mute + "web", null), ("POST", "/notifications/test", null),
            ("POST", Maintenance, """{"until": "2999-01-01T00:00:00Z", "from": "2998-12-31T00:00:00Z"}"""), ("DELETE", Maintenance + "/a1b2", null),
        ];
        foreach (var (method, path, body) in calls)
        {
            Assert.Contains("tells people", (string?)(await node.Send(method, path, body)).MustBeProblem(HttpStatusCode.ServiceUnavailable, "fleet-unavailable")["detail"], StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_node_that_is_alone_tells_nobody_and_says_so()
    {
        await using var app = ApiNode.Build(
            FakeFleet.WithOneHost(), Samples.Address, null, services => services.AddSingleton(new NodeMode("the database does not answer")), ("urls", "http://127.0.0.1:0"));
        await app.StartAsync(TestContext.Current.CancellationToken);
        using var http = new HttpClient { BaseAddress = new(app.Urls.Single()) };

        using var reply = await http.GetAsync(new Uri("notifications", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, reply.StatusCode);
        Assert.Contains("cut off from the database", await reply.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }
}
