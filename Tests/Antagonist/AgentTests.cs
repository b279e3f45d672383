using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using HmsOrleans.Tests.Engine;
using HmsOrleans.Tests.Node;
using Xunit;

namespace HmsOrleans.Tests.Antagonist;

/// <summary>The agent as a process of its own, beside a node and its engine.</summary>
[Collection<EngineCollection>]
public sealed partial class AgentTests(AgentTests.Fixture fixture) : IClassFixture<AgentTests.Fixture>, IAsyncLifetime
{
    /// <summary>Attacks that stay until they are undone.</summary>
    private const string Lasting = """{"heavy": 100, "balance": 0, "frequency": 0.3, "duration": 3600, "seed": 1, "kinds": ["loss", "pause", "freeze", "disconnect"]}""";

    private const string Kills = """{"heavy": 100, "balance": 100, "frequency": 0.5, "duration": 1, "seed": 1, "kinds": ["kill", "stop"]}""";

    private static readonly string[] Names = ["one", "two", "three", "four"];

    private readonly string _path = $"test/{NodeProcess.Host}";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private DockerHost Host => fixture.Host;

    private NodeProcess Node => fixture.Node;

    public async ValueTask InitializeAsync()
    {
        foreach (var name in Names)
        {
            await Host.RunContainerAsync(name, Token);
        }
        await AllAreWellAsync();
    }

    public async ValueTask DisposeAsync() => await Host.RemoveAllAsync(CancellationToken.None, NodeFixture.Bell);

    [Fact]
    public async Task It_attacks_when_it_is_told_to_and_a_halt_leaves_nothing()
    {
        await using var agent = await AgentProcess.StartAsync(Host, Node, Token, "--max-share", "100");
        await SendAsync(HttpMethod.Put, Lasting);
        await FaultsAsync(agent, 4);
        await agent.UntilAsync("they are written down", () => Task.FromResult(agent.Leases >= 4), Token);

        var halted = await SendAsync(HttpMethod.Delete);
        await agent.UntilAsync("it is off", async () => Text(await ViewAsync(), "state") == "off", Token);

        Assert.True(Text(halted, "state") is "off" or "halting");
        Assert.Equal(0, agent.Leases);
        await NothingIsLeftAsync();
        await AllAreWellAsync();
        Assert.Equal("off", Text(await SendAsync(HttpMethod.Delete), "state"));
    }

