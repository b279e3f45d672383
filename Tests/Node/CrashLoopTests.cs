using System.Text.Json;
using HmsOrleans.Tests.Engine;
using Xunit;

namespace HmsOrleans.Tests.Node;

/// <summary>A container that fails again and again is tried ever less often, and at last left to a person.</summary>
[Collection<EngineCollection>]
public sealed class CrashLoopTests(CrashLoopTests.Impatient fixture) : NodeStory(fixture), IClassFixture<CrashLoopTests.Impatient>
{
    [Fact]
    public async Task A_crash_loop_backs_off_and_is_quarantined_until_a_person_says_so()
    {
        await RunAsync("loop", [], "sh", "-c", "echo cannot open x; sleep 0.2; exit 7");

        var waiting = await UntilAsync("loop", "backingOff");
        Assert.Contains("next attempt at", Text(waiting, "details"), StringComparison.Ordinal);
        var view = await UntilAsync("loop", "quarantined");
        Assert.Contains("given up after 3 failed recoveries", Text(view, "details"), StringComparison.Ordinal);
        Assert.Equal(("down", 3), (Text(view, "serviceState"), Restarts(view)));

        await Node.UntilAsync("what its last run said is kept", async () =>
            (await GoodAsync(HttpMethod.Get, "incidents?container=loop&outcome=quarantined")).GetProperty("incidents") is var incidents && incidents.GetArrayLength() == 1
            && (await GoodAsync(HttpMethod.Get, $"incidents/{Text(incidents[0], "id")}")).GetProperty("capture") is { ValueKind: JsonValueKind.Object } capture
            && capture.GetProperty("log").GetArrayLength() == 4, Token);

        await UntilTheNodeHasSeenItAllAsync();
        var lives = Journal.Of("loop", "start", "die");
        Assert.Equal(["start", "die", "start", "die", "start", "die", "start", "die"], lives.Select(e => e.Action));
        // The first is healed at once; 1 s and 2 s are waited then, from the death on.
        Assert.InRange(lives[4].At - lives[3].At, TimeSpan.FromSeconds(1), TimeSpan.MaxValue);
        Assert.InRange(lives[6].At - lives[5].At, TimeSpan.FromSeconds(2), TimeSpan.MaxValue);

        await GoodAsync(HttpMethod.Put, $"containers/{NodeProcess.Host}/loop");
        await Journal.UntilAsync("loop", "start", Token, times: 5);
    }

    [Fact]
    public async Task Somebody_who_stops_it_again_and_again_does_not_bring_it_into_quarantine()
    {
        await RunHealthyAsync("web");
        for (var times = 1; times <= 4; times++)
        {
            await Host.Docker(Token, "kill", "web");
            await Node.UntilContainerAsync("web", view => Restarts(view) == times && Text(view, "containerState") == "running", Token);
        }
        await UntilHealedAsync("web", 4);
    }

    public sealed class Impatient(EngineFixture engine) : NodeFixture(engine)
    {
        private protected override (string Key, string Value)[] Settings => [.. Brisk, ("Hms:Health:QuarantineAfter", "3"), ("Hms:Health:BackOff", "00:00:01")];
    }
}
