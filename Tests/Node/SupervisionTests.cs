using System.Net;
using HmsOrleans.Tests.Engine;
using Xunit;

namespace HmsOrleans.Tests.Node;

/// <summary>Whom the node leaves alone, and what it shows of containers that are neither well nor in need of it.</summary>
[Collection<EngineCollection>]
public sealed class SupervisionTests(NodeFixture fixture) : NodeStory(fixture), IClassFixture<NodeFixture>
{
    [Fact]
    public async Task A_paused_container_is_shown_as_paused_and_left_so()
    {
        await RunHealthyAsync("web");
        await Host.Docker(Token, "pause", "web");

        var paused = await Node.UntilContainerAsync("web", view => Text(view, "containerState") == "paused", Token);
        Assert.Equal(("unknown", "unknown", "paused"), (Text(paused, "health"), Text(paused, "serviceState"), Text(paused, "details")));
        await UntilTheNodeHasSeenItAllAsync();
        await AssertHappenedAsync("web", "start");

        await Host.Docker(Token, "unpause", "web");
        await UntilAsync("web", "healthy");
        await AssertHappenedAsync("web", "start");
    }

    [Fact]
    public async Task A_removed_container_is_no_longer_shown_and_does_not_come_back()
    {
        await RunHealthyAsync("web");
        await Host.Docker(Token, "rm", "-f", "web");

        await Node.UntilAsync("web is unknown", async () =>
        {
            using var reply = await SendAsync(HttpMethod.Get, $"containers/{NodeProcess.Host}/web");
            return reply.StatusCode == HttpStatusCode.NotFound;
        }, Token);
        await UntilTheNodeHasSeenItAllAsync();
        await AssertCountAsync(1, "web", "start");
        Assert.DoesNotContain(Journal.Events, e => e.Name == "web" && e.At > Journal.Of("web", "destroy")[0].At);
        Assert.DoesNotContain("a container: removed", Node.Log, StringComparison.Ordinal); // told once, by name
    }

    [Fact]
    public async Task A_restart_loop_is_the_engines_and_shown_as_such()
    {
        await RunAsync("loop", ["--restart", "always"], "false");

        var loop = await Node.UntilContainerAsync("loop", view => Text(view, "health") == "backingOff" && Text(view, "containerState") == "restarting", Token);
        Assert.Contains("under its own policy (always)", Text(loop, "details"), StringComparison.Ordinal);
        await UntilTheNodeHasSeenItAllAsync();
        Assert.Equal(0, Restarts(await Node.ContainerAsync("loop", Token)));
        Assert.Empty(Journal.Of("loop", "restart", "stop", "kill"));
    }

    [Fact]
    public async Task A_container_that_cannot_be_pinged_is_healthy_and_healed_when_it_dies()
    {
        (string Name, string Network)[] all = [("hosts", "host"), ("alone", "none"), ("guest", $"container:{NodeFixture.Bell}")];
        foreach (var (name, network) in all)
        {
            await Host.RunContainerAsync(name, Token, "--network", network);
        }
        foreach (var (name, _) in all)
        {
            var view = await UntilAsync(name, "healthy");
            Assert.Equal(("running", "up"), (Text(view, "containerState"), Text(view, "serviceState")));
            Assert.Empty(Addresses(view));
            Assert.Contains("no address to ping", Text(view, "details"), StringComparison.Ordinal);
        }
        await UntilTheNodeHasSeenItAllAsync();
        foreach (var (name, _) in all)
        {
            await AssertHappenedAsync(name, "start");
            await KillFromOutsideAsync(name);
        }
        foreach (var (name, _) in all)
        {
            Assert.Equal("died", Cause(await UntilHealedAsync(name)));
        }
    }

    [Fact]
    public async Task A_container_whose_health_check_has_not_passed_yet_is_starting()
    {
        await Host.RunContainerAsync("web", Token, "--health-cmd", "test -f /tmp/ok", "--health-interval", "200ms", "--health-start-period", "60s");

        var view = await Node.UntilContainerAsync("web", view => Text(view, "health") == "starting", Token);
        Assert.Contains("health check has not passed", Text(view, "details"), StringComparison.Ordinal);
        await UntilTheNodeHasSeenItAllAsync();
        Assert.Equal("starting", Text(await Node.ContainerAsync("web", Token), "health"));

        await Host.Docker(Token, "exec", "web", "touch", "/tmp/ok");
        await UntilAsync("web", "healthy");
        await AssertHappenedAsync("web", "start");
    }

    [Fact]
    public async Task A_container_that_opted_out_by_label_is_left_alone()
    {
        await Host.RunContainerAsync("ours", Token, "--label", "hms.enable=false");
        await Host.RunContainerAsync("autoheals", Token, "--label", "autoheal=false");
        await UntilAsync("ours", "ignored");
        await UntilAsync("autoheals", "ignored");
        await Host.Docker(Token, "kill", "ours", "autoheals");

        await UntilTheNodeHasSeenItAllAsync();
        foreach (var name in (string[])["ours", "autoheals"])
        {
            await AssertHappenedAsync(name, "start", "kill", "die");
            var view = await Node.UntilContainerAsync(name, view => Text(view, "containerState") == "exited", Token);
            Assert.Equal(("ignored", "unknown"), (Text(view, "health"), Text(view, "serviceState")));
        }
    }

