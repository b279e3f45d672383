using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using HmsOrleans.Tests.Engine;
using HmsOrleans.Tests.Icmp;
using Xunit;

namespace HmsOrleans.Tests.Deploy;

/// <summary>deploy/compose.yaml, brought up: PostgreSQL, node and API as containers of the engine that the node watches.</summary>
[Collection<EngineCollection>]
public sealed partial class SiteTests(EngineFixture engine) : IAsyncLifetime
{
    private const string Mine = "label=com.docker.compose.project=deploy";

    private readonly HttpClient _api = new() { BaseAddress = new Uri("http://127.0.0.1:8080/"), Timeout = TimeSpan.FromSeconds(10) };
    private readonly HttpClient _node = new() { BaseAddress = new Uri("http://127.0.0.1:8081/"), Timeout = TimeSpan.FromSeconds(10) };
    private string _address = "";
    private Site? _site;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private DockerHost Host => engine.Host;

    private string Web => $"containers/{_address}/web";

    private Site Deployed => _site ?? throw new InvalidOperationException("not initialized");

    public async ValueTask InitializeAsync()
    {
        ProbedNetwork.PermitDatagram(false);
        await engine.BuildNodeImageAsync(Token);
        // As other machines would reach it: not by the loopback.
        _address = await Host.Docker(Token, "network", "inspect", "-f", "{{(index .IPAM.Config 0).Gateway}}", "bridge");
        _site = new Site(
            Host.CommandLine,
            $"HMS_HOST_ADDRESS={_address}", "HMS_DB_PASSWORD=of-the-test", $"DOCKER_GID={await Command.RunAsync("stat", Token, "-c", "%g", Host.SocketPath)}",
            $"Hms__Docker__Endpoint=unix:///host{Host.SocketPath}", "Hms__Health__StartGrace=00:00:00.3", "Hms__Health__RecoveredAfter=00:00:01");
        await PostgresImage.ImportAsync(Host, DatabaseImage().Match(await _site.ComposeAsync(Token, "config")).Groups[1].Value, Token);
    }

    public async ValueTask DisposeAsync()
    {
        _api.Dispose();
        _node.Dispose();
        if (_site is not null)
        {
            await _site.ComposeAsync(CancellationToken.None, "down", "-v");
            _site.Dispose();
        }
        await Host.RemoveAllAsync(CancellationToken.None);
    }

    [Fact]
    public async Task It_heals_outlives_its_node_keeps_what_was_set_and_leaves_nothing()
    {
        var volumes = await Host.Docker(Token, "volume", "ls", "-q");

        await Deployed.ComposeAsync(Token, "up", "-d");
        // Ready, not degraded: in the cluster, with raw ICMP, and its settings saved.
        await UntilReadyAsync();
        await Host.RunContainerAsync("web", Token);
        await UntilWebIsWellAsync();
        // What is the site's own is left to Docker.
        var host = Assert.Single((await UntilAsync(_api, "containers", view => view[0].GetProperty("containers").GetArrayLength() == 4)).EnumerateArray());
        Assert.Equal(_address, Text(host, "address"));
        Assert.Equal(
            ["api ignored", "db ignored", "silo ignored", "web healthy"],
            host.GetProperty("containers").EnumerateArray().Select(view => $"{ServiceName().Replace(Text(view, "name"), "$1")} {Text(view, "health")}"));
        await KillWebUntilHealedAsync();

        await SetThresholdAsync("containers", 70);
        await SetThresholdAsync(Web, 85);

        var silo = await Host.Docker(Token, "ps", "-q", "--filter", Mine, "--filter", "label=com.docker.compose.service=silo");
        await Command.SignalAsync("KILL", [await Host.PidOf(silo, Token)]);
        await UntilAsync("the engine has started the node again", async () => await Host.Docker(Token, "inspect", "-f", "{{.RestartCount}}", silo) == "1");
        await UntilReadyAsync();
        await KillWebUntilHealedAsync();

        // As when the machine was started again: all three at once, whoever needs whom. What has no restart policy is the node's to start.
        await Host.RestartAsync(liveRestore: false, Token);
        await UntilReadyAsync();
        await UntilWebIsWellAsync();
        await UntilAsync("the health checks pass", async () => Count(await Host.Docker(Token, "ps", "-q", "--filter", Mine, "--filter", "health=healthy")) == 3);

        // The base of the image has no Kerberos, and nobody is to complain of it.
        Assert.DoesNotContain("library", await Deployed.ComposeAsync(Token, "logs", "--no-color", "silo", "api"), StringComparison.OrdinalIgnoreCase);

        await Deployed.ComposeAsync(Token, "down");
        Assert.Equal("web", await Host.Docker(Token, "ps", "-a", "--format", "{{.Names}}"));
        await Host.Docker(Token, "kill", "web");
        await Deployed.ComposeAsync(Token, "up", "-d");
        await UntilReadyAsync();
        var kept = await UntilWebIsWellAsync();
        Assert.Equal(85, kept.GetProperty("threshold").GetDouble());
        Assert.Equal(70, (await UntilAsync(_api, "settings", _ => true)).GetProperty("threshold").GetDouble());

        await Deployed.ComposeAsync(Token, "down", "-v");
        Assert.Equal("web", await Host.Docker(Token, "ps", "-a", "--format", "{{.Names}}"));
        Assert.Equal("", await Host.Docker(Token, "network", "ls", "-q", "--filter", Mine));
        Assert.Equal(volumes, await Host.Docker(Token, "volume", "ls", "-q"));
    }

    private static string Text(JsonElement view, string property) => view.GetProperty(property).GetString()!;

    private static int Count(string lines) => lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length;

    private Task<JsonElement> UntilReadyAsync() => UntilAsync(_node, "readyz", reply => Text(reply, "status") == "ready");

    private Task<JsonElement> UntilWebIsWellAsync(int restarts = 0) =>
        UntilAsync(_api, Web, view => Text(view, "health") == "healthy" && view.GetProperty("restarts").GetInt32() >= restarts);

    private async Task KillWebUntilHealedAsync()
    {
        var before = (await UntilWebIsWellAsync()).GetProperty("restarts").GetInt32();
        await Host.Docker(Token, "kill", "web");
        await UntilWebIsWellAsync(before + 1);
    }

    private async Task SetThresholdAsync(string path, double percent)
    {
        using var reply = await _api.PostAsJsonAsync(new Uri(path, UriKind.Relative), new { threshold = percent }, Token);
        // 200, not 202: it is saved.
        Assert.Equal(HttpStatusCode.OK, reply.StatusCode);
    }

    private Task<JsonElement> UntilAsync(HttpClient program, string path, Func<JsonElement, bool> wanted) => Patiently.UntilAsync(program, path, wanted);

    private Task UntilAsync(string what, Func<Task<bool>> holds) => Patiently.UntilAsync(what, holds);

    private Patient Patiently => new(() => Deployed.ComposeAsync(Token, "logs", "--no-color", "--tail", "40"));

    [GeneratedRegex(@"image: (postgres:\S+)")]
    private static partial Regex DatabaseImage();

    /// <summary>deploy_silo_1, or deploy-silo-1.</summary>
    [GeneratedRegex("^deploy[-_](.+)[-_]1$")]
    private static partial Regex ServiceName();
}
