using System.Net;
using HmsOrleans.Grains.Antagonist;
using Xunit;

namespace HmsOrleans.Tests.Api;

public sealed class AntagonistTests
{
    private const string Other = "10.0.0.2";

    [Fact]
    public async Task It_is_started_configured_and_stopped_on_all_hosts()
    {
        await using var node = await ApiNode.Start(Two());

        Assert.Equal("off off", await States(node));
        (await node.Send("PUT", "/test")).MustBe(HttpStatusCode.OK);
        Assert.Equal("running running", await States(node));
        (await node.Post("/test", """{"heavy": 90, "frequency": 0.1, "kinds": ["kill", "loss"]}""")).MustBe(HttpStatusCode.OK);

        Assert.All(node.Fleet.Hosts.Values, host => Assert.Equal(
            new AttackScenario { Heavy = 90, Frequency = 0.1, Kinds = [AttackKind.Kill, AttackKind.Loss] }, host.Antagonist.Order.Scenario));

        (await node.Send("DELETE", "/test")).MustBe(HttpStatusCode.OK);
        Assert.Equal("off off", await States(node));
        (await node.Send("DELETE", "/test")).MustBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task It_is_started_configured_and_stopped_on_one_host()
    {
        await using var node = await ApiNode.Start(Two());

        var started = (await node.Send("PUT", $"/test/{Other}", """{"seed": 7, "loss": 60}""")).MustBe(HttpStatusCode.OK);

        Assert.Equal(("running", 7, 60, 25), ((string?)started["state"], (long)started["scenario"]!["seed"]!, (double)started["scenario"]!["loss"]!, (double)started["scenario"]!["heavy"]!));
        Assert.Equal("off running", await States(node));
        (await node.Post($"/test/{Other}", """{"duration": 20}""")).MustBe(HttpStatusCode.OK);
        Assert.Equal(20, node.Fleet.Hosts[Other].Antagonist.Order.Scenario.Duration);
        (await node.Send("DELETE", $"/test/{Other}")).MustBe(HttpStatusCode.OK);
        Assert.Equal("off off", await States(node));
    }

    [Fact]
    public async Task Faults_that_are_there_are_shown()
    {
        await using var node = await ApiNode.Start();
        node.Fleet.Host.Antagonist.Faults.Add(new(Guid.Empty, AttackKind.Loss, "web", "3f", Samples.Noon, Samples.Noon.AddSeconds(5), 81.5));

        var fault = (await node.Get($"/test/{Samples.Address}")).MustBe(HttpStatusCode.OK)["faults"]![0]!;

        Assert.Equal(("loss", "web", 81.5), ((string?)fault["kind"], (string?)fault["container"], (double)fault["loss"]!));
    }

    [Fact]
    public async Task A_host_without_an_agent_is_told_how_to_get_one_and_holds_up_no_other()
    {
        await using var node = await ApiNode.Start(Two());
        node.Fleet.Hosts[Other].Antagonist.HasAgent = false;

        var problem = (await node.Send("PUT", $"/test/{Other}")).MustBeProblem(HttpStatusCode.Conflict, "agent-missing");
        Assert.Contains($"agent --host {Other}", (string?)problem["detail"], StringComparison.Ordinal);
        (await node.Send("PUT", "/test")).MustBe(HttpStatusCode.OK);
        Assert.Equal("running missing", await States(node));

        node.Fleet.Hosts[Samples.Address].Antagonist.HasAgent = false;
        (await node.Send("PUT", "/test")).MustBeProblem(HttpStatusCode.Conflict, "agent-missing");
        (await node.Send("DELETE", "/test")).MustBeProblem(HttpStatusCode.Conflict, "agent-missing");
    }

    [Fact]
    public async Task A_host_that_does_not_answer_is_shown_as_unknown()
    {
        await using var node = await ApiNode.Start(Two());
        node.Fleet.Hosts[Other].Antagonist.Gate = Faults.NoSilo(Other);

        Assert.Equal("off unknown", await States(node));
        (await node.Get($"/test/{Other}")).MustBeProblem(HttpStatusCode.ServiceUnavailable, "host-unavailable");
        (await node.Get("/test/10.0.0.9")).MustBeProblem(HttpStatusCode.NotFound, "host-unknown");
        (await node.Get("/test/10.0.0.300")).MustBeProblem(HttpStatusCode.BadRequest, "address-malformed");
    }

    [Theory]
    [InlineData("""{"heavy": 101}""", "heavy")]
    [InlineData("""{"balance": -1}""", "balance")]
    [InlineData("""{"loss": "80"}""", "loss")]
    [InlineData("""{"frequency": 0}""", "frequency")]
    [InlineData("""{"duration": null}""", "duration")]
    [InlineData("""{"seed": -1}""", "seed")]
    [InlineData("""{"kinds": []}""", "kinds")]
    [InlineData("""{"kinds": "loss"}""", "kinds")]
    [InlineData("""{"kinds": ["loss", "nuke"]}""", "kinds")]
    [InlineData("""{"kinds": ["0"]}""", "kinds")]
    [InlineData("""{"strength": 5}""", "strength")]
    [InlineData("""{}""", "heavy")]
    public async Task A_wrong_scenario_is_named_and_nothing_changes(string body, string field)
    {
        await using var node = await ApiNode.Start();

        Assert.Equal(field, (string?)(await node.Post("/test", body)).MustBeProblem(HttpStatusCode.BadRequest, "field-invalid")["field"]);
        Assert.Equal(AttackOrder.None, node.Fleet.Host.Antagonist.Order);
    }

    [Theory]
    [InlineData(ApiNode.ViewerKey, "GET", HttpStatusCode.OK)]
    [InlineData(ApiNode.ViewerKey, "DELETE", HttpStatusCode.Forbidden)]
    [InlineData(ApiNode.OperatorKey, "DELETE", HttpStatusCode.OK)]
    [InlineData(ApiNode.OperatorKey, "PUT", HttpStatusCode.Forbidden)]
    [InlineData(ApiNode.OperatorKey, "POST", HttpStatusCode.Forbidden)]
    [InlineData(ApiNode.ChaosKey, "PUT", HttpStatusCode.OK)]
    [InlineData(ApiNode.ChaosKey, "POST", HttpStatusCode.OK)]
    [InlineData(ApiNode.ChaosKey, "DELETE", HttpStatusCode.OK)]
    public async Task To_attack_is_a_role_of_its_own_and_to_end_it_is_not(string key, string method, HttpStatusCode status)
    {
        await using var node = await ApiNode.Start(keys: true);

        var reply = await node.Send(method, "/test", method == "POST" ? """{"heavy": 1}""" : null, headers: [("X-Api-Key", key)]);

        Assert.Equal(status, reply.Status);
        if (status == HttpStatusCode.Forbidden)
        {
            Assert.Contains(method == "DELETE" ? "needs operator" : "needs chaos", (string?)reply.MustBeProblem(status, "role-insufficient")["detail"], StringComparison.Ordinal);
        }
    }

    private static FakeFleet Two()
    {
        var fleet = FakeFleet.WithOneHost();
        fleet.Hosts.Add(Other, new FakeHost(Other));
        return fleet;
    }

    private static async Task<string> States(ApiNode node) =>
        string.Join(' ', (await node.Get("/test")).MustBe(HttpStatusCode.OK).AsArray().Select(host => (string?)host!["state"]));
}
