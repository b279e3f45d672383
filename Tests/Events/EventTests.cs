using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using HmsOrleans.Grains.Health;
using HmsOrleans.Grains.Hosts;
using HmsOrleans.Grains.Incidents;
using HmsOrleans.Tests.Api;
using Xunit;
using Faults = HmsOrleans.Tests.Api.Faults;

namespace HmsOrleans.Tests.Events;

/// <summary>GET /events over a real server: what a page sees of the fleet, and what it is spared.</summary>
public sealed class EventTests : IAsyncLifetime
{
    private ApiNode _node = null!;

    private FakeFleet Fleet => _node.Fleet;

    // With a setting of its own it is a server that no other test has used.
    public async ValueTask InitializeAsync() => _node = await ApiNode.Start(settings: ("Hms:Api:MaxViewers", "3"));

    public ValueTask DisposeAsync() => _node.DisposeAsync();

    [Fact]
    public async Task First_comes_everything_as_the_containers_are_listed_then_what_changes()
    {
        Fleet.Host.Containers.Sort((one, other) => string.CompareOrdinal(one.Name, other.Name));
        await using var events = await OpenAsync();

        var snapshot = await events.NextAsync("snapshot");
        Assert.Equal(JsonNode.Parse((await _node.Get("/containers")).Text)!.ToJsonString(), JsonNode.Parse(snapshot.GetProperty("hosts").GetRawText())!.ToJsonString());

        Turn(HealthState.Suspect);
        var delta = await events.NextAsync("delta");
        Assert.Equal(("web", "suspect"), (delta.GetProperty("changed")[0].GetProperty("name").GetString(), delta.GetProperty("changed")[0].GetProperty("health").GetString()));
        Assert.Equal(
            (await _node.Get("/hosts")).Json[0]!.ToJsonString(),
            JsonNode.Parse(delta.GetProperty("hosts")[0].GetRawText())!.ToJsonString());
        Assert.Equal(0, delta.GetProperty("removed").GetArrayLength());
    }

    [Fact]
    public async Task A_removed_container_and_a_host_that_falls_silent_are_told()
    {
        await using var events = await OpenAsync();
        await events.NextAsync("snapshot");

        Fleet.Host.Containers.RemoveAt(0);
        Fleet.Controller.Tell();
        var removed = Assert.Single((await events.NextAsync("delta")).GetProperty("removed").EnumerateArray());
        Assert.Equal((Samples.Address, Samples.Web.Id), (removed.GetProperty("host").GetString(), removed.GetProperty("id").GetString()));

        Fleet.Host.State = HostState.Offline;
        Fleet.Controller.Tell();
        var host = Assert.Single((await events.NextAsync("delta")).GetProperty("hosts").EnumerateArray());
        Assert.Equal(("offline", 2), (host.GetProperty("state").GetString(), host.GetProperty("containers").GetProperty("total").GetInt32()));
    }

