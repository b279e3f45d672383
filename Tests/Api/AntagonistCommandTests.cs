using System.Text.Json.Nodes;
using HmsOrleans.Grains.Antagonist;
using HmsOrleans.Grains.Commands;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace HmsOrleans.Tests.Api;

public sealed class AntagonistCommandTests : IAsyncDisposable
{
    private const string Other = "10.0.0.2";

    private readonly FakeFleet _fleet = FakeFleet.WithOneHost();
    private readonly WebApplication _app;

    public AntagonistCommandTests()
    {
        _fleet.Hosts.Add(Other, new FakeHost(Other));
        _app = ApiNode.Build(_fleet, Samples.Address, null, ("urls", "http://127.0.0.1:0"));
    }

    private string States => string.Join(' ', _fleet.Hosts.Values.Select(host => $"{host.Antagonist.Order.IsRunning} {host.Antagonist.Order.Scenario.Heavy}"));

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Fact]
    public async Task They_are_for_all_hosts_or_for_one()
    {
        Assert.Equal("running", (string?)(await Execute(CommandKind.StartTest, Other))["content"]!["state"]);
        Assert.Equal("False 25 True 25", States);
        await Execute(CommandKind.StartTests);
        Assert.Equal("True 25 True 25", States);
        await Execute(CommandKind.ConfigureTest, Other, new() { Heavy = 90 });
        Assert.Equal("True 25 True 90", States);
        Assert.Equal(2, (await Execute(CommandKind.ConfigureTests, null, new() { Heavy = 50 }))["content"]!.AsArray().Count);
        Assert.Equal("True 50 True 50", States);
        Assert.Equal("off", (string?)(await Execute(CommandKind.StopTest, Other))["content"]!["state"]);
        Assert.Equal("True 50 False 50", States);
        await Execute(CommandKind.StopTests);
        Assert.Equal("False 50 False 50", States);
    }

    [Fact]
    public async Task Without_an_agent_they_fail_as_the_api_does()
    {
        _fleet.Hosts[Other].Antagonist.HasAgent = false;

        Assert.Equal("agent-missing", (string?)(await Execute(CommandKind.StartTest, Other))["type"]);
        Assert.Equal("host-unknown", (string?)(await Execute(CommandKind.StartTest, "10.0.0.9"))["type"]);
        Assert.Equal("missing", (string?)(await Execute(CommandKind.StartTests))["content"]![1]!["state"]);
    }

    private async Task<JsonNode> Execute(CommandKind kind, string? host = null, ScenarioChange? scenario = null)
    {
        var command = new ExternalCommand(kind, host, null, null, $"{Guid.NewGuid()}", new("", "answers"), Guid.NewGuid(), false, scenario);
        return JsonNode.Parse(Assert.Single(await _app.Services.GetRequiredService<ICommandExecutor>().Execute([command], TestContext.Current.CancellationToken)))!;
    }
}