    [Fact]
    public async Task An_ignored_container_is_left_alone_until_it_is_put_back()
    {
        await RunHealthyAsync("web");
        Assert.Equal("ignored", Text(await GoodAsync(HttpMethod.Delete, $"containers/{NodeProcess.Host}/web"), "health"));
        await Host.Docker(Token, "kill", "web");
        await UntilTheNodeHasSeenItAllAsync();
        await AssertHappenedAsync("web", "start", "kill", "die");

        await GoodAsync(HttpMethod.Put, $"containers/{NodeProcess.Host}/web");
        await UntilHealedAsync("web");
        await AssertHappenedAsync("web", "start", "kill", "die", "start");
    }

    [Fact]
    public async Task A_restart_on_demand_is_carried_out_and_no_fault_of_the_container()
    {
        await RunHealthyAsync("web");
        Assert.Equal("restarting", Text(await GoodAsync(HttpMethod.Post, $"containers/{NodeProcess.Host}/web/restart"), "health"));

        Assert.Null(Cause(await UntilHealedAsync("web")));
        await UntilTheNodeHasSeenItAllAsync();
        await AssertHappenedAsync("web", "start", "kill", "die", "stop", "start", "restart");
    }

    [Fact]
    public async Task Never_means_that_nothing_is_done_to_it()
    {
        await RunMortalAsync("web", "--label", "hms.restart=never");
        await UntilAsync("web", "healthy");
        await EndAsync("web", 1);

        var view = await Node.UntilContainerAsync("web", view => Text(view, "containerState") == "exited", Token);
        Assert.Equal(("unknown", "down"), (Text(view, "health"), Text(view, "serviceState")));
        await UntilTheNodeHasSeenItAllAsync();
        await AssertHappenedAsync("web", "start", "die");
    }

    [Fact]
    public async Task On_failure_heals_an_error_but_neither_a_good_end_nor_a_stop()
    {
        foreach (var name in (string[])["failing", "done", "stopped"])
        {
            await RunMortalAsync(name, "--label", "hms.restart=on-failure");
        }
        foreach (var name in (string[])["failing", "done", "stopped"])
        {
            await UntilAsync(name, "healthy");
        }
        await EndAsync("done", 0);
        await Host.Docker(Token, "kill", "stopped");
        await EndAsync("failing", 1);

        Assert.Equal("died", Cause(await UntilHealedAsync("failing")));
        await UntilTheNodeHasSeenItAllAsync();
        await AssertHappenedAsync("done", "start", "die");
        await AssertHappenedAsync("stopped", "start", "kill", "die");
    }

    [Fact]
    public async Task A_label_with_an_unknown_value_is_warned_of_once_and_the_default_holds()
    {
        await RunHealthyAsync("odd", "--label", "hms.threshold=high");
        await Host.Docker(Token, "kill", "odd");
        await UntilHealedAsync("odd");
        await Host.Docker(Token, "restart", "-t", "0", "odd");
        await UntilTheNodeHasSeenItAllAsync();

        Assert.Equal(60, (await Node.ContainerAsync("odd", Token)).GetProperty("threshold").GetDouble());
        var warned = Node.Log.Split('\n').Where(line => line.Contains("hms.threshold=high", StringComparison.Ordinal)).ToList();
        Assert.Contains("warn", Assert.Single(warned), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_container_that_was_never_started_is_shown_and_left_so()
    {
        await Host.Docker(Token, "create", "--name", "new", DockerHost.IdleImage);

        var view = await Node.UntilContainerAsync("new", view => Text(view, "containerState") == "created", Token);
        Assert.Equal(("unknown", "created, never started"), (Text(view, "health"), Text(view, "details")));
        await UntilTheNodeHasSeenItAllAsync();
        await AssertHappenedAsync("new");
    }

    [Fact]
    public async Task A_container_that_fails_as_soon_as_it_is_started_is_healed_too()
    {
        await RunAsync("brief", [], "false");

        await Journal.UntilAsync("brief", "start", Token, times: 2);
        var view = await Node.UntilContainerAsync("brief", view => Restarts(view) > 0, Token);
        Assert.Equal("died", Cause(view));
    }

    [Fact]
    public async Task A_container_that_the_engine_removes_at_its_end_is_let_go()
    {
        await RunMortalAsync("once", "--rm");
        await UntilAsync("once", "healthy");
        await EndAsync("once", 1);

        await Journal.UntilAsync("once", "destroy", Token);
        await UntilTheNodeHasSeenItAllAsync();
        await AssertHappenedAsync("once", "start", "die");
        using var reply = await SendAsync(HttpMethod.Get, $"containers/{NodeProcess.Host}/once");
        Assert.Equal(HttpStatusCode.NotFound, reply.StatusCode);
    }

    [Fact]
    public async Task A_host_without_a_node_cannot_be_added()
    {
        using var reply = await SendAsync(HttpMethod.Put, "containers/10.99.99.99");
        Assert.Equal(HttpStatusCode.Conflict, reply.StatusCode);
        Assert.Contains("Hms:Host:Address=10.99.99.99", await reply.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        using var hosts = await SendAsync(HttpMethod.Get, "hosts");
        Assert.DoesNotContain("10.99.99.99", await hosts.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }
}
