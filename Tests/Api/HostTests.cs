using System.Net;
using HmsOrleans.Grains.Health;
using HmsOrleans.Grains.Hosts;
using Xunit;

namespace HmsOrleans.Tests.Api;

public sealed class HostTests
{
    [Fact]
    public async Task Hosts_come_without_containers_but_with_how_they_fare()
    {
        var fleet = FakeFleet.WithOneHost();
        fleet.Host.Containers.Add(Samples.Container("dd", "broken", HealthState.Quarantined));
        fleet.Host.Status = fleet.Host.Status with { EngineAnswers = false, EngineSilence = "the socket is gone", UnsavedBecause = "disk full" };
        await using var node = await ApiNode.Start(fleet);

        var host = Assert.Single((await node.Get("/hosts")).MustBe(HttpStatusCode.OK).AsArray())!;

        Assert.Equal(("10.0.0.1", "updated"), ((string?)host["address"], (string?)host["state"]));
        Assert.Equal(Samples.Noon, (DateTimeOffset?)host["lastHeartbeat"]);
        Assert.Equal((4, 3, 1, 0), ((int)host["containers"]!["total"]!, (int)host["containers"]!["healthy"]!, (int)host["containers"]!["quarantined"]!, (int)host["containers"]!["backingOff"]!));
        Assert.Equal((false, "the socket is gone"), ((bool)host["status"]!["engine"]!["answers"]!, (string?)host["status"]!["engine"]!["silence"]));
        Assert.Equal((false, "disk full"), ((bool)host["status"]!["storage"]!["saved"]!, (string?)host["status"]!["storage"]!["reason"]));
    }

    [Fact]
    public async Task An_offline_host_is_shown_as_it_was_last_known()
    {
        var fleet = FakeFleet.WithOneHost();
        fleet.Host.State = HostState.Offline;
        await using var node = await ApiNode.Start(fleet);

        Assert.Equal("offline", (string?)(await node.Get("/containers/10.0.0.1")).MustBe(HttpStatusCode.OK)["state"]);
    }

    public static TheoryData<string> MalformedAddresses => new(
        "10.0.0.300", "10.0.0", "010.0.0.1", "1", "10.0.0.1.5", "fe80::xyz", "[::1]", "host%20name", "-host", "host-", "a..b", "a%2Fb",
        "h%C3%B6st", "10.0.0.1:8080", new string('a', 64), string.Join('.', Enumerable.Repeat("abcdefgh", 30)));

    [Theory, MemberData(nameof(MalformedAddresses))]
    public async Task A_malformed_address_is_refused(string given)
    {
        await using var node = await ApiNode.Start();

        foreach (var (method, path, body) in Calls(given))
        {
            (await node.Send(method, path, body)).MustBeProblem(HttpStatusCode.BadRequest, "address-malformed");
        }
    }

    [Theory]
    [InlineData("10.0.0.9")]
    [InlineData("fe80::9")]
    [InlineData("docker-7.example.org")]
    [InlineData("my_host")]
    public async Task An_unknown_host_is_not_found_and_the_reply_says_how_to_add_it(string given)
    {
        await using var node = await ApiNode.Start();

        foreach (var (method, path, body) in Calls(given).Where(call => call != ("PUT", $"/containers/{given}", null)))
        {
            var problem = (await node.Send(method, path, body)).MustBeProblem(HttpStatusCode.NotFound, "host-unknown");
            Assert.Contains($"PUT /containers/{given}", (string?)problem["detail"], StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Every_spelling_of_an_ipv6_address_is_the_same_host()
    {
        var fleet = new FakeFleet();
        fleet.Hosts.Add("fe80::1", new FakeHost("fe80::1"));
        await using var node = await ApiNode.Start(fleet);

        Assert.Equal("fe80::1", (string?)(await node.Get("/containers/FE80:0:0:0:0:0:0:1")).MustBe(HttpStatusCode.OK)["address"]);
    }

    [Fact]
    public async Task Removing_a_host_says_what_goes_on_there_and_putting_it_takes_it_back()
    {
        await using var node = await ApiNode.Start();

        var removed = (await node.Send("DELETE", "/containers/10.0.0.1")).MustBe(HttpStatusCode.OK);

        Assert.False((bool)removed["supervised"]!);
        Assert.Contains("its node goes on, idle", (string?)removed["details"], StringComparison.Ordinal);
        Assert.Contains("PUT /containers/10.0.0.1", (string?)removed["details"], StringComparison.Ordinal);
        (await node.Send("DELETE", "/containers/10.0.0.1")).MustBeProblem(HttpStatusCode.NotFound, "host-unknown");
        (await node.Get("/containers/10.0.0.1/web")).MustBeProblem(HttpStatusCode.NotFound, "host-unknown");
        (await node.Send("DELETE", "/containers/10.0.0.1/web")).MustBeProblem(HttpStatusCode.NotFound, "host-unknown");

        Assert.Equal(3, (await node.Send("PUT", "/containers/10.0.0.1")).MustBe(HttpStatusCode.OK)["containers"]!.AsArray().Count);
        (await node.Get("/containers/10.0.0.1/web")).MustBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Adding_a_host_twice_is_the_same_as_once()
    {
        await using var node = await ApiNode.Start();

        (await node.Send("PUT", "/containers/10.0.0.1")).MustBe(HttpStatusCode.OK);
        (await node.Send("PUT", "/containers/10.0.0.1")).MustBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Adding_a_host_without_a_node_says_what_to_start_there()
    {
        await using var node = await ApiNode.Start();

        var problem = (await node.Send("PUT", "/containers/10.0.0.9")).MustBeProblem(HttpStatusCode.Conflict, "node-missing");

        Assert.Equal("10.0.0.9", (string?)problem["host"]);
        Assert.Contains("start an HmsOrleans node on that host with Hms:Host:Address=10.0.0.9", (string?)problem["detail"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("33", 33)]
    [InlineData("null", 60)]
    public async Task A_hosts_threshold_is_set_and_null_clears_it(string given, double expected)
    {
        await using var node = await ApiNode.Start();

        var host = (await node.Post("/containers/10.0.0.1", $$"""{"threshold": {{given}}}""")).MustBe(HttpStatusCode.OK);

        Assert.Equal(("10.0.0.1", expected), ((string?)host["address"], (double)host["status"]!["threshold"]!));
        Assert.Equal(expected, node.Fleet.Host.Status.Threshold);
    }

    private static (string Method, string Path, string? Body)[] Calls(string address) =>
    [
        ("GET", $"/containers/{address}", null),
        ("PUT", $"/containers/{address}", null),
        ("DELETE", $"/containers/{address}", null),
        ("POST", $"/containers/{address}", """{"threshold": 60}"""),
        ("GET", $"/containers/{address}/web", null),
        ("PUT", $"/containers/{address}/web", null),
        ("DELETE", $"/containers/{address}/web", null),
        ("POST", $"/containers/{address}/web", """{"threshold": 60}"""),
    ];
}
