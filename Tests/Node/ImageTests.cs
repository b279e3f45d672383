using System.Text.Json;
using HmsOrleans.Tests.Engine;
using HmsOrleans.Tests.Icmp;
using Xunit;

namespace HmsOrleans.Tests.Node;

/// <summary>The node as deploy/image.sh packs it: a container of the very engine whose containers it heals, and not as root.</summary>
[Collection<EngineCollection>]
public sealed class ImageTests(EngineFixture engine) : IAsyncLifetime
{
    private const string Address = "127.0.0.1";

    private readonly HttpClient _http = new() { BaseAddress = new Uri("http://127.0.0.1:8090/"), Timeout = TimeSpan.FromSeconds(10) };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private DockerHost Host => engine.Host;

    public async ValueTask InitializeAsync()
    {
        ProbedNetwork.PermitDatagram(false);
        await engine.BuildNodeImageAsync(Token);
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await Host.RemoveAllAsync(CancellationToken.None);
    }

    [Fact]
    public async Task It_heals_its_neighbours_outlives_its_engine_and_is_started_again_by_it()
    {
        var group = await Command.RunAsync("stat", Token, "-c", "%g", Host.SocketPath);
        await Host.Docker(
            Token, "run", "-d", "--name", "node", "--label", "hms.enable=false", "--restart", "always",
            "--network", "host", "--pid", "host", "--cgroupns", "host", "--cap-drop", "ALL", "--cap-add", "NET_RAW", "--group-add", group,
            "-v", $"{Host.RunDirectory}:/host/run:ro", "-v", "/sys/fs/cgroup:/sys/fs/cgroup:ro", "--health-interval", "1s",
            "-e", $"Hms__Host__Address={Address}", "-e", $"ASPNETCORE_URLS={_http.BaseAddress}", "-e", "Orleans__Endpoints__SiloPort=11190",
            "-e", "Orleans__Endpoints__GatewayPort=30190", "-e", "Hms__Health__StartGrace=00:00:00.3", "-e", "Hms__Health__RecoveredAfter=00:00:01",
            "hms-orleans:latest");
        // Ready, not degraded: it may use raw ICMP, and save its settings.
        var readyz = await UntilAsync("readyz", reply => Text(reply, "status") == "ready");
        Assert.Equal("raw", Text(readyz.GetProperty("prober"), "mode"));
        var first = await Host.PidOf("node", Token);
        Assert.Contains("Uid:\t1654\t1654\t1654\t1654", await File.ReadAllLinesAsync($"/proc/{first}/status", Token));

        await Host.RunContainerAsync("web", Token);
        await UntilContainerAsync(view => Text(view, "health") == "healthy" && view.GetProperty("memory").ValueKind != JsonValueKind.Null);
        await Host.Docker(Token, "kill", "web");
        await UntilHealedAsync(1);

        // A new engine has a new socket.
        await Host.RestartAsync(liveRestore: true, Token);
        await Host.Docker(Token, "kill", "web");
        await UntilHealedAsync(2);
        Assert.Equal(first, await Host.PidOf("node", Token));

        await Command.SignalAsync("KILL", [first]);
        await UntilAsync("the engine has started it again", async () => await Host.Docker(Token, "inspect", "-f", "{{.RestartCount}}", "node") == "1");
        await UntilAsync("readyz", reply => Text(reply, "status") == "ready");
        await Host.Docker(Token, "kill", "web");
        await UntilContainerAsync(view => Text(view, "health") == "healthy" && view.GetProperty("restarts").GetInt32() > 0);
        await UntilAsync("the health check passes", async () => await Host.Docker(Token, "inspect", "-f", "{{.State.Health.Status}}", "node") == "healthy");

        await Host.Docker(Token, "stop", "node");
        Assert.Equal("0", await Host.Docker(Token, "inspect", "-f", "{{.State.ExitCode}}", "node"));
    }

    private static string Text(JsonElement view, string property) => view.GetProperty(property).GetString()!;

    private Task<JsonElement> UntilHealedAsync(int restarts) =>
        UntilContainerAsync(view => Text(view, "health") == "healthy" && view.GetProperty("restarts").GetInt32() == restarts);

    private Task<JsonElement> UntilContainerAsync(Func<JsonElement, bool> wanted) => UntilAsync($"containers/{Address}/web", wanted);

    private Task<JsonElement> UntilAsync(string path, Func<JsonElement, bool> wanted) => Patiently.UntilAsync(_http, path, wanted);

    private Task UntilAsync(string what, Func<Task<bool>> holds) => Patiently.UntilAsync(what, holds);

    private Patient Patiently => new(() =>
        Command.RunAsync("/bin/sh", Host.CommandLine, Patient.Limit, Token, "-c", "docker logs --tail 50 node 2>&1; docker inspect -f '{{json .State}}' node"));
}
