using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using HmsOrleans.Grains.Commands;
using HmsOrleans.Grains.Hosts;
using HmsOrleans.Grains.Probing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace HmsOrleans.Tests.Api;

public sealed class ReadinessTests
{
    [Fact]
    public async Task A_node_at_work_is_ready()
    {
        await using var node = await ApiNode.Start();

        var reply = (await node.Get("/readyz")).MustBe(HttpStatusCode.OK);

        Assert.Equal((true, "ready", "10.0.0.1"), ((bool)reply["ready"]!, (string?)reply["status"], (string?)reply["host"]));
        Assert.Equal((true, "raw", true), ((bool)reply["engine"]!["answers"]!, (string?)reply["prober"]!["mode"], (bool)reply["storage"]!["saved"]!));
        Assert.Equal(Samples.Noon, (DateTimeOffset?)reply["engine"]!["since"]);
    }

    public static TheoryData<string, HttpStatusCode, string, string> States => new()
    {
        { "no events", HttpStatusCode.OK, "degraded", "found by its list only, up to some seconds later: 403" },
        { "prober off", HttpStatusCode.OK, "degraded", "set net.ipv4.ping_group_range" },
        { "unsaved", HttpStatusCode.OK, "degraded", "disk full" },
        { "coming up", HttpStatusCode.ServiceUnavailable, "notReady", "not been listed yet" },
        { "engine silent", HttpStatusCode.ServiceUnavailable, "notReady", "the socket is gone" },
    };

    [Theory, MemberData(nameof(States))]
    public async Task A_node_that_lacks_something_says_what(string state, HttpStatusCode status, string word, string reason)
    {
        var fleet = FakeFleet.WithOneHost();
        fleet.Host.Status = state switch
        {
            "no events" => Samples.Status with { NoEvents = "403" },
            "prober off" => Samples.Status with { Prober = new ProberStatus(ProberMode.Off, "set net.ipv4.ping_group_range") },
            "unsaved" => Samples.Status with { UnsavedBecause = "disk full" },
            "coming up" => Samples.Status with { Ready = false },
            _ => Samples.Status with { EngineAnswers = false, EngineSilence = "the socket is gone" },
        };
        await using var node = await ApiNode.Start(fleet);

        var reply = (await node.Get("/readyz")).MustBe(status);

        Assert.Equal((status == HttpStatusCode.OK, word), ((bool)reply["ready"]!, (string?)reply["status"]));
        Assert.Contains(reason, (string?)reply["reason"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_its_broker_a_node_is_ready_and_says_what_it_lacks()
    {
        var path = new FakePath();
        await using var app = ApiNode.Build(FakeFleet.WithOneHost(), Samples.Address, null, services => services.AddSingleton<ICommandPath>(path), ("urls", "http://127.0.0.1:0"));
        await app.StartAsync(TestContext.Current.CancellationToken);
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };

        Assert.Equal(("ready", true, null), await Broker());
        path.Status = path.Status with { Trouble = "connection refused", DeadLetters = 3, DeadLettersWaiting = 5 };
        Assert.Equal(("degraded", false, "connection refused"), await Broker());

        async Task<(string?, bool, string?)> Broker()
        {
            var reply = (await http.GetFromJsonAsync<JsonNode>("readyz", TestContext.Current.CancellationToken))!;
            Assert.Equal((path.Status.DeadLetters, path.Status.DeadLettersWaiting), ((long)reply["broker"]!["deadLetters"]!, (long?)reply["broker"]!["deadLettersWaiting"]));
            return ((string?)reply["status"], (bool)reply["broker"]!["connected"]!, (string?)reply["broker"]!["reason"]);
        }
    }

    [Fact]
    public async Task A_host_that_does_not_answer_for_two_seconds_is_not_ready()
    {
        var time = new FakeTimeProvider(Samples.Noon);
        var silence = new Silence();
        await using var node = await ApiNode.Start(time: time);
        node.Fleet.Host.Gate = silence.Fault;

        var reply = node.Get("/readyz");
        await silence.Asked;
        time.Advance(TimeSpan.FromSeconds(2.1));

        var json = (await reply).MustBe(HttpStatusCode.ServiceUnavailable);
        Assert.Equal((false, "notReady"), ((bool)json["ready"]!, (string?)json["status"]));
    }

    [Fact]
    public async Task A_host_without_a_silo_is_not_ready()
    {
        await using var node = await ApiNode.Start(localHost: "10.0.0.9");

        (await node.Get("/readyz")).MustBe(HttpStatusCode.ServiceUnavailable);
        (await node.Get("/healthz")).MustBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_node_that_only_serves_the_api_is_ready_when_the_controller_answers()
    {
        await using var node = await ApiNode.Start(localHost: null);

        Assert.Equal("""{"ready":true,"status":"ready"}""", (await node.Get("/readyz")).MustBe(HttpStatusCode.OK).ToJsonString());

        node.Fleet.Controller.Gate = Faults.Throws(new HostUnavailableException());
        Assert.Equal("notReady", (string?)(await node.Get("/readyz")).MustBe(HttpStatusCode.ServiceUnavailable)["status"]);
    }

    [Fact]
    public async Task Without_a_key_only_the_bare_status_is_told()
    {
        await using var node = await ApiNode.Start(keys: true);

        Assert.Equal("""{"ready":true,"status":"ready"}""", (await node.Get("/readyz")).MustBe(HttpStatusCode.OK).ToJsonString());
        Assert.Equal("10.0.0.1", (string?)(await node.Get("/readyz", ("X-Api-Key", ApiNode.ViewerKey))).MustBe(HttpStatusCode.OK)["host"]);
        Assert.Equal("""{"status":"up"}""", (await node.Get("/healthz")).MustBe(HttpStatusCode.OK).ToJsonString());
    }

    private sealed class FakePath : ICommandPath
    {
        public CommandPathStatus Status { get; set; } = new(null, Samples.Noon, 0);
    }
}
