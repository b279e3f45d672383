using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using HmsOrleans.Tests.Node;
using Xunit;

namespace HmsOrleans.Tests.Lab;

/// <summary>Real engines and real nodes on several hosts: what is seen, lost, cut off and found again. Each test leaves the lab whole.</summary>
[Collection<LabCollection>]
public sealed class ClusterTests(LabFixture fixture) : IAsyncLifetime
{
    private HostLab Lab => fixture.Lab;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await fixture.MendAsync(Token);
        await Lab.UntilWholeAsync(Token);
    }

    public ValueTask DisposeAsync()
    {
        if (TestContext.Current.TestState?.Result == TestResult.Failed)
        {
            TestContext.Current.TestOutputHelper?.WriteLine(Lab.Logs);
            fixture.LeftBroken = true;
        }
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task All_hosts_are_shown_as_they_are_and_what_dies_on_them_is_healed()
    {
        await Lab.UntilAsync("all are measured", async () => (await Lab.ViewAsync(Token))?.EnumerateArray()
            .All(host => host.GetProperty("containers").EnumerateArray().All(container => container.GetProperty("packetLoss").ValueKind == JsonValueKind.Number)) ?? false, Token);
        var view = (await Lab.ViewAsync(Token))!.Value;
        Assert.Equal(Enumerable.Range(1, Lab.Hosts).Select(HostLab.Address), view.EnumerateArray().Select(host => Text(host, "address")));
        for (var host = 1; host <= Lab.Hosts; host++)
        {
            foreach (var shown in view[host - 1].GetProperty("containers").EnumerateArray())
            {
                var name = Text(shown, "name");
                var real = await Lab.DockerAsync(host, Token, "inspect", "-f", "{{.Id}} {{.State.Status}} {{.NetworkSettings.IPAddress}} {{.Config.Image}}", name);
                Assert.Equal(real, $"{Text(shown, "id")} {Text(shown, "containerState")} {shown.GetProperty("addresses")[0].GetString()} {Text(shown, "image")}");
                Assert.Equal((HostLab.Address(host), "up", 0), (Text(shown, "host"), Text(shown, "serviceState"), shown.GetProperty("packetLoss").GetDouble()));
                Assert.Equal(JsonValueKind.Null, shown.GetProperty("staleSince").ValueKind);
            }
        }

        int[] before = [.. await Task.WhenAll(Enumerable.Range(1, Lab.Hosts).Select(host => RestartsAsync(host, "idle-1")))];
        await Task.WhenAll(Enumerable.Range(1, Lab.Hosts).Select(host => Lab.DockerAsync(host, Token, "kill", "idle-1")));
        for (var host = 1; host <= Lab.Hosts; host++)
        {
            var number = host;
            await Lab.UntilAsync("it is healed", async () => await RestartsAsync(number, "idle-1") == before[number - 1] + 1, Token);
        }
        await Lab.UntilWholeAsync(Token);
    }

    [Fact]
    public async Task Every_node_may_die_and_the_view_is_whole_again()
    {
        // One of them has the controller; wherever it comes back, it asks the hosts.
        for (var host = 1; host <= Lab.Hosts; host++)
        {
            var number = host;
            await Lab.RunAsync(Token, "kill-silo", $"{host}");
            await Lab.DockerAsync(host, Token, "kill", "idle-2");
            await Lab.UntilAsync("its container is healed", async () => await IsRunningAsync(number, "idle-2"), Token);
            await Lab.UntilWholeAsync(Token);
        }
    }

    [Fact]
    public async Task A_frozen_node_is_offline_and_shown_as_it_was_and_its_containers_are_nobody_elses()
    {
        await Lab.RunAsync(Token, "freeze-silo", "2");
        await Lab.UntilAsync("it is offline", async () => await Lab.StateAsync(2, Token) == "offline", Token);
        await Lab.DockerAsync(2, Token, "kill", "idle-3");

        var shown = (await Lab.ContainerAsync(2, "idle-3", Token))!.Value;
        Assert.Equal("healthy", Text(shown, "health")); // as it was
        Assert.NotEqual(JsonValueKind.Null, shown.GetProperty("staleSince").ValueKind);
        var other = new Uri($"containers/{HostLab.Address(2)}/idle-1", UriKind.Relative);
        using (var reply = await Lab.Http.DeleteAsync(other, Token))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, reply.StatusCode);
            var problem = await reply.Content.ReadFromJsonAsync<JsonElement>(Token);
            Assert.Equal(("urn:hms:problem:host-unavailable", HostLab.Address(2)), (Text(problem, "type"), Text(problem, "host")));
            Assert.NotEqual(JsonValueKind.Null, problem.GetProperty("since").ValueKind);
        }
        // The others heal theirs meanwhile, and leave that one alone.
        await Lab.DockerAsync(1, Token, "kill", "idle-3");
        await Lab.UntilAsync("the other's is healed", () => IsRunningAsync(1, "idle-3"), Token);
        Assert.False(await IsRunningAsync(2, "idle-3"));

        await Lab.RunAsync(Token, "thaw-silo", "2"); // it learns that it was written off, ends, and is started again
        await Lab.UntilAsync("it is healed", () => IsRunningAsync(2, "idle-3"), Token);
        // What it could not answer while it hung it may have carried out when it went on, for it had been sent.
        await Lab.UntilAsync("all of it is under supervision", async () =>
        {
            using var reply = await Lab.Http.PutAsync(other, null, Token);
            return reply.IsSuccessStatusCode;
        }, Token);
        await Lab.UntilWholeAsync(Token);
    }

    [Fact]
    public async Task A_host_that_is_cut_off_heals_its_own_also_after_the_death_of_its_node_and_comes_back_with_what_was_set_meanwhile()
    {
        await Lab.RunAsync(Token, "cut", "3");
        await Lab.DockerAsync(3, Token, "kill", "idle-1", "idle-2");
        await Lab.DockerAsync(3, Token, "run", "-d", "--name", "new", "idle:latest");
        await Lab.UntilAsync("its containers are healed", async () => await IsRunningAsync(3, "idle-1") && await IsRunningAsync(3, "idle-2"), Token);
        await Lab.UntilAsync("it is offline", async () => await Lab.StateAsync(3, Token) == "offline", Token);
        using (var reply = await Lab.Http.PostAsJsonAsync(new Uri("containers", UriKind.Relative), new { threshold = 71 }, Token))
        {
            var hosts = (await reply.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("hosts").EnumerateArray().ToDictionary(host => Text(host, "address"));
            Assert.True(hosts[HostLab.Address(1)].GetProperty("applied").GetBoolean());
            Assert.False(hosts[HostLab.Address(3)].GetProperty("applied").GetBoolean());
        }

        // Its database is out of reach, so it starts on its own.
        await Lab.RunAsync(Token, "kill-silo", "3");
        await Lab.DockerAsync(3, Token, "kill", "new");
        await Lab.UntilAsync("the new one is healed", () => IsRunningAsync(3, "new"), Token);
        Assert.Equal("degraded", await Lab.UntilNodeIsReadyAsync(3, Token));

        await Lab.RunAsync(Token, "heal", "3");
        await Lab.UntilWholeAsync(Token);
        var view = (await Lab.ViewAsync(Token))!.Value[2];
        Assert.Contains("new", view.GetProperty("containers").EnumerateArray().Select(container => Text(container, "name")));
        await Lab.UntilAsync("what was set is known there", async () => (await Lab.ViewAsync(Token))?[2].GetProperty("status").GetProperty("threshold").GetDouble() == 71, Token);
        await Lab.DockerAsync(3, Token, "rm", "-f", "new");
    }

    [Fact]
    public async Task A_node_that_reaches_the_database_but_no_other_node_heals_alone_and_joins_when_it_can()
    {
        await Lab.RunAsync(Token, "cut", "3", "hosts");
        await Lab.RunAsync(Token, "kill-silo", "3");
        await Lab.DockerAsync(3, Token, "kill", "idle-1");
        await Lab.UntilAsync("it is healed", () => IsRunningAsync(3, "idle-1"), Token);
        Assert.Equal("degraded", await Lab.UntilNodeIsReadyAsync(3, Token));
        await Lab.UntilAsync("it is offline", async () => await Lab.StateAsync(3, Token) == "offline", Token);

        await Lab.RunAsync(Token, "heal", "3");
        Lab.EndTimeAlone(3);
        await Lab.UntilWholeAsync(Token);
        Assert.Equal("ready", await Lab.UntilNodeIsReadyAsync(3, Token));
    }

    [Fact]
    public async Task A_host_that_cannot_be_heard_or_cannot_hear_is_found_again_and_nothing_is_restarted_for_it()
    {
        int[] before = [.. await Task.WhenAll(Enumerable.Range(1, 3).Select(i => StartsAsync(1, $"idle-{i}")))];
        foreach (var way in (string[])["in", "out"])
        {
            await Lab.RunAsync(Token, "cut", "1", way);
            await Lab.UntilAsync("it is offline", async () => await Lab.StateAsync(1, Token) == "offline", Token);
            await Lab.RunAsync(Token, "heal", "1");
            await Lab.UntilWholeAsync(Token);
        }
        Assert.Equal(before, await Task.WhenAll(Enumerable.Range(1, 3).Select(i => StartsAsync(1, $"idle-{i}"))));
    }

    [Fact]
    public async Task Without_the_database_healing_goes_on_and_what_is_set_is_kept()
    {
        await Lab.RunAsync(Token, "stop-database");
        try
        {
            using (var reply = await Lab.Http.PostAsJsonAsync(new Uri("settings", UriKind.Relative), new { threshold = 72 }, Token))
            {
                Assert.Equal(HttpStatusCode.Accepted, reply.StatusCode);
                Assert.Contains("saving is retried", Assert.Single(reply.Headers.GetValues("Hms-Unsaved")), StringComparison.Ordinal);
            }
            await Lab.DockerAsync(2, Token, "kill", "idle-1");
            await Lab.UntilAsync("it is healed", () => IsRunningAsync(2, "idle-1"), Token);
        }
        finally
        {
            await Lab.RunAsync(Token, "start-database");
        }
        await Lab.UntilAsync("it is saved", async () =>
        {
            using var reply = await Lab.Http.PostAsJsonAsync(new Uri("settings", UriKind.Relative), new { aggregationWindow = 0.4 }, Token);
            return reply.StatusCode == HttpStatusCode.OK;
        }, Token);

        // Nobody remembers it but the database, and the hosts, whose word would be taken for it: so they are asked for the window.
        await Task.WhenAll(Enumerable.Range(1, Lab.Hosts).Select(host => Lab.RunAsync(Token, "kill-silo", $"{host}")));
        await Lab.UntilWholeAsync(Token);
        var settings = await Lab.Http.GetFromJsonAsync<JsonElement>(new Uri("settings", UriKind.Relative), Token);
        Assert.Equal((72, 0.4), (settings.GetProperty("threshold").GetDouble(), settings.GetProperty("aggregationWindow").GetDouble()));
    }

    [Fact]
    public async Task What_happens_without_the_database_is_healed_at_once_and_told_once_when_that_is_back()
    {
        int[] hosts = [1, 2, 3];
        await Task.WhenAll(hosts.Select(host => Lab.DockerAsync(host, Token, "run", "-d", "--name", "news", "idle")));
        await Lab.UntilAsync("they are supervised", async () =>
            (await Task.WhenAll(hosts.Select(host => Lab.ContainerAsync(host, "news", Token)))).All(one => one is { } view && Text(view, "health") == "healthy"), Token);
        await Lab.RunAsync(Token, "stop-database");
        try
        {
            foreach (var host in hosts)
            {
                await Lab.DockerAsync(host, Token, "kill", "news");
                await Lab.UntilAsync("it is healed", () => IsRunningAsync(host, "news"), Token);
            }
            await Lab.UntilWholeAsync(Token);
            Assert.Empty(Told("news")); // what is not kept yet is not told
        }
        finally
        {
            await Lab.RunAsync(Token, "start-database");
        }
        await Lab.UntilAsync("all of them are told", () => Task.FromResult(hosts.All(host => Told("news").Contains(HostLab.Address(host)))), Token);
        foreach (var host in hosts)
        {
            using var reply = await Lab.Http.GetAsync(new Uri($"incidents?host={HostLab.Address(host)}&container=news", UriKind.Relative), Token);
            Assert.Equal(1, (await reply.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("incidents").GetArrayLength());
        }

        // What is told after them shows that nothing more is to come of them.
        var before = Told("idle-2").Count;
        await Lab.DockerAsync(1, Token, "kill", "idle-2");
        await Lab.UntilAsync("that is told", () => Task.FromResult(Told("idle-2").Count > before), Token);
        Assert.Equal(hosts.Select(HostLab.Address), Told("news").Order(StringComparer.Ordinal));
        await Task.WhenAll(hosts.Select(host => Lab.DockerAsync(host, Token, "rm", "-f", "news")));
        await Lab.UntilWholeAsync(Token);
    }

    [Fact]
    public async Task A_removed_host_is_left_alone_also_by_its_next_life_until_it_is_taken_back()
    {
        using (var removed = await Lab.Http.DeleteAsync(new Uri($"containers/{HostLab.Address(2)}", UriKind.Relative), Token))
        {
            Assert.Contains("its node goes on, idle", Text(await removed.Content.ReadFromJsonAsync<JsonElement>(Token), "details"), StringComparison.Ordinal);
        }
        await Lab.RunAsync(Token, "kill-silo", "2");
        await Lab.DockerAsync(2, Token, "kill", "idle-2");
        await Lab.UntilNodeIsReadyAsync(2, Token);
        // Something that must be seen there: another container comes, and goes.
        await Lab.DockerAsync(1, Token, "kill", "idle-2");
        await Lab.UntilAsync("the other's is healed", () => IsRunningAsync(1, "idle-2"), Token);
        Assert.False(await IsRunningAsync(2, "idle-2"));
        Assert.Equal("unknown", await Lab.StateAsync(2, Token));

        using (var added = await Lab.Http.PutAsync(new Uri($"containers/{HostLab.Address(2)}", UriKind.Relative), null, Token))
        {
            Assert.Equal(HttpStatusCode.OK, added.StatusCode);
        }
        await Lab.UntilAsync("it is healed", () => IsRunningAsync(2, "idle-2"), Token);
        await Lab.UntilWholeAsync(Token);
    }

    [Fact]
    public async Task A_database_that_refuses_a_node_is_no_reason_not_to_heal()
    {
        await using var node = NodeProcess.Start(
            "unix:///run/hms-test/nobody.sock",
            ("Orleans:Clustering:ProviderType", "AdoNet"), ("Orleans:Clustering:Invariant", "Npgsql"), ("Orleans:Clustering:ConnectionString", $"{Lab.DatabaseOf("hms")}-wrong"));
        await node.UntilAsync(
            "it says why it is alone",
            () => Task.FromResult(node.Log.Contains("password authentication failed", StringComparison.Ordinal) && node.Log.Contains("cares for its own host alone", StringComparison.Ordinal)), Token);
        Assert.False(node.HasExited);
    }

    private static string Text(JsonElement view, string property) => view.GetProperty(property).GetString()!;

    /// <summary>The hosts on which a container of that name is well again, as often as that was told.</summary>
    private List<string> Told(string container) =>
    [
        .. from message in fixture.Receiver.Received
           let told = JsonElement.Parse(message.Body)
           where Text(told, "type") == "hms.incident.recovered"
           from incident in told.GetProperty("data").GetProperty("incidents").EnumerateArray()
           where incident.GetProperty("container").GetString() == container
           select Text(incident, "host"),
    ];

    private async Task<int> RestartsAsync(int host, string name) => (await Lab.ContainerAsync(host, name, Token))?.GetProperty("restarts").GetInt32() ?? -1;

    private async Task<bool> IsRunningAsync(int host, string name) => await Lab.DockerAsync(host, Token, "inspect", "-f", "{{.State.Running}}", name) == "true";

    /// <summary>Changes with every start.</summary>
    private async Task<int> StartsAsync(int host, string name) => (await Lab.DockerAsync(host, Token, "inspect", "-f", "{{.State.StartedAt}}", name)).GetHashCode(StringComparison.Ordinal);
}
