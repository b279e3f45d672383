using System.Diagnostics.Metrics;
using System.Text.Json.Nodes;
using HmsOrleans.Grains.Commands;
using HmsOrleans.Grains.Hosts;
using HmsOrleans.Tests.Cluster;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace HmsOrleans.Tests.Api;

public sealed class CommandExecutorTests : IAsyncDisposable
{
    private readonly FakeFleet _fleet = FakeFleet.WithOneHost();
    private readonly WebApplication _app;

    public CommandExecutorTests() => _app = ApiNode.Build(_fleet, Samples.Address, null, ("urls", "http://127.0.0.1:0"));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Fact]
    public async Task Readings_give_what_the_api_gives()
    {
        await using var node = await ApiNode.Start(_fleet);

        foreach (var (command, path) in new[]
        {
            (Command(CommandKind.GetContainers), "/containers"),
            (Command(CommandKind.GetHost, Samples.Address), $"/containers/{Samples.Address}"),
            (Command(CommandKind.GetContainer, Samples.Address, "web"), $"/containers/{Samples.Address}/web"),
        })
        {
            var reply = await Execute(command);
            Assert.Equal("ok", (string?)reply["command"]);
            Assert.Equal((await node.Get(path)).MustBe(System.Net.HttpStatusCode.OK).ToJsonString(), reply["content"]!.ToJsonString());
        }
    }

    public static TheoryData<CommandKind, string?, string?, double?, string, string> Mistakes => new()
    {
        { CommandKind.GetHost, "10.0.0.9", null, null, "host-unknown", "10.0.0.9" },
        { CommandKind.SetHostThreshold, "10.0.0.9", null, 50, "host-unknown", "10.0.0.9" },
        { CommandKind.GetContainer, Samples.Address, "nobody", null, "container-not-found", "nobody" },
        { CommandKind.GetContainer, Samples.Address, "3f", null, "container-ambiguous", "web" },
        { CommandKind.Ignore, Samples.Address, "nobody", null, "container-not-found", "nobody" },
        { CommandKind.Supervise, Samples.Address, "3f", null, "container-ambiguous", "db" },
        { CommandKind.Ignore, Samples.Address, "web one", null, "container-malformed", "web one" },
        { CommandKind.AddHost, "10.0.0.9", null, null, "command-unsupported", "10.0.0.9" },
        { CommandKind.RemoveHost, Samples.Address, null, null, "command-unsupported", Samples.Address },
    };

    [Theory, MemberData(nameof(Mistakes))]
    public async Task A_mistake_has_the_type_that_the_api_gives_it(CommandKind kind, string? host, string? container, double? threshold, string type, string description)
    {
        var reply = await Execute(Command(kind, host, container, threshold));

        Assert.Equal(("error", type), ((string?)reply["command"], (string?)reply["type"]));
        Assert.Contains(description, (string?)reply["description"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_that_has_just_started_is_waited_for()
    {
        var calls = 0;
        _fleet.Host.Gate = _ => ++calls > 3 ? Task.CompletedTask : throw new HostUnavailableException(Samples.Address, "it has not listed its containers yet", isStarting: true);

        Assert.Equal("ok", (string?)(await Execute(Command(CommandKind.Ignore, Samples.Address, "web")))["command"]);
        Assert.Equal(4, calls);
    }

    [Fact]
    public async Task One_whose_engine_is_silent_is_not_waited_for()
    {
        _fleet.Host.Containers.Clear();
        _fleet.Host.Status = _fleet.Host.Status with { Ready = false, EngineAnswers = false, EngineSilence = "the socket is gone" };
        Assert.False(_fleet.Host.View.IsStarting);

        var calls = 0;
        _fleet.Host.Gate = _ => ++calls > 1 ? Task.CompletedTask : throw new HostUnavailableException(Samples.Address, "it has not listed its containers yet");
        Assert.Equal("host-unavailable", (string?)(await Execute(Command(CommandKind.Ignore, Samples.Address, "web")))["type"]);
        Assert.Equal(1, calls);
    }

    [Fact]
    public async Task Of_a_host_that_does_not_come_up_nobody_says_that_it_has_no_such_container()
    {
        _fleet.Host.Containers.Clear();
        _fleet.Host.Status = _fleet.Host.Status with { Ready = false };

        Assert.Equal("host-unavailable", (string?)(await Execute(Command(CommandKind.GetContainer, Samples.Address, "web")))["type"]);
        await using var node = await ApiNode.Start(_fleet);
        var problem = (await node.Get($"/containers/{Samples.Address}/web")).MustBeProblem(System.Net.HttpStatusCode.ServiceUnavailable, "host-unavailable");
        Assert.Contains("has not listed its containers yet", (string?)problem["detail"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Commands_are_carried_out_in_their_order_and_readings_see_what_was_changed_before_them()
    {
        var replies = await Execute(
            Command(CommandKind.GetContainer, Samples.Address, "web"),
            Command(CommandKind.Ignore, Samples.Address, "web"),
            Command(CommandKind.GetContainer, Samples.Address, "web"),
            Command(CommandKind.Supervise, Samples.Address, "web"),
            Command(CommandKind.GetContainer, Samples.Address, "web"),
            Command(CommandKind.GetContainer, Samples.Address, "db"));

        Assert.Equal(["healthy", null, "ignored", null, "healthy", "healthy"], replies.Select(reply => (string?)reply["content"]?["health"]));
        Assert.All(replies, reply => Assert.Equal("ok", (string?)reply["command"]));
    }

    [Fact]
    public async Task Changes_that_come_one_after_another_go_to_their_host_together_and_each_has_its_own_answer()
    {
        var replies = await Execute(
            Command(CommandKind.SetHostThreshold, Samples.Address, threshold: 41),
            Command(CommandKind.Ignore, Samples.Address, "nobody"),
            Command(CommandKind.Ignore, Samples.Address, "web one"),
            Command(CommandKind.Ignore, Samples.Address, "web"),
            Command(CommandKind.Supervise, Samples.Address, "3f"),
            Command(CommandKind.GetContainer, Samples.Address, "web"),
            Command(CommandKind.SetHostThreshold, Samples.Address, threshold: 42));

        Assert.Equal([null, "container-not-found", "container-malformed", null, "container-ambiguous", null, null], replies.Select(reply => (string?)reply["type"]));
        Assert.Equal("ignored", (string?)replies[5]["content"]!["health"]);
        Assert.Equal([4, 1], _fleet.Host.Batches);
        Assert.Equal(42, _fleet.Host.Status.Threshold);
    }

    [Fact]
    public async Task A_threshold_for_the_fleet_says_what_came_of_it_on_each_host()
    {
        _fleet.Controller.NotApplying[Samples.Address] = "not reached";

        var content = (await Execute(Command(CommandKind.SetFleetThreshold, threshold: 42)))["content"]!;

        Assert.Equal((42, false, "not reached"), ((double)content["threshold"]!, (bool)content["hosts"]![0]!["applied"]!, (string?)content["hosts"]![0]!["reason"]));
    }

    [Fact]
    public async Task What_is_not_saved_yet_holds_and_says_so()
    {
        _fleet.Host.Unsaved = "disk full";

        var replies = await Execute(Command(CommandKind.SetHostThreshold, Samples.Address, threshold: 42), Command(CommandKind.GetHost, Samples.Address));

        Assert.Equal(("ok", "disk full"), ((string?)replies[0]["command"], (string?)replies[0]["unsaved"]));
        Assert.Null(replies[1]["unsaved"]);
        Assert.Equal(42, _fleet.Host.Status.Threshold);
    }

    [Fact]
    public async Task A_host_that_does_not_answer_is_an_error_of_its_own()
    {
        _fleet.Host.Gate = Faults.NoSilo(Samples.Address);

        Assert.Equal("host-unavailable", (string?)(await Execute(Command(CommandKind.Ignore, Samples.Address, "web")))["type"]);
    }

    [Fact]
    public async Task When_the_time_is_up_what_was_begun_is_answered_and_the_rest_is_left()
    {
        var silence = new Silence();
        _fleet.Host.Gate = silence.Fault;
        using var enough = new CancellationTokenSource();

        var running = _app.Services.GetRequiredService<ICommandExecutor>().Execute(
            [Command(CommandKind.GetContainers), Command(CommandKind.Ignore, Samples.Address, "web"), Command(CommandKind.GetHost, Samples.Address)], enough.Token);
        await silence.Asked;
        await enough.CancelAsync();

        var replies = (await running).Select(reply => JsonNode.Parse(reply)!).ToList();
        Assert.Equal(["ok", "error"], replies.Select(reply => (string?)reply["command"]));
        Assert.Equal("host-unavailable", (string?)replies[1]["type"]);
    }

    [Fact]
    public void A_correlation_id_that_belongs_to_another_command_is_refused() => Assert.Equal(
        "correlation-id-taken", (string?)JsonNode.Parse(_app.Services.GetRequiredService<ICommandExecutor>().CorrelationIdTaken(Command(CommandKind.GetContainers)))!["type"]);

    [Fact]
    public async Task Commands_are_counted_by_what_came_of_them()
    {
        using var counted = new MetricReader("hms.commands", _app.Services.GetRequiredService<IMeterFactory>());

        await Execute(Command(CommandKind.Ignore, Samples.Address, "web"), Command(CommandKind.Ignore, Samples.Address, "nobody"), Command(CommandKind.GetContainers));

        Assert.Equal([("ignore ok", 1L), ("ignore container-not-found", 1L), ("getContainers ok", 1L)], counted.Read());
    }

    private static ExternalCommand Command(CommandKind kind, string? host = null, string? container = null, double? threshold = null) =>
        new(kind, host, container, threshold, Guid.NewGuid().ToString(), new("", "reply"), Guid.NewGuid(), Redelivered: false);

    private async Task<JsonNode> Execute(ExternalCommand command) => Assert.Single(await Execute([command]));

    private async Task<List<JsonNode>> Execute(params ExternalCommand[] commands)
    {
        var replies = await _app.Services.GetRequiredService<ICommandExecutor>().Execute(commands, Token);
        Assert.Equal(commands.Length, replies.Count);
        return [.. replies.Select(reply => JsonNode.Parse(reply)!)];
    }
}
