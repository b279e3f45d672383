using HmsOrleans.Tests.Engine;
using Xunit;

namespace HmsOrleans.Tests.Node;

/// <summary>Whatever ends a container or cuts it off, it is healed, and the right cause is named.</summary>
[Collection<EngineCollection>]
public sealed class HealingTests(NodeFixture fixture) : NodeStory(fixture), IClassFixture<NodeFixture>
{
    [Fact]
    public async Task A_killed_container_is_healed_as_stopped()
    {
        await RunHealthyAsync("web");
        await Host.Docker(Token, "kill", "web");

        var healed = await UntilHealedAsync("web");
        Assert.Equal("stopped", Cause(healed));
        Assert.Contains("137", healed.GetProperty("lastFault").GetProperty("evidence").GetString(), StringComparison.Ordinal);
        await AssertHappenedAsync("web", "start", "kill", "die", "start");
    }

    [Fact]
    public async Task A_stopped_container_is_healed_as_stopped()
    {
        await RunHealthyAsync("web");
        await Host.Docker(Token, "stop", "-t", "0", "web");

        Assert.Equal("stopped", Cause(await UntilHealedAsync("web")));
        await AssertCountAsync(2, "web", "start");
    }

    [Fact]
    public async Task A_process_killed_from_outside_is_healed_as_died()
    {
        await RunHealthyAsync("web");
        await KillFromOutsideAsync("web");

        Assert.Equal("died", Cause(await UntilHealedAsync("web")));
        await AssertHappenedAsync("web", "start", "die", "start");
    }

    [Fact]
    public async Task A_process_that_ends_with_an_error_is_healed_as_died()
    {
        await RunMortalAsync("web");
        await UntilAsync("web", "healthy");
        await EndAsync("web", 3);

        var healed = await UntilHealedAsync("web");
        Assert.Equal("died", Cause(healed));
        Assert.Equal("exit code 3", healed.GetProperty("lastFault").GetProperty("evidence").GetString());
    }

    [Fact]
    public async Task A_process_out_of_memory_is_healed_as_out_of_memory()
    {
        await RunAsync(
            "greedy", ["--memory", "24m", "--memory-swap", "24m"],
            "sh", "-c", "trap exit TERM; while [ ! -f /tmp/eat ]; do sleep 0.05; done; rm /tmp/eat; exec dd if=/dev/zero of=/dev/null bs=256M");
        await UntilAsync("greedy", "healthy");
        await Host.Docker(Token, "exec", "greedy", "touch", "/tmp/eat");

        var healed = await UntilHealedAsync("greedy");
        await Journal.UntilAsync("greedy", "start", Token, times: 2);
        // Of one such death in a hundred the engine itself never learns the reason.
        Assert.Equal(Journal.Count("greedy", "oom") > 0 ? "outOfMemory" : "died", Cause(healed));
    }

    [Fact]
    public async Task A_container_that_loses_all_packets_is_restarted()
    {
        await RunHealthyAsync("web");
        await Host.DropPacketsAsync("web", 1, Token);

        var healed = await UntilHealedAsync("web");
        Assert.Equal("packetLoss", Cause(healed));
        await AssertCountAsync(1, "web", "restart");
        await AssertCountAsync(2, "web", "start");
    }

    [Fact]
    public async Task A_container_that_is_taken_off_its_networks_gets_them_back_and_runs_on()
    {
        const string Networks = "{{.State.Pid}}{{range $name, $n := .NetworkSettings.Networks}} {{$name}} {{$n.Aliases}} {{with $n.IPAMConfig}}{{.IPv4Address}}{{end}}{{end}}";
        await Host.Docker(Token, "network", "create", "--subnet", "10.123.9.0/24", "home");
        await Host.Docker(Token, "network", "create", "other");
        await Host.RunContainerAsync("web", Token, "--network", "home", "--ip", "10.123.9.77", "--network-alias", "front");
        await Host.Docker(Token, "network", "connect", "other", "web");
        await Node.UntilContainerAsync("web", view => Text(view, "health") == "healthy" && Addresses(view).Length == 2, Token);
        var before = await Host.Docker(Token, "inspect", "-f", Networks, "web");

        await Host.Docker(Token, "network", "disconnect", "home", "web");
        await Host.Docker(Token, "network", "disconnect", "other", "web");
        var healed = await Node.UntilContainerAsync("web", view => Cause(view) == "disconnected" && Text(view, "health") == "healthy" && Addresses(view).Length == 2, Token);

        Assert.Contains("10.123.9.77", Addresses(healed));
        Assert.Equal("it was on home and other", Text(healed.GetProperty("lastFault"), "evidence"));
        Assert.Equal(0, Restarts(healed));
        Assert.Equal(before, await Host.Docker(Token, "inspect", "-f", Networks, "web"));
        await AssertHappenedAsync("web", "start");
    }

    [Fact]
    public async Task A_container_that_is_moved_to_another_network_is_left_there()
    {
        await Host.Docker(Token, "network", "create", "other");
        await RunHealthyAsync("web");
        await Host.Docker(Token, "network", "connect", "other", "web");
        await Host.Docker(Token, "network", "disconnect", "bridge", "web");
        await Node.UntilContainerAsync("web", view => Text(view, "health") == "healthy" && Addresses(view).Length == 1, Token);

        await UntilTheNodeHasSeenItAllAsync();
        Assert.Equal("other", (await Host.Docker(Token, "inspect", "-f", "{{range $name, $n := .NetworkSettings.Networks}}{{$name}} {{end}}", "web")).Trim());
        await AssertHappenedAsync("web", "start");
    }

