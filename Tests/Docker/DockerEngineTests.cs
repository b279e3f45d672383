using System.Net;
using System.Net.Sockets;
using HmsOrleans.Grains.Engine;
using HmsOrleans.Silo.Docker;
using HmsOrleans.Tests.Engine;
using Microsoft.Extensions.Options;
using Xunit;

namespace HmsOrleans.Tests.Docker;

/// <summary>What the adapter makes of a real engine's answers, and of those that do not come.</summary>
[Collection<EngineCollection>]
public sealed class DockerEngineTests(EngineFixture engine) : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly DockerHost _host = engine.Host;
    private readonly DockerEngine _engine = new(Options.Create(new DockerOptions { Endpoint = engine.Host.Socket }));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        _engine.Dispose();
        await _host.RemoveAllAsync(CancellationToken.None);
    }

    [Fact]
    public async Task A_plain_container_is_described_with_the_engines_defaults()
    {
        var id = await _host.RunContainerAsync("web", Token);

        var web = await DescribeAsync(id);
        Assert.Equal((id, "web", DockerHost.IdleImage, ContainerState.Running), (web.Id, web.Name, web.Image, web.State));
        Assert.Equal((await _host.PidOf("web", Token), HealthCheck.None, "no", false), (web.Pid, web.HealthCheck, web.RestartPolicy, web.AutoRemove));
        Assert.Equal((TimeSpan.FromSeconds(10), 0, false), (web.StopTimeout, web.EngineRestarts, web.OutOfMemory));
        var address = Assert.Single(web.Addresses);
        Assert.Equal(("bridge", await _host.AddressOf("web", Token), 24), (address.Network, address.Address, address.PrefixLength));
        Assert.InRange(TimeProvider.System.GetUtcNow() - web.StartedAt!.Value, TimeSpan.Zero, TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task What_was_asked_for_is_described()
    {
        var id = await _host.RunContainerAsync(
            "odd", Token, "--stop-timeout", "42", "--restart", "unless-stopped", "--label", "hms.threshold=30", "--label", "other=x=y",
            "--health-cmd", "true", "--health-interval", "1h");
        var once = await _host.RunContainerAsync("once", Token, "--rm", "--restart", "no", "--stop-timeout", "0");

        var odd = await DescribeAsync(id);
        Assert.Equal((TimeSpan.FromSeconds(42), "unless-stopped", HealthCheck.Starting), (odd.StopTimeout, odd.RestartPolicy, odd.HealthCheck));
        Assert.Equal(("30", "x=y"), (odd.Labels["hms.threshold"], odd.Labels["other"]));
        var brief = await DescribeAsync(once);
        Assert.Equal((TimeSpan.Zero, true, "no"), (brief.StopTimeout, brief.AutoRemove, brief.RestartPolicy));
    }

    [Fact]
    public async Task The_verdict_of_a_health_check_is_described()
    {
        string[] often = ["--health-interval", "200ms", "--health-retries", "1"];
        var good = await _host.RunContainerAsync("good", Token, ["--health-cmd", "true", .. often]);
        var bad = await _host.RunContainerAsync("bad", Token, ["--health-cmd", "false", .. often]);

        await UntilAsync(good, container => container.HealthCheck == HealthCheck.Healthy);
        await UntilAsync(bad, container => container.HealthCheck == HealthCheck.Unhealthy);
    }

    [Fact]
    public async Task All_addresses_of_all_its_bridges_are_described_IPv6_too()
    {
        await _host.Docker(Token, "network", "create", "left");
        await _host.Docker(Token, "network", "create", "--ipv6", "--subnet", "fd00:77::/64", "right");
        var id = await _host.Docker(Token, "create", "--name", "both", "--network", "left", DockerHost.IdleImage);
        await _host.Docker(Token, "network", "connect", "right", "both");
        await _host.Docker(Token, "start", "both");

        var both = await DescribeAsync(id);
        Assert.Equal(["left", "right", "right"], both.Addresses.Select(address => address.Network));
        Assert.Equal(
            [AddressFamily.InterNetwork, AddressFamily.InterNetwork, AddressFamily.InterNetworkV6],
            both.Addresses.Select(address => address.Address.AddressFamily));
        Assert.Equal(IPAddress.Parse("fd00:77::2"), both.Addresses[2].Address);
        Assert.Equal(64, both.Addresses[2].PrefixLength);
        Assert.Equal("left", both.NetworkMode);

        // A bridge that was made after the first question is known too, and one that was left is not told of.
        await _host.Docker(Token, "network", "create", "late");
        await _host.Docker(Token, "network", "connect", "late", "both");
        await _host.Docker(Token, "network", "disconnect", "left", "both");
        Assert.Equal(["late", "right", "right"], (await DescribeAsync(id)).Addresses.Select(address => address.Network));
    }

    [Fact]
    public async Task Without_a_network_of_its_own_it_has_no_address()
    {
        var other = await _host.RunContainerAsync("other", Token);
        foreach (var (network, mode) in new[] { ("host", "host"), ("none", "none"), ("container:other", $"container:{other}") })
        {
            var id = await _host.RunContainerAsync($"on-{network[..4]}", Token, "--network", network);
            var container = await DescribeAsync(id);
            Assert.Equal((ContainerState.Running, mode), (container.State, container.NetworkMode));
            Assert.Empty(container.Addresses);
        }
    }

    [Fact]
    public async Task One_that_does_not_run_has_no_address_and_one_that_is_paused_has()
    {
        var id = await _host.Docker(Token, "create", "--name", "web", DockerHost.IdleImage);
        var made = await DescribeAsync(id);
        Assert.Equal((ContainerState.Created, null, 0), (made.State, made.StartedAt, made.Pid));
        Assert.Empty(made.Addresses);

        await _engine.StartAsync(id, Token);
        await _engine.StartAsync(id, Token); // it runs already: nothing happens
        await _host.Docker(Token, "pause", "web");
        var paused = await DescribeAsync(id);
        Assert.Equal(ContainerState.Paused, paused.State);
        Assert.Single(paused.Addresses);
        await _host.Docker(Token, "unpause", "web");

        await _host.Docker(Token, "kill", "web");
        var ended = await UntilAsync(id, container => container.State == ContainerState.Exited);
        Assert.Equal((137, 0, false), (ended.ExitCode, ended.Pid, ended.OutOfMemory));
        Assert.Empty(ended.Addresses);
    }

    [Fact]
    public async Task Want_of_memory_in_the_run_before_is_not_said_of_this_one()
    {
        // Eats its memory in its first run only.
        var id = await _host.Docker(
            Token, "run", "-d", "--memory", "24m", "--memory-swap", "24m", DockerHost.IdleImage,
            "sh", "-c", "[ -f /eaten ] && exec sleep 3600; touch /eaten; exec dd if=/dev/zero of=/dev/null bs=256M");
        Assert.Equal(137, (await UntilAsync(id, container => container.State == ContainerState.Exited)).ExitCode);

        await _engine.StartAsync(id, Token);
        var runs = await DescribeAsync(id);
        Assert.Equal((ContainerState.Running, false), (runs.State, runs.OutOfMemory));
    }

    [Fact]
    public async Task The_engines_own_restarts_are_described()
    {
        var id = await _host.Docker(Token, "run", "-d", "--restart", "always", DockerHost.IdleImage, "false");

        var loop = await UntilAsync(id, container => container is { State: ContainerState.Restarting, EngineRestarts: > 1 });
        Assert.Empty(loop.Addresses);
        Assert.Equal(("always", 1), (loop.RestartPolicy, loop.ExitCode));
    }

    [Fact]
    public async Task A_restart_makes_a_new_process_with_or_without_waiting()
    {
        var id = await _host.RunContainerAsync("web", Token);
        var stubborn = await _host.Docker(Token, "run", "-d", "--name", "stubborn", DockerHost.IdleImage, "sh", "-c", "trap '' TERM; while :; do sleep 1; done");
        foreach (var (container, stopTimeout, signals) in new (string, TimeSpan?, int)[] { (id, null, 1), (id, TimeSpan.Zero, 1), (stubborn, TimeSpan.FromSeconds(0.4), 2) })
        {
            if (container == id)
            {
                await _host.UntilItHearsAsync("web", Token);
            }
            var before = await DescribeAsync(container);
            await using var journal = await EngineJournal.OpenAsync(_host, Token);
            await _engine.RestartAsync(container, stopTimeout, Limit, Token);
            var after = await DescribeAsync(container);

            Assert.Equal(ContainerState.Running, after.State);
            Assert.NotEqual(before.Pid, after.Pid);
            Assert.True(after.StartedAt > before.StartedAt);
            await journal.UntilAsync(before.Name, "start", Token);
            Assert.Equal(signals, journal.Count(before.Name, "kill"));
        }
    }

    [Fact]
    public async Task An_unknown_container_is_refused_in_the_engines_words_and_described_as_nothing()
    {
        var unknown = new string('e', 64);
        Assert.Contains("No such container", (await Assert.ThrowsAsync<EngineRefusedException>(() => _engine.StartAsync(unknown, Token))).Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<EngineRefusedException>(() => _engine.RestartAsync(unknown, null, Limit, Token));
        await Assert.ThrowsAsync<EngineRefusedException>(() => _engine.RestartAsync(unknown, TimeSpan.Zero, Limit, Token));
        Assert.Null(await _engine.InspectAsync(unknown, Token));
    }

    [Fact]
    public async Task A_stopped_container_is_restarted_even_when_nothing_is_waited_for()
    {
        var id = await _host.RunContainerAsync("web", Token);
        await _host.Docker(Token, "kill", "web"); // it died between the order and now

        await _engine.RestartAsync(id, TimeSpan.Zero, Limit, Token);
        Assert.Equal(ContainerState.Running, (await DescribeAsync(id)).State);
    }

    [Fact]
    public async Task One_that_the_engine_removes_at_its_end_outlives_a_restart_that_waits_for_nothing()
    {
        var id = await _host.RunContainerAsync("once", Token, "--rm");
        var before = await DescribeAsync(id);

        await _engine.RestartAsync(id, TimeSpan.Zero, Limit, Token);
        var after = await DescribeAsync(id);
        Assert.Equal(ContainerState.Running, after.State);
        Assert.NotEqual(before.Pid, after.Pid);
    }

    [Fact]
    public async Task What_cannot_start_is_refused_in_the_engines_words()
    {
        var id = await _host.Docker(Token, "create", DockerHost.IdleImage, "/no/such/program");
        var refused = await Assert.ThrowsAsync<EngineRefusedException>(() => _engine.StartAsync(id, Token));
        Assert.Contains("/no/such/program", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_frozen_engine_is_silent_within_the_limit()
    {
        var id = await _host.RunContainerAsync("web", Token);
        await _engine.PingAsync(Token);
        await _host.FreezeAsync(Token);
        try
        {
            Assert.Equal("no answer within 1 s", (await Assert.ThrowsAsync<EngineSilentException>(() => _engine.PingAsync(Token))).Message);
            Assert.Equal("no answer within 0.5 s", (await Assert.ThrowsAsync<EngineSilentException>(
                () => _engine.RestartAsync(id, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(0.5), Token))).Message);
            await Assert.ThrowsAsync<EngineSilentException>(() => _engine.InspectAsync(id, Token));
        }
        finally
        {
            await _host.ThawAsync();
        }
        await _engine.PingAsync(Token);
    }

    [Fact]
    public async Task A_missing_socket_is_silence_with_its_reason()
    {
        _host.HideSocket();
        try
        {
            Assert.Equal($"there is no socket {_host.SocketPath}", (await Assert.ThrowsAsync<EngineSilentException>(() => _engine.PingAsync(Token))).Message);
        }
        finally
        {
            _host.ShowSocket();
        }
        await _engine.PingAsync(Token);
    }

    [Fact]
    public async Task An_engine_that_is_gone_is_silence_with_its_reason()
    {
        var id = await _host.RunContainerAsync("web", Token);
        await _engine.PingAsync(Token);
        await _host.KillAsync(Token);
        try
        {
            var silent = await Assert.ThrowsAsync<EngineSilentException>(() => _engine.InspectAsync(id, Token));
            Assert.NotEmpty(silent.Message);
            Assert.Equal("Connection refused", (await Assert.ThrowsAsync<EngineSilentException>(() => _engine.PingAsync(Token))).Message);
        }
        finally
        {
            await _host.RestartAsync(liveRestore: true, Token);
        }
        Assert.Equal(ContainerState.Running, (await DescribeAsync(id)).State);
    }

    [Fact]
    public async Task A_caller_who_gives_up_is_told_so_and_not_that_the_engine_is_silent()
    {
        await _host.FreezeAsync(Token);
        try
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(0.2), TimeProvider.System);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _engine.PingAsync(patience.Token));
        }
        finally
        {
            await _host.ThawAsync();
        }
    }

    private async Task<EngineContainer> DescribeAsync(string id) =>
        await _engine.InspectAsync(id, Token) ?? throw new InvalidOperationException($"the engine knows no {id}");

    private async Task<EngineContainer> UntilAsync(string id, Func<EngineContainer, bool> wanted)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1), TimeProvider.System);
        while (true)
        {
            if (await DescribeAsync(id) is var container && wanted(container))
            {
                return container;
            }
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, patience.Token);
        }
    }
}