    [Fact]
    public async Task Who_comes_back_gets_what_it_missed()
    {
        await using var first = await OpenAsync();
        await first.NextAsync("snapshot");
        var id = first.LastId;
        Turn(HealthState.Suspect);
        await first.NextAsync("delta");
        Turn(HealthState.Restarting);
        await first.NextAsync("delta");

        await using var again = await OpenAsync(id);
        await using var other = await EventReader.OpenAsync(_node.Http, path: $"/events?lastEventId={id}");

        foreach (var reader in (EventReader[])[again, other])
        {
            Assert.Equal("suspect", Health(await reader.NextAsync("delta")));
            Assert.Equal("restarting", Health(await reader.NextAsync("delta")));
            Assert.Equal(first.LastId, reader.LastId);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData("00000000-1")]
    [InlineData("00000000-999999999999999999999")]
    public async Task Who_comes_back_with_something_that_is_not_known_is_told_of_the_gap(string id)
    {
        await using var events = await EventReader.OpenAsync(_node.Http, path: $"/events?lastEventId={id}");

        await events.NextAsync("gap");
        await events.NextAsync("snapshot");
    }

    [Fact]
    public async Task After_the_controller_has_moved_there_is_a_gap_and_everything_comes_anew()
    {
        await using var events = await OpenAsync();
        await events.NextAsync("snapshot");
        var id = events.LastId;
        Fleet.Controller.Move();

        await events.NextAsync("gap");
        await events.NextAsync("snapshot");
        await using var again = await OpenAsync(id);
        await again.NextAsync("gap");
    }

    [Fact]
    public async Task A_controller_that_does_not_answer_is_told_to_those_who_look_and_to_those_who_come()
    {
        await using var events = await OpenAsync();
        await events.NextAsync("snapshot");
        Fleet.Controller.Gate = Faults.Rejected;
        Fleet.Controller.Tell();

        Assert.Equal("the controller does not answer: its node is out of reach", (await events.NextAsync("silent")).GetProperty("reason").GetString());
        await using var other = await OpenAsync();
        await other.NextAsync("silent");

        Fleet.Controller.Gate = Faults.None;
        await events.NextAsync("gap");
        await events.NextAsync("snapshot");
        await other.NextAsync("snapshot");
        Turn(HealthState.Suspect);
        await events.NextAsync("delta");
    }

    [Fact]
    public async Task Incidents_are_told_as_they_are_listed()
    {
        Fleet.History = new();
        await using var events = await OpenAsync();
        await events.NextAsync("snapshot");
        Fleet.History.Tell(new Incident
        {
            Id = "0198",
            Revision = 2,
            Host = Samples.Address,
            Container = "web",
            Cause = IncidentCause.OutOfMemory,
            Evidence = "exit code 137",
            DownSince = Samples.Noon,
            FaultAt = Samples.Noon.AddSeconds(0.25),
            RunningAgainAt = Samples.Noon.AddSeconds(1.25),
        });

        var incident = await events.NextAsync("incident");
        Assert.Equal(("0198", "outOfMemory", "open"), (incident.GetProperty("id").GetString(), incident.GetProperty("cause").GetString(), incident.GetProperty("outcome").GetString()));
        Assert.Equal((0.25, 1), (incident.GetProperty("timeToDetect").GetDouble(), incident.GetProperty("timeToHeal").GetDouble()));
        Assert.False(incident.TryGetProperty("capture", out _));
    }

    [Fact]
    public async Task Nobody_asks_the_controller_while_nobody_looks()
    {
        await _node.Get("/containers");
        Assert.Equal(0, Fleet.Controller.Watched);
    }

    [Fact]
    public async Task One_too_many_is_told_to_come_later()
    {
        await using var first = await OpenAsync();
        await using var second = await OpenAsync();
        await using (await OpenAsync())
        {
            var refused = await _node.Get("/events");
            Assert.Contains("Hms:Api:MaxViewers", (string?)refused.MustBeProblem(HttpStatusCode.ServiceUnavailable, "viewers-too-many")["detail"], StringComparison.Ordinal);
            Assert.Equal("30", refused.Headers["Retry-After"]);
        }
        // There is room again as soon as the server has noticed that one has left.
        await Cluster.TestSilo.UntilAsync("another may come", async () =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri("/events", UriKind.Relative));
            using var reply = await _node.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
            return reply.IsSuccessStatusCode;
        });
    }

    [Fact]
    public async Task The_stream_is_passed_on_as_it_comes_and_kept_by_nobody()
    {
        await using var events = await OpenAsync();

        Assert.Equal("text/event-stream", events.Response.Content.Headers.ContentType?.ToString());
        Assert.True(events.Response.Headers.CacheControl?.NoStore);
        Assert.Equal("no", events.Response.Headers.GetValues("X-Accel-Buffering").Single());
        Assert.Equal("default-src 'none'; frame-ancestors 'none'", events.Response.Headers.GetValues("Content-Security-Policy").Single());

        var head = await _node.Send("HEAD", "/events");
        Assert.Equal((HttpStatusCode.OK, "text/event-stream", ""), (head.Status, head.ContentType, head.Text));
    }

    [Fact]
    public async Task It_needs_a_key_where_keys_are_set()
    {
        await using var node = await ApiNode.Start(keys: true, settings: ("Hms:Api:MaxViewers", "2"));

        (await node.Get("/events")).MustBeProblem(HttpStatusCode.Unauthorized, "key-required");
        await using var events = await EventReader.OpenAsync(node.Http, key: ApiNode.ViewerKey);
        await events.NextAsync("snapshot");
    }

    private Task<EventReader> OpenAsync(string? lastId = null) => EventReader.OpenAsync(_node.Http, lastId);

    private void Turn(HealthState health)
    {
        Fleet.Host.Containers[Fleet.Host.Containers.FindIndex(view => view.Name == "web")] = Samples.Web with { Health = health };
        Fleet.Controller.Tell();
    }

    private static string? Health(JsonElement delta) => delta.GetProperty("changed")[0].GetProperty("health").GetString();
}
