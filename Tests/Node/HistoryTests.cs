using System.Net;
using System.Text.Json;
using HmsOrleans.Tests.Engine;
using Xunit;

namespace HmsOrleans.Tests.Node;

/// <summary>What a node remembers of what happened, over its own death too.</summary>
[Collection<EngineCollection>]
public sealed class HistoryTests(EngineFixture engine) : NodeStory(engine.Host)
{
    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await Node.DisposeAsync();
    }

    [Fact]
    public async Task A_death_is_an_incident_with_what_was_said_last_and_what_was_done()
    {
        await StartAsync();
        var id = await RunAsync("web", [], "sh", "-c", "echo starting; echo 'cannot open x' >&2; while [ ! -s /tmp/code ]; do sleep 0.05; done; read code </tmp/code; rm /tmp/code; exit $code");
        await UntilAsync("web", "healthy");
        await EndAsync("web", 7);

        var open = await UntilIncidentAsync("web", incident => incident.GetProperty("attempts").GetArrayLength() > 0);
        Assert.Equal(("died", "exit code 7", id), (Text(open, "cause"), Text(open, "evidence"), Text(open, "containerId")));
        var healed = await UntilIncidentAsync("web", incident => Text(incident, "outcome") == "recovered");
        Assert.Equal(Text(open, "id"), Text(healed, "id"));
        var attempt = Assert.Single(healed.GetProperty("attempts").EnumerateArray());
        Assert.Equal((1, "start", "done"), (attempt.GetProperty("number").GetInt32(), Text(attempt, "action"), Text(attempt, "outcome")));
        Assert.True(healed.GetProperty("downSince").GetDateTimeOffset() <= healed.GetProperty("faultAt").GetDateTimeOffset());
        Assert.True(healed.GetProperty("timeToHeal").GetDouble() > 0);
        Assert.True(healed.GetProperty("runningAgainAt").GetDateTimeOffset() < healed.GetProperty("endedAt").GetDateTimeOffset());

        JsonElement capture = default;
        await Node.UntilAsync("it has its capture", async () => (capture = (await GoodAsync(HttpMethod.Get, $"incidents/{Text(healed, "id")}")).GetProperty("capture")).ValueKind == JsonValueKind.Object, Token);
        // The engine reads the two streams apart, and notes them in the order in which it does.
        Assert.Equal(["cannot open x", "starting"], capture.GetProperty("log").EnumerateArray().Select(line => line.GetString()!).Order(StringComparer.Ordinal));
        Assert.Equal((7, false), (capture.GetProperty("exitCode").GetInt32(), capture.GetProperty("outOfMemory").GetBoolean()));

        await Node.UntilAsync("it is told that web is watched", async () => Hour(await AvailabilityAsync($"containers/{NodeProcess.Host}/web")).GetProperty("observed").GetDouble() > 0, Token);
        var hour = Hour(await AvailabilityAsync($"containers/{NodeProcess.Host}/web"));
        Assert.Equal((1, 1), (hour.GetProperty("incidents").GetInt32(), hour.GetProperty("restarts").GetInt32()));
        Assert.InRange(hour.GetProperty("down").GetDouble(), 0.001, hour.GetProperty("observed").GetDouble());
        Assert.Equal(1, Hour(await AvailabilityAsync($"hosts/{NodeProcess.Host}")).GetProperty("restarts").GetInt32());
        using var badge = await SendAsync(HttpMethod.Get, $"containers/{NodeProcess.Host}/web/badge.svg");
        Assert.Equal((HttpStatusCode.OK, "image/svg+xml"), (badge.StatusCode, badge.Content.Headers.ContentType?.MediaType));

        Task<JsonElement> AvailabilityAsync(string of) => GoodAsync(HttpMethod.Get, $"{of}/availability");
        static JsonElement Hour(JsonElement availability) => availability.GetProperty("windows")[0];
    }

    [Fact]
    public async Task An_unhealthy_container_is_looked_at_before_it_is_restarted()
    {
        await StartAsync();
        await RunHealthyAsync("web", "--health-cmd", "test ! -f /tmp/ill || { echo no disk; false; }", "--health-interval", "200ms", "--health-retries", "1");
        await Host.Docker(Token, "exec", "web", "sh", "-c", "touch /tmp/ill");

        var incident = await UntilIncidentAsync("web", incident => incident.GetProperty("attempts").GetArrayLength() > 0);
        Assert.Equal(("unhealthy", "restart"), (Text(incident, "cause"), Text(incident.GetProperty("attempts")[0], "action")));
        await Node.UntilAsync("what its health check said is known", async () =>
            (await GoodAsync(HttpMethod.Get, $"incidents/{Text(incident, "id")}")).GetProperty("capture") is { ValueKind: JsonValueKind.Object } capture && Text(capture, "healthOutput") == "no disk", Token);
    }

    [Fact]
    public async Task Incidents_outlive_a_kill_and_end_although_the_node_died_in_their_middle()
    {
        await StartAsync(("Hms:Health:RecoveredAfter", "00:05:00")); // none is over before the node is
        foreach (var name in (string[])["healed", "dead", "gone"])
        {
            await RunHealthyAsync(name);
        }
        await Host.Docker(Token, "kill", "healed", "dead", "gone");
        foreach (var name in (string[])["healed", "dead", "gone"])
        {
            await UntilIncidentAsync(name, incident => incident.GetProperty("attempts") is var attempts && attempts.GetArrayLength() > 0 && attempts[0].GetProperty("outcome").ValueKind == JsonValueKind.String);
        }
        await Node.KillAsync(Token);
        await Host.Docker(Token, "kill", "dead");
        await Host.Docker(Token, "rm", "-f", "gone");
        Node.StartAgain();
        await Node.UntilReadyAsync(Token);

        await UntilIncidentAsync("healed", incident => Text(incident, "outcome") == "recovered" && incident.GetProperty("attempts").GetArrayLength() == 1);
        await UntilIncidentAsync("dead", incident => incident.GetProperty("attempts").GetArrayLength() == 2);
        await UntilIncidentAsync("gone", incident => Text(incident, "outcome") == "removed");
    }

    [Fact]
    public async Task A_silent_engine_is_an_incident_of_the_host()
    {
        await StartAsync();
        await RunHealthyAsync("web");
        await Host.FreezeAsync(Token);
        try
        {
            await UntilAsync(incident => Text(incident, "cause") == "engineSilent" && Text(incident, "outcome") == "open", $"incidents?host={NodeProcess.Host}");
        }
        finally
        {
            await Host.ThawAsync();
        }
        var over = await UntilAsync(incident => Text(incident, "cause") == "engineSilent" && Text(incident, "outcome") == "recovered", $"incidents?cause=engineSilent");
        Assert.Equal(JsonValueKind.Null, over.GetProperty("container").ValueKind);
    }

    private async Task StartAsync(params (string Key, string Value)[] settings) =>
        Node = await NodeProcess.StartReadyAsync(Host.Socket, Token, [("Hms:Health:StartGrace", "00:00:00.3"), ("Hms:Health:RecoveredAfter", "00:00:01"), .. settings]);

    private Task<JsonElement> UntilIncidentAsync(string container, Func<JsonElement, bool> wanted) => UntilAsync(wanted, $"incidents?container={container}");

    /// <summary>Waits until the newest of the incidents that are asked for is as wanted.</summary>
    private async Task<JsonElement> UntilAsync(Func<JsonElement, bool> wanted, string path)
    {
        var last = default(JsonElement);
        await Node.UntilAsync($"{path} is as wanted", async () =>
        {
            last = (await GoodAsync(HttpMethod.Get, path)).GetProperty("incidents").EnumerateArray().FirstOrDefault();
            return last.ValueKind == JsonValueKind.Object && wanted(last);
        }, Token, () => $"{last}");
        return last;
    }
}
