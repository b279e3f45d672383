using System.Net;
using HmsOrleans.Grains.Health;
using Xunit;

namespace HmsOrleans.Tests.Api;

public sealed class ContainerTests
{
    private const string Web = "/containers/10.0.0.1/web";

    [Fact]
    public async Task All_containers_come_by_host_with_exactly_the_promised_fields()
    {
        await using var node = await ApiNode.Start();

        var hosts = (await node.Get("/containers")).MustBe(HttpStatusCode.OK).AsArray();

        var host = Assert.Single(hosts)!.AsObject();
        Assert.Equal(["address", "state", "lastHeartbeat", "status", "containers"], host.Select(field => field.Key));
        Assert.Equal("updated", (string?)host["state"]);
        var container = host["containers"]![0]!.AsObject();
        Assert.Equal(
            ["id", "shortId", "name", "image", "host", "addresses", "containerState", "serviceState", "health", "packetLoss", "rtt", "memory", "threshold", "restarts", "lastFault", "details", "staleSince"],
            container.Select(field => field.Key));
        Assert.Equal(("running", "up", "healthy"), ((string?)container["containerState"], (string?)container["serviceState"], (string?)container["health"]));
        Assert.Equal("outOfMemory", (string?)container["lastFault"]!["cause"]);
    }

    [Fact]
    public async Task What_is_not_known_is_null_and_not_left_out()
    {
        var fleet = FakeFleet.WithOneHost();
        fleet.Host.Containers.Add(Samples.Container("cc", "idle") with { PacketLoss = null, Rtt = null, Memory = null, LastFault = null, Addresses = [] });
        await using var node = await ApiNode.Start(fleet);

        var container = (await node.Get("/containers/10.0.0.1/idle")).MustBe(HttpStatusCode.OK).AsObject();

        Assert.All(["packetLoss", "rtt", "memory", "lastFault"], field => Assert.True(container.ContainsKey(field) && container[field] is null));
        Assert.Empty(container["addresses"]!.AsArray());
    }

    [Fact]
    public async Task A_fleet_without_hosts_is_an_empty_array()
    {
        await using var node = await ApiNode.Start(new FakeFleet());

        Assert.Empty((await node.Get("/containers")).MustBe(HttpStatusCode.OK).AsArray());
    }

    [Fact]
    public async Task One_host_comes_with_its_containers()
    {
        await using var node = await ApiNode.Start();

        var host = (await node.Get("/containers/10.0.0.1")).MustBe(HttpStatusCode.OK);

        Assert.Equal(3, host["containers"]!.AsArray().Count);
    }

    [Theory]
    [InlineData("web")]
    [InlineData("3f4c")]
    [InlineData("3F4C")]
    [InlineData("3f4c00000000")]
    [InlineData("3f4c000000000000000000000000000000000000000000000000000000000000")]
    public async Task A_container_is_named_by_name_prefix_short_or_full_id(string given)
    {
        await using var node = await ApiNode.Start();

        foreach (var method in (string[])["GET", "PUT", "DELETE"])
        {
            Assert.Equal("web", (string?)(await node.Send(method, $"/containers/10.0.0.1/{given}")).MustBe(HttpStatusCode.OK)["name"]);
        }
    }

    [Fact]
    public async Task A_name_comes_before_the_ids_that_begin_like_it()
    {
        var fleet = FakeFleet.WithOneHost();
        fleet.Host.Containers.Add(Samples.Container("77", "3f"));
        await using var node = await ApiNode.Start(fleet);

        Assert.Equal("3f", (string?)(await node.Get("/containers/10.0.0.1/3f")).MustBe(HttpStatusCode.OK)["name"]);
    }

