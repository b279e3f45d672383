using System.Globalization;
using System.Text.RegularExpressions;
using Xunit;

namespace HmsOrleans.Tests.Engine;

[Collection<EngineCollection>]
public sealed class DockerHostTests(EngineFixture engine) : IAsyncLifetime
{
    private readonly DockerHost _host = engine.Host;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync() => await _host.RemoveAllAsync(CancellationToken.None);

    [Fact]
    public async Task A_container_runs_and_ends_at_once_on_SIGTERM()
    {
        var id = await _host.RunContainerAsync("calm", Token);
        Assert.Matches("^[0-9a-f]{64}$", id);
        Assert.Equal("true", await StateAsync("calm", "Running"));
        Assert.True(Directory.Exists($"/proc/{await _host.PidOf("calm", Token)}"));

        await _host.UntilItHearsAsync("calm", Token);
        await _host.Docker(Token, "stop", "calm");
        Assert.NotEqual("137", await StateAsync("calm", "ExitCode")); // or the engine would have had to kill it
        await Assert.ThrowsAsync<InvalidOperationException>(() => _host.PidOf("calm", Token));
    }

    [Fact]
    public async Task The_docker_command_says_why_it_failed()
    {
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => _host.Docker(Token, "start", "nobody"));
        Assert.Contains("No such container: nobody", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Events_arrive_in_the_engines_order_with_exit_codes()
    {
        var id = await _host.RunContainerAsync("dying", Token);
        var events = await _host.EventsAsync(Token);
        await _host.Docker(Token, "kill", "dying");
        await _host.Docker(Token, "start", "dying");

        var seen = new List<EngineEvent>();
        await foreach (var fact in events)
        {
            seen.Add(fact);
            if (fact is { Type: "container", Action: "start" })
            {
                break;
            }
        }

        var container = seen.Where(e => e.Type == "container").ToList();
        Assert.Equal(["kill", "die", "start"], container.Select(e => e.Action));
        Assert.All(container, e => Assert.Equal((id, "dying"), (e.Id, e.Name)));
        Assert.Equal(137, container[1].ExitCode);
        Assert.Equal(container.OrderBy(e => e.At), container);
        Assert.InRange(TimeProvider.System.GetUtcNow() - container[2].At, TimeSpan.Zero, TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Killed_and_started_with_live_restore_the_container_is_the_same_process()
    {
        await _host.RunContainerAsync("survivor", Token);
        var before = await _host.PidOf("survivor", Token);
        var events = await _host.EventsAsync(Token);

        await _host.KillAsync(Token);
        await foreach (var _ in events)
        {
            // the stream ends with the engine
        }

        Assert.True(Directory.Exists($"/proc/{before}"));
        await Assert.ThrowsAsync<InvalidOperationException>(() => _host.Docker(Token, "ps"));

        await _host.RestartAsync(liveRestore: true, Token);
        Assert.Equal(before, await _host.PidOf("survivor", Token));
    }

    [Fact]
    public async Task Killed_and_started_without_live_restore_the_container_is_stopped()
    {
        await _host.RunContainerAsync("victim", Token);
        await _host.KillAsync(Token);
        await _host.RestartAsync(liveRestore: false, Token);

        // The engine that starts stops what it finds running: 143 where the process heeds SIGTERM, as ours does, else 137.
        Assert.Equal("false 143", $"{await StateAsync("victim", "Running")} {await StateAsync("victim", "ExitCode")}");
    }

    [Fact]
    public async Task A_frozen_engine_answers_only_when_thawed()
    {
        await _host.FreezeAsync(Token);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(1), TimeProvider.System);
        try
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _host.Docker(patience.Token, "ps"));
        }
        finally
        {
            await _host.ThawAsync();
        }

        await _host.Docker(Token, "ps");
    }

    [Fact]
    public async Task A_hidden_socket_is_not_there_and_comes_back()
    {
        _host.HideSocket();
        try
        {
            await Assert.ThrowsAsync<InvalidOperationException>(() => _host.Docker(Token, "ps"));
        }
        finally
        {
            _host.ShowSocket();
        }

        await _host.Docker(Token, "ps");
    }

    [Theory]
    [InlineData(0.6, 45, 75)]
    [InlineData(1.0, 100, 100)]
    public async Task Dropped_packets_are_lost_in_the_share_asked_for(double probability, double least, double most)
    {
        await _host.RunContainerAsync("lossy", Token);
        Assert.Equal(0, await LossAsync("lossy"));

        await _host.DropPacketsAsync("lossy", probability, Token);
        Assert.InRange(await LossAsync("lossy"), least, most); // 200 probes: three standard deviations are 10 %

        await _host.StopDroppingAsync("lossy", Token);
        Assert.Equal(0, await LossAsync("lossy"));
    }

    [Fact]
    public async Task Packets_of_the_hosts_own_network_are_never_dropped()
    {
        await _host.RunContainerAsync("hostnet", Token, "--network", "host");
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => _host.DropPacketsAsync("hostnet", 1, Token));
        Assert.Contains("no network namespace of its own", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_is_left_of_an_engine_even_when_it_was_frozen_with_its_containers_running()
    {
        var interfaces = Remains.Interfaces().Where(i => !i.StartsWith("veth", StringComparison.Ordinal)).Order().ToList();
        var earlier = ShimSockets();
        Remains remains;
        await using (var other = await DockerHost.StartAsync(Token))
        {
            remains = new Remains(Path.GetFileName(other.RunDirectory));
            await other.Docker(Token, "network", "create", "other-net");
            await other.RunContainerAsync("first", Token, "--network", "other-net");
            await other.RunContainerAsync("second", Token, "--init");
            Assert.NotEmpty(remains.Engine());
            Assert.NotEmpty(remains.Contained());
            Assert.NotEmpty(remains.Mounts());
            Assert.NotEmpty(remains.Cgroups());
            Assert.NotEmpty(remains.Bridges());
            await other.FreezeAsync(Token);
        }

        Assert.Empty(remains.Engine());
        Assert.Empty(remains.Contained());
        Assert.Empty(remains.Mounts());
        Assert.Empty(remains.Cgroups());
        Assert.False(Directory.Exists(remains.RunDirectory));
        Assert.False(Directory.Exists(remains.DataDirectory));
        Assert.Equal(interfaces, Remains.Interfaces().Where(i => !i.StartsWith("veth", StringComparison.Ordinal)).Order());
        Assert.Empty(ShimSockets().Except(earlier));
    }

    private static string[] ShimSockets() => Directory.Exists("/run/containerd/s") ? Directory.GetFiles("/run/containerd/s") : [];

    private Task<string> StateAsync(string name, string what) => _host.Docker(Token, "inspect", "-f", $"{{{{.State.{what}}}}}", name);

    /// <summary>Percent lost of 200 pings at 2 ms.</summary>
    private async Task<double> LossAsync(string name)
    {
        var address = await _host.AddressOf(name, Token);
        var report = await Command.RunAsync("/bin/sh", Token, "-c", $"ping -n -q -c 200 -i 0.002 -W 1 {address} || :");
        return double.Parse(Regex.Match(report, "([0-9.]+)% packet loss").Groups[1].Value, CultureInfo.InvariantCulture);
    }
}