    [Fact]
    public async Task What_it_stops_the_node_starts_and_what_it_was_told_not_to_touch_it_does_not_touch()
    {
        await Host.RunContainerAsync("denied", Token, "--label", "hms.chaos=deny");
        await Host.RunContainerAsync("ignored", Token);
        await Node.UntilContainerAsync("ignored", view => Text(view, "health") == "healthy", Token);
        using (await Node.Http.DeleteAsync(new Uri($"containers/{NodeProcess.Host}/ignored", UriKind.Relative), Token)) { }
        await Node.UntilContainerAsync("ignored", view => Text(view, "health") == "ignored", Token);
        await using var agent = await AgentProcess.StartAsync(Host, Node, Token, "--max-share", "100");

        await SendAsync(HttpMethod.Put, Kills);
        foreach (var name in Names)
        {
            await Node.UntilContainerAsync(name, view => view.GetProperty("restarts").GetInt32() >= 2, Token);
        }
        await SendAsync(HttpMethod.Delete);
        await AllAreWellAsync();

        Assert.Equal("0 0", $"{await RestartsAsync("denied")} {await RestartsAsync("ignored")}");
        Assert.DoesNotContain(" of denied", agent.Log, StringComparison.Ordinal);
        Assert.DoesNotContain(" of ignored", agent.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_that_is_killed_leaves_faults_that_the_next_undoes_first()
    {
        await using var agent = await AgentProcess.StartAsync(Host, Node, Token, "--max-share", "100");
        await SendAsync(HttpMethod.Put, Lasting);
        await FaultsAsync(agent, 4);
        await agent.UntilAsync("they are written down", () => Task.FromResult(agent.Leases >= 4), Token);
        await agent.KillAsync(Token);
        // The node is told to halt what does not answer, and says so.
        await UntilMissingAsync();
        using (var reply = await Node.Http.DeleteAsync(new Uri(_path, UriKind.Relative), Token))
        {
            Assert.Equal(HttpStatusCode.Conflict, reply.StatusCode);
        }
        var (code, output) = await agent.RunAsync(Token, "halt");
        Assert.True(code == 1 && output.Contains($"{NodeProcess.Host}: no agent reports from there", StringComparison.Ordinal), output);

        agent.StartAgain();
        await agent.UntilAsync("it is off", async () => Text(await ViewAsync(), "state") == "off", Token);

        Assert.True(agent.Log.Contains("that an earlier agent left", StringComparison.Ordinal), agent.Log);
        await NothingIsLeftAsync();
    }

    [Fact]
    public async Task Halting_here_works_without_node_and_agent()
    {
        await using var agent = await AgentProcess.StartAsync(Host, Node, Token, "--max-share", "100");
        await SendAsync(HttpMethod.Put, Lasting);
        await FaultsAsync(agent, 3);
        await agent.KillAsync(Token);

        var (code, output) = await agent.RunAsync(Token, "halt", "--local", "--data", agent.DataDirectory);

        Assert.True(code == 0 && output.Contains("nothing is left", StringComparison.Ordinal), output);
        await NothingIsLeftAsync();
        await ItStaysHaltedAsync(agent);
    }

    [Fact]
    public async Task Halting_here_ends_an_agent_that_runs()
    {
        await using var agent = await AgentProcess.StartAsync(Host, Node, Token, "--max-share", "100");
        await SendAsync(HttpMethod.Put, Lasting);
        await FaultsAsync(agent, 2);

        var (code, output) = await agent.RunAsync(Token, "halt", "--local", "--data", agent.DataDirectory);

        Assert.True(code == 0 && output.Contains("ending the agent", StringComparison.Ordinal), output);
        await NothingIsLeftAsync();
        await ItStaysHaltedAsync(agent);
    }

    [Fact]
    public async Task Halting_everywhere_asks_the_cluster()
    {
        await using var agent = await AgentProcess.StartAsync(Host, Node, Token, "--max-share", "100");
        await SendAsync(HttpMethod.Put, Lasting);
        await FaultsAsync(agent, 2);

        var output = "";
        await agent.UntilAsync("all is undone", async () => (await agent.RunAsync(Token, "halt")) is var (code, text) && (output = text).Length > 0 && code == 0, Token);

        Assert.Contains($"{NodeProcess.Host}: halted, nothing is left", output, StringComparison.Ordinal);
        Assert.Equal("off", Text(await ViewAsync(), "state"));
        await NothingIsLeftAsync();
    }

    /// <summary>By its service manager, or with its terminal.</summary>
    [Theory]
    [InlineData("TERM")]
    [InlineData("HUP")]
    public async Task One_that_is_ended_undoes_everything_first(string signal)
    {
        await using var agent = await AgentProcess.StartAsync(Host, Node, Token, "--max-share", "100");
        await SendAsync(HttpMethod.Put, Lasting);
        await FaultsAsync(agent, 3);

        Assert.Equal(0, await agent.StopAsync(Token, signal));

        Assert.Equal(0, agent.Leases);
        await NothingIsLeftAsync();
        await HaltAsync(agent);
    }

    [Fact]
    public async Task A_dry_run_says_what_it_would_do_and_does_nothing()
    {
        await using var agent = await AgentProcess.StartAsync(Host, Node, Token, "--dry-run");
        await SendAsync(HttpMethod.Put, Lasting);
        await agent.UntilAsync("it would have", () => Task.FromResult(agent.Log.Split("dry run: ").Length > 2), Token);

        Assert.Empty(await FaultsAsync(agent, 0));
        Assert.Equal(0, agent.Leases);
        await SendAsync(HttpMethod.Delete);
        await NothingIsLeftAsync();
    }

    [Fact]
    public async Task No_more_than_its_share_is_under_attack()
    {
        await using var agent = await AgentProcess.StartAsync(Host, Node, Token, "--max-share", "50");
        await SendAsync(HttpMethod.Put, Lasting);
        await FaultsAsync(agent, 2);
        // All others have had their turn by then: the mean wait is a third of a second.
        await Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System, Token);

        await agent.UntilAsync("they are counted", async () => Attacks().IsMatch(await Node.Http.GetStringAsync(new Uri("metrics", UriKind.Relative), Token)), Token);
        // Five, with the bell: half of them are two.
        Assert.Equal(2, (await ViewAsync()).GetProperty("faults").EnumerateArray().DistinctBy(fault => Text(fault, "containerId")).Count());
        await HaltAsync(agent);
    }

    [Fact]
    public async Task A_second_agent_on_the_same_faults_is_refused()
    {
        await using var agent = await AgentProcess.StartAsync(Host, Node, Token);

        var (code, output) = await agent.RunAsync(Token, "agent", "--host", NodeProcess.Host, "--data", agent.DataDirectory);

        // Not 1, after which it would not be started again: it may be a halt that has the directory.
        Assert.True(code == 75 && output.Contains("an agent is at work", StringComparison.Ordinal), output);
    }

    [Fact]
    public async Task What_shares_the_network_of_a_container_is_not_harmed_through_it()
    {
        await Host.RunContainerAsync("guest", Token, "--network", "container:one", "--label", "hms.chaos=deny");
        await using var agent = await AgentProcess.StartAsync(Host, Node, Token, "--max-share", "100");

        // One attack after another: of a container that is skipped, too, an attack lasts its time.
        await SendAsync(HttpMethod.Put, """{"heavy": 100, "balance": 0, "frequency": 0.1, "duration": 0.2, "seed": 1, "kinds": ["loss", "disconnect"]}""");
        await agent.UntilAsync("both kinds are skipped", () => Task.FromResult(
            agent.Log.Contains("Loss of one is skipped: guest shares its network", StringComparison.Ordinal)
            && agent.Log.Contains("Disconnect of one is skipped: guest shares its network", StringComparison.Ordinal)), Token);

        await SendAsync(HttpMethod.Post, """{"balance": 100, "kinds": ["stop", "kill"]}""");
        await agent.UntilAsync("both are skipped", () => Task.FromResult(
            agent.Log.Contains("Stop of one is skipped: guest shares its network", StringComparison.Ordinal)
            && agent.Log.Contains("Kill of one is skipped: guest shares its network", StringComparison.Ordinal)), Token);

        Assert.DoesNotContain("of one (fault", agent.Log, StringComparison.Ordinal);
        await HaltAsync(agent);
    }

    [Fact]
    public async Task A_node_that_dies_comes_back_to_an_agent_that_goes_on_as_told()
    {
        // There is no such program, so that it is never killed: it is enough that it is not tried.
        await using var agent = await AgentProcess.StartAsync(Host, Node, Token, "--max-share", "100", "--lab", "none", "none", "none");
        await SendAsync(HttpMethod.Put, Lasting.Replace("[\"loss\"", "[\"killSilo\", \"loss\"", StringComparison.Ordinal));
        await FaultsAsync(agent, 1);
        await Node.KillAsync(Token);
        await agent.UntilAsync("nothing new is begun", () => Task.FromResult(agent.Log.Contains("KillSilo of the host is skipped: the cluster does not answer", StringComparison.Ordinal)), Token);
        Node.StartAgain();
        await Node.UntilReadyAsync(Token);

        await agent.UntilAsync("it goes on", async () => Text(await ViewAsync(), "state") == "running", Token);
        Assert.Equal(3600, (await ViewAsync()).GetProperty("scenario").GetProperty("duration").GetDouble());
        await HaltAsync(agent);
        await NothingIsLeftAsync();
    }

    /// <summary>It is started again, as systemd does, and the node still knows that it is to attack.</summary>
    private async Task ItStaysHaltedAsync(AgentProcess agent)
    {
        agent.StartAgain();
        await agent.UntilAsync("it is off", async () => Text(await ViewAsync(), "state") == "off", Token);
        await NothingIsLeftAsync();
    }

    private async Task HaltAsync(AgentProcess agent)
    {
        if (agent.HasExited)
        {
            await UntilMissingAsync();
            agent.StartAgain();
        }
        await agent.UntilAsync("the node knows it", async () => Text(await ViewAsync(), "state") != "missing", Token);
        await SendAsync(HttpMethod.Delete);
        await agent.UntilAsync("it is off", async () => Text(await ViewAsync(), "state") == "off", Token);
    }

    private async Task<JsonElement> SendAsync(HttpMethod method, string? body = null)
    {
        using var request = new HttpRequestMessage(method, _path);
        request.Content = body is null ? null : new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        using var reply = await Node.Http.SendAsync(request, Token);
        var text = await reply.Content.ReadAsStringAsync(Token);
        Assert.True(reply.IsSuccessStatusCode, text);
        return JsonElement.Parse(text);
    }

    private async Task<JsonElement> ViewAsync() => await Node.Http.GetFromJsonAsync<JsonElement>(new Uri(_path, UriKind.Relative), Token);

    /// <summary>The faults that are there, once there are so many. A plan whose attacks came too late for a slow machine is followed by another.</summary>
    private async Task<List<string>> FaultsAsync(AgentProcess agent, int atLeast)
    {
        List<string> faults = [];
        var (began, seed) = (TimeProvider.System.GetTimestamp(), 1);
        await agent.UntilAsync($"{atLeast} faults are there", async () =>
        {
            faults = [.. (await ViewAsync()).GetProperty("faults").EnumerateArray().Select(fault => Text(fault, "id"))];
            if (faults.Count < atLeast && TimeProvider.System.GetElapsedTime(began) > TimeSpan.FromSeconds(5) * seed)
            {
                using var body = JsonContent.Create(new { seed = ++seed });
                using var reply = await Node.Http.PostAsync(new Uri(_path, UriKind.Relative), body, Token);
            }
            return faults.Count >= atLeast;
        }, Token);
        return faults;
    }

    private Task UntilMissingAsync() => Node.UntilAsync("no agent reports", async () => Text(await ViewAsync(), "state") == "missing", Token);

    private async Task<string> RestartsAsync(string name) => $"{(await Node.ContainerAsync(name, Token)).GetProperty("restarts").GetInt32()}";

    private async Task AllAreWellAsync()
    {
        foreach (var name in Names)
        {
            await Node.UntilContainerAsync(name, view => Text(view, "health") == "healthy", Token);
        }
    }

    /// <summary>No container is paused, hangs, loses packets or is off its network. One that is just being healed has nothing that could be left in it.</summary>
    private async Task NothingIsLeftAsync()
    {
        foreach (var name in Names)
        {
            while (!await IsCleanAsync(name))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, Token);
            }
        }
    }

    /// <returns>False when it was restarted meanwhile: to be looked at again.</returns>
    private async Task<bool> IsCleanAsync(string name)
    {
        var state = await StateAsync();
        var (paused, pid, address) = (state[0], state[1], state[2]);
        Assert.Equal("false", paused);
        if (pid == "0")
        {
            return true;
        }
        try
        {
            var stat = await File.ReadAllTextAsync($"/proc/{pid}/stat", Token);
            var rules = await Command.RunAsync("nsenter", Token, "-t", pid, "-n", "iptables", "-w", "-S");
            Assert.NotEqual('T', stat[stat.LastIndexOf(')') + 2]);
            Assert.DoesNotContain("hms-chaos", rules, StringComparison.Ordinal);
            Assert.NotEqual("", address);
            return true;
        }
        catch (Exception e) when (e is IOException or InvalidOperationException)
        {
            // The engine learns of a death a moment after it.
            if ((await StateAsync())[1] == pid && IsAlive(pid))
            {
                throw;
            }
            return false;
        }

        static bool IsAlive(string pid)
        {
            try
            {
                return File.ReadAllText($"/proc/{pid}/stat") is var stat && stat[stat.LastIndexOf(')') + 2] is not ('Z' or 'X');
            }
            catch (IOException)
            {
                return false;
            }
        }

        async Task<string[]> StateAsync() =>
            (await Host.Docker(Token, "inspect", "-f", "{{.State.Paused}}|{{.State.Pid}}|{{.NetworkSettings.IPAddress}}", name)).Trim().Split('|');
    }

    [GeneratedRegex("""(?m)^hms_attacks\{.*host="127\.0\.0\.1".*kind=".+".*\} [1-9]""")]
    private static partial Regex Attacks();

    private static string Text(JsonElement view, string property) => view.GetProperty(property).GetString()!;

    public sealed class Fixture(EngineFixture engine) : NodeFixture(engine);
}