    [Theory]
    [InlineData("GET", null)]
    [InlineData("PUT", null)]
    [InlineData("DELETE", null)]
    [InlineData("POST", """{"threshold": 60}""")]
    public async Task A_prefix_of_two_ids_is_refused_and_both_are_named(string method, string? body)
    {
        await using var node = await ApiNode.Start();

        var problem = (await node.Send(method, "/containers/10.0.0.1/3f", body)).MustBeProblem(HttpStatusCode.BadRequest, "container-ambiguous");

        Assert.Equal(2, problem["matches"]!.AsArray().Count);
        Assert.Contains("web", (string?)problem["detail"], StringComparison.Ordinal);
        Assert.Contains("db", (string?)problem["detail"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET", null)]
    [InlineData("PUT", null)]
    [InlineData("DELETE", null)]
    [InlineData("POST", """{"threshold": 60}""")]
    public async Task An_unknown_container_is_not_found(string method, string? body)
    {
        await using var node = await ApiNode.Start();

        (await node.Send(method, "/containers/10.0.0.1/nobody", body)).MustBeProblem(HttpStatusCode.NotFound, "container-not-found");
        (await node.Send(method, "/containers/10.0.0.1/c0ffee", body)).MustBeProblem(HttpStatusCode.NotFound, "container-not-found");
    }

    public static TheoryData<string> MalformedContainers => new(
        "web%20one", "a%2Fb", "%3Cscript%3E", "w%C3%A9b", "a:b", "*", new string('a', 256));

    [Theory, MemberData(nameof(MalformedContainers))]
    public async Task A_malformed_container_is_refused(string given)
    {
        await using var node = await ApiNode.Start();

        foreach (var (method, body) in ((string, string?)[])[("GET", null), ("PUT", null), ("DELETE", null), ("POST", """{"threshold": 60}""")])
        {
            (await node.Send(method, $"/containers/10.0.0.1/{given}", body)).MustBeProblem(HttpStatusCode.BadRequest, "container-malformed");
        }
    }

    [Fact]
    public async Task The_longest_name_is_not_malformed()
    {
        await using var node = await ApiNode.Start();

        (await node.Get("/containers/10.0.0.1/" + new string('a', 255))).MustBeProblem(HttpStatusCode.NotFound, "container-not-found");
    }

    [Fact]
    public async Task A_restart_is_ordered_and_refused_where_the_container_is_ignored()
    {
        await using var node = await ApiNode.Start();
        Assert.Equal("restarting", (string?)(await node.Post("/containers/10.0.0.1/web/restart", null)).MustBe(HttpStatusCode.OK)["health"]);
        (await node.Post("/containers/10.0.0.1/nobody/restart", null)).MustBeProblem(HttpStatusCode.NotFound, "container-not-found");
        (await node.Get("/containers/10.0.0.1/web/restart")).MustBeProblem(HttpStatusCode.MethodNotAllowed, "method-not-allowed");

        await node.Send("DELETE", "/containers/10.0.0.1/web");
        var problem = (await node.Post("/containers/10.0.0.1/web/restart", null)).MustBeProblem(HttpStatusCode.Conflict, "restart-refused");
        Assert.Equal(("10.0.0.1", "Nothing was done: web is ignored."), ((string?)problem["host"], (string?)problem["detail"]));
    }

    [Fact]
    public async Task Delete_puts_a_container_on_the_ignored_list_and_put_takes_it_back()
    {
        await using var node = await ApiNode.Start();

        Assert.Equal("ignored", (string?)(await node.Send("DELETE", Web)).MustBe(HttpStatusCode.OK)["health"]);
        Assert.Equal("ignored", (string?)(await node.Get(Web)).MustBe(HttpStatusCode.OK)["health"]);
        Assert.Equal("ignored", (string?)(await node.Send("DELETE", Web)).MustBe(HttpStatusCode.OK)["health"]);
        Assert.Equal("healthy", (string?)(await node.Send("PUT", Web)).MustBe(HttpStatusCode.OK)["health"]);
        Assert.Equal(HealthState.Healthy, node.Fleet.Host.Containers[0].Health);
    }

    [Theory]
    [InlineData("0", 0)]
    [InlineData("100", 100)]
    [InlineData("12.5", 12.5)]
    [InlineData("null", 60)]
    public async Task A_containers_threshold_is_set_and_null_clears_it(string given, double expected)
    {
        await using var node = await ApiNode.Start();

        Assert.Equal(expected, (double?)(await node.Post(Web, $$"""{"threshold": {{given}}}""")).MustBe(HttpStatusCode.OK)["threshold"]);
    }

    public static TheoryData<string> Unreachable => new("no silo", "rejected", "lost in flight", "timeout", "cancelled");

    [Theory, MemberData(nameof(Unreachable))]
    public async Task Commands_to_a_host_that_does_not_answer_say_which_and_since_when(string kind)
    {
        await using var node = await ApiNode.Start();
        node.Fleet.Host.Gate = kind switch
        {
            "no silo" => Faults.NoSilo(Samples.Address),
            "rejected" => Faults.Rejected,
            "lost in flight" => Faults.Throws(new SiloUnavailableException("gone")),
            "timeout" => Faults.Throws(new TimeoutException()),
            _ => Faults.Throws(new OperationCanceledException()),
        };

        foreach (var (method, path, body) in ((string, string, string?)[])
            [("GET", Web + "/explanation", null), ("PUT", Web, null), ("DELETE", Web, null), ("POST", Web, """{"threshold": 60}"""), ("POST", "/containers/10.0.0.1", """{"threshold": 60}""")])
        {
            var reply = await node.Send(method, path, body);
            var problem = reply.MustBeProblem(HttpStatusCode.ServiceUnavailable, "host-unavailable");
            Assert.Equal("10.0.0.1", (string?)problem["host"]);
            Assert.Equal(Samples.Noon, (DateTimeOffset?)problem["since"]);
            Assert.Contains("2026-01-02T12:00:00Z", (string?)problem["detail"], StringComparison.Ordinal);
            Assert.Equal("5", reply.Headers["Retry-After"]);
        }
        // What was known of it can still be read.
        (await node.Get(Web)).MustBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_host_that_has_never_been_heard_of_says_so()
    {
        await using var node = await ApiNode.Start();
        node.Fleet.Host.LastHeartbeat = null;
        node.Fleet.Host.Gate = Faults.NoSilo(Samples.Address);

        var problem = (await node.Send("PUT", Web)).MustBeProblem(HttpStatusCode.ServiceUnavailable, "host-unavailable");

        Assert.Contains("no sign of life", (string?)problem["detail"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_explanation_has_facts_a_rule_a_policy_and_what_comes_next()
    {
        await using var node = await ApiNode.Start();

        var explanation = (await node.Get(Web + "/explanation")).MustBe(HttpStatusCode.OK).AsObject();

        Assert.Equal(["host", "id", "name", "at", "health", "since", "details", "rule", "facts", "policy", "next"], explanation.Select(field => field.Key));
        Assert.Equal(
            ["containerState", "engineSaidAt", "silence", "runningSince", "wellSince", "exitCode", "outOfMemoryAt", "stopAskedAt", "healthCheck", "probes", "notProbed", "memory", "lastFault", "restarts", "enginePolicy"],
            explanation["facts"]!.AsObject().Select(field => field.Key));
        Assert.Equal((20, 1), ((int)explanation["facts"]!["probes"]![0]!["sent"]!, (int)explanation["facts"]!["probes"]![0]!["lost"]!));
        Assert.Equal(("label", "onFailure", 2.0), ((string?)explanation["policy"]!["thresholdBy"], (string?)explanation["policy"]!["restart"], (double)explanation["policy"]!["startGrace"]!));
        Assert.Equal("counts as recovered", (string?)explanation["next"]![0]!["text"]);
    }

    [Theory]
    [InlineData("web%20one", HttpStatusCode.BadRequest, "container-malformed")]
    [InlineData("3f", HttpStatusCode.BadRequest, "container-ambiguous")]
    [InlineData("nobody", HttpStatusCode.NotFound, "container-not-found")]
    public async Task What_cannot_be_explained_is_refused(string container, HttpStatusCode status, string type)
    {
        await using var node = await ApiNode.Start();

        (await node.Get($"/containers/10.0.0.1/{container}/explanation")).MustBeProblem(status, type);
        (await node.Get("/containers/10.0.0.9/web/explanation")).MustBeProblem(HttpStatusCode.NotFound, "host-unknown");
    }
}
