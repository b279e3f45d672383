using System.Net;
using Xunit;

namespace HmsOrleans.Tests.Api;

public sealed class SettingsTests
{
    [Fact]
    public async Task Settings_are_told_in_seconds_and_percent()
    {
        await using var node = await ApiNode.Start();

        Assert.Equal("""{"threshold":60,"aggregationWindow":0.5,"heartbeat":10,"offlineAfter":30}""", (await node.Get("/settings")).MustBe(HttpStatusCode.OK).ToJsonString());
    }

    [Theory]
    [InlineData("""{"threshold": 40}""", 40, 0.5)]
    [InlineData("""{"aggregationWindow": 2.5}""", 60, 2.5)]
    [InlineData("""{"aggregationWindow": 0.05, "threshold": 0}""", 0, 0.05)]
    [InlineData("""{"aggregationWindow": 60, "threshold": 100}""", 100, 60)]
    public async Task What_is_given_changes_and_the_rest_stays(string body, double threshold, double window)
    {
        await using var node = await ApiNode.Start();

        var settings = (await node.Post("/settings", body)).MustBe(HttpStatusCode.OK);

        Assert.Equal((threshold, window), ((double)settings["threshold"]!, (double)settings["aggregationWindow"]!));
        Assert.Equal(TimeSpan.FromSeconds(window), node.Fleet.Controller.Settings.AggregationWindow);
    }

    [Theory]
    [InlineData("""{}""", "threshold")]
    [InlineData("""{"heartbeat": 5}""", "heartbeat")]
    [InlineData("""{"offlineAfter": 5}""", "offlineAfter")]
    [InlineData("""{"aggregationWindow": 0.04}""", "aggregationWindow")]
    [InlineData("""{"aggregationWindow": 61}""", "aggregationWindow")]
    [InlineData("""{"aggregationWindow": -1}""", "aggregationWindow")]
    [InlineData("""{"aggregationWindow": "00:00:01"}""", "aggregationWindow")]
    [InlineData("""{"aggregationWindow": null}""", "aggregationWindow")]
    [InlineData("""{"threshold": null}""", "threshold")]
    [InlineData("""{"threshold": 40, "aggregationWindow": 100}""", "aggregationWindow")]
    public async Task A_wrong_setting_is_named_and_nothing_changes(string body, string field)
    {
        await using var node = await ApiNode.Start();
        var before = node.Fleet.Controller.Settings;

        var problem = (await node.Post("/settings", body)).MustBeProblem(HttpStatusCode.BadRequest, "field-invalid");

        Assert.Equal(field, (string?)problem["field"]);
        Assert.Equal(before, node.Fleet.Controller.Settings);
    }

    [Fact]
    public async Task The_fleets_threshold_is_answered_with_what_came_of_it_on_each_host()
    {
        await using var node = await ApiNode.Start();
        node.Fleet.Hosts.Add("10.0.0.2", new FakeHost("10.0.0.2"));
        node.Fleet.Controller.NotApplying["10.0.0.2"] = "no silo for 10.0.0.2 is in the cluster";

        var reply = (await node.Post("/containers", """{"threshold": 45}""")).MustBe(HttpStatusCode.OK);

        Assert.Equal(
            """{"threshold":45,"hosts":[{"address":"10.0.0.1","applied":true,"reason":null},{"address":"10.0.0.2","applied":false,"reason":"no silo for 10.0.0.2 is in the cluster"}]}""",
            reply.ToJsonString());
    }
}