    [Fact]
    public async Task A_container_with_threshold_100_may_lose_all_packets()
    {
        await RunHealthyAsync("web", "--label", "hms.threshold=100");
        await Host.DropPacketsAsync("web", 1, Token);
        await Node.UntilContainerAsync("web", view => view.GetProperty("packetLoss") is { ValueKind: System.Text.Json.JsonValueKind.Number } loss && loss.GetDouble() == 100, Token);

        await UntilTheNodeHasSeenItAllAsync();
        await AssertHappenedAsync("web", "start");
    }

    [Fact]
    public async Task A_container_whose_health_check_fails_is_restarted()
    {
        await RunHealthyAsync("web", "--health-cmd", "test ! -f /tmp/ill", "--health-interval", "200ms", "--health-retries", "1");
        await Host.Docker(Token, "exec", "web", "touch", "/tmp/ill");
        await Journal.UntilAsync("web", "restart", Token);
        // Its file system outlives the restart, and so does the illness: it is not healed a second time at once, but backs off.
        var ill = await Node.UntilContainerAsync("web", view => Restarts(view) >= 1, Token);
        Assert.Equal("unhealthy", Cause(ill));
        await Host.Docker(Token, "exec", "web", "rm", "-f", "/tmp/ill");
        await UntilHealedAsync("web");
    }

    [Fact]
    public async Task Many_killed_at_once_and_some_twice_all_run_again_and_none_is_started_twice()
    {
        string[] names = [.. Enumerable.Range(0, 6).Select(i => $"many{i}")];
        foreach (var name in names)
        {
            await Host.RunContainerAsync(name, Token);
        }
        foreach (var name in names)
        {
            await UntilAsync(name, "healthy");
        }

        var first = RefusableAsync(["kill", .. names]);
        // The same again while the first is under way: whichever finds one dead already is refused, which is all right.
        var second = RefusableAsync(["kill", .. names]);
        // And these die a second time as soon as they run again.
        await Task.WhenAll(names[..3].Select(async name =>
        {
            await Journal.UntilAsync(name, "start", Token, times: 2);
            await RefusableAsync(["kill", name]);
        }));
        await first;
        await second;

        foreach (var name in names)
        {
            await UntilHealedAsync(name);
        }
        await UntilTheNodeHasSeenItAllAsync();
        foreach (var name in names)
        {
            var view = await UntilAsync(name, "healthy");
            Assert.Equal("true", await Host.Docker(Token, "inspect", "-f", "{{.State.Running}}", name));
            Assert.Equal([(await Host.AddressOf(name, Token)).ToString()], Addresses(view));
            var lives = Journal.Of(name, "start", "die").Select(e => e.Action).ToList();
            Assert.Equal(lives.Select((_, i) => i % 2 == 0 ? "start" : "die"), lives);
        }
    }

    [Fact]
    public async Task Containers_started_in_another_order_are_shown_with_the_addresses_they_have_now()
    {
        string[] names = ["a0", "a1", "a2"];
        foreach (var name in names)
        {
            await Host.RunContainerAsync(name, Token, "--label", "hms.enable=false"); // the node starts none of them
            await UntilAsync(name, "ignored");
        }
        await Host.Docker(Token, ["kill", .. names]);
        foreach (var name in names.Reverse())
        {
            await Host.Docker(Token, "start", name);
        }

        foreach (var name in names)
        {
            var address = (await Host.AddressOf(name, Token)).ToString();
            await Node.UntilContainerAsync(name, view => Addresses(view) is [var shown] && shown == address, Token);
        }
    }

    [Fact]
    public async Task One_that_is_slow_to_stop_does_not_hold_up_the_others()
    {
        await RunAsync("slow", ["--stop-timeout", "30"], "sh", "-c", "trap '' TERM; while :; do sleep 1; done");
        await RunHealthyAsync("quick0");
        await RunHealthyAsync("quick1");
        await UntilAsync("slow", "healthy");
        await Host.DropPacketsAsync("slow", 1, Token);
        await Journal.UntilAsync("slow", "kill", Token); // SIGTERM: its restart has begun, and waits

        await Host.Docker(Token, "kill", "quick0");
        await KillFromOutsideAsync("quick1");
        await UntilHealedAsync("quick0");
        await UntilHealedAsync("quick1");
        Assert.Equal("restarting", Text(await Node.ContainerAsync("slow", Token), "health"));
        await AssertHappenedAsync("slow", "start", "kill");

        await KillFromOutsideAsync("slow"); // nobody waits the 30 s
        Assert.Equal("packetLoss", Cause(await UntilHealedAsync("slow")));
        await AssertCountAsync(2, "slow", "start");
    }

    private async Task RefusableAsync(string[] command)
    {
        try
        {
            await Host.Docker(Token, command);
        }
        catch (InvalidOperationException e) when (e.Message.Contains("is not running", StringComparison.Ordinal))
        {
            // said by the engine of one that is dead already
        }
    }
}
