using System.Net.Http.Json;
using System.Text.Json;
using HmsOrleans.Tests.Engine;
using HmsOrleans.Tests.Node;
using Xunit;

namespace HmsOrleans.Tests.Antagonist.Campaigns;

/// <summary>A campaign of one short cell, as a user plays it.</summary>
[Collection<EngineCollection>]
public sealed class CampaignRunTests(CampaignRunTests.Fixture fixture) : IClassFixture<CampaignRunTests.Fixture>, IAsyncLifetime
{
    private readonly string _directory = Directory.CreateTempSubdirectory("hms-campaign-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private DockerHost Host => fixture.Host;

    private NodeProcess Node => fixture.Node;

    private string[] Shared => ["campaign", "run", "--out", _directory, "--scenarios", "high_high", "--windows", "1", "--repetitions", "1", "--settle", "0s"];

    private string[] Run => [.. Shared, "--length", "5s"];

    public async ValueTask InitializeAsync()
    {
        await Host.RunContainerAsync("web", Token);
        await Node.UntilContainerAsync("web", view => view.GetProperty("health").GetString() == "healthy", Token);
    }

    public async ValueTask DisposeAsync()
    {
        await Host.RemoveAllAsync(CancellationToken.None, NodeFixture.Bell);
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task One_that_is_broken_off_puts_all_back_and_is_gone_on_with()
    {
        await using var agent = await AgentProcess.StartAsync(Host, Node, Token, "--max-share", "100");
        var before = await WindowAsync();
        foreach (var signal in (string[])["HUP", "INT"])
        {
            using var campaign = agent.Begin([.. Shared, "--length", "1h"]);
            await agent.UntilAsync("it attacks", async () => await StateAsync() == "running" || campaign.HasExited, Token);
            if (campaign.HasExited)
            {
                Assert.Fail(await campaign.StandardOutput.ReadToEndAsync(Token));
            }
            Assert.NotEqual(before, await WindowAsync());
            await Command.SignalAsync(signal, [campaign.Id]);
            var output = await campaign.StandardOutput.ReadToEndAsync(Token);
            await campaign.WaitForExitAsync(Token);

            Assert.True(campaign.ExitCode == 130 && output.Contains("halted before the end", StringComparison.Ordinal), output);
            Assert.Equal(before, await WindowAsync());
            await agent.UntilAsync("it is off", async () => await StateAsync() == "off", Token);
        }

        await PassesAsync(agent, "results: ", Run);
        Assert.Equal((before, "off"), (await WindowAsync(), await StateAsync()));
        Assert.NotEmpty(await File.ReadAllTextAsync(Path.Combine(_directory, "report.html"), Token));
        var results = JsonElement.Parse(await File.ReadAllTextAsync(Path.Combine(_directory, "results.json"), Token))[0];
        Assert.Equal((5, 1, 2), (results.GetProperty("length").GetInt32(), results.GetProperty("seed").GetInt32(), results.GetProperty("containers").GetInt32()));
        Assert.True(results.GetProperty("faults").GetInt32() > 0);

        await PassesAsync(agent, "1 of 1 cells are in", Run);
        await FailsAsync(agent, "--length 5s, not 6s", [.. Shared, "--length", "6s"]);
        await FailsAsync(agent, "--arm healing, not control", [.. Run, "--arm", "control"]);
    }

    [Fact]
    public async Task One_whose_arm_is_not_so_is_refused()
    {
        await using var agent = await AgentProcess.StartAsync(Host, Node, Token, "--max-share", "100");
        await FailsAsync(agent, "(it has not the label hms.restart=never)", [.. Run, "--arm", "control"]);
        await Host.RunContainerAsync("never", Token, "--label", "hms.restart=never");
        await Node.UntilContainerAsync("never", view => view.GetProperty("health").GetString() == "healthy", Token);
        await FailsAsync(agent, "never on 127.0.0.1 is not healed", Run);
    }

    [Fact]
    public async Task One_whose_agent_spares_some_is_refused()
    {
        await using var agent = await AgentProcess.StartAsync(Host, Node, Token);
        await FailsAsync(agent, "attacks 50 % of the containers at once, at most", Run);
    }

    private static async Task PassesAsync(AgentProcess agent, string said, string[] command)
    {
        var (code, output) = await agent.RunAsync(Token, command);
        Assert.True(code == 0 && output.Contains(said, StringComparison.Ordinal), output);
    }

    private static async Task FailsAsync(AgentProcess agent, string said, string[] command)
    {
        var (code, output) = await agent.RunAsync(Token, command);
        Assert.True(code == 1 && output.Contains(said, StringComparison.Ordinal), output);
    }

    private async Task<double> WindowAsync() =>
        (await Node.Http.GetFromJsonAsync<JsonElement>(new Uri("settings", UriKind.Relative), Token)).GetProperty("aggregationWindow").GetDouble();

    private async Task<string> StateAsync() =>
        (await Node.Http.GetFromJsonAsync<JsonElement>(new Uri($"test/{NodeProcess.Host}", UriKind.Relative), Token)).GetProperty("state").GetString()!;

    public sealed class Fixture(EngineFixture engine) : NodeFixture(engine);
}
