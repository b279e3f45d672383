using System.Text.Json;
using HmsOrleans.Tests.Engine;
using HmsOrleans.Tests.Notifications;
using Xunit;

namespace HmsOrleans.Tests.Node;

/// <summary>A node that tells people: what is broken comes out at a real receiver, and a receiver that is none holds up no healing.</summary>
[Collection<EngineCollection>]
public sealed class NotificationNodeTests(EngineFixture engine) : NodeStory(engine.Host)
{
    private Receiver _receiver = null!;
    private Receiver _hanging = null!;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _receiver = await Receiver.StartAsync();
        _hanging = await Receiver.StartAsync();
        _hanging.Answer = Receiver.Hang;
        Node = await NodeProcess.StartReadyAsync(
            Host.Socket, Token,
            ("Hms:Health:StartGrace", "00:00:00.3"), ("Hms:Health:RecoveredAfter", "00:00:01"), ("Hms:Health:QuarantineAfter", "2"), ("Hms:Health:BackOff", "00:00:01"),
            ("Hms:Notifications:All", "true"),
            ("Hms:Notifications:Channels:0:Name", "hook"), ("Hms:Notifications:Channels:0:Type", "webhook"), ("Hms:Notifications:Channels:0:Url", $"{_receiver.Url}/hook"),
            ("Hms:Notifications:Channels:1:Name", "hanging"), ("Hms:Notifications:Channels:1:Type", "slack"), ("Hms:Notifications:Channels:1:Url", $"{_hanging.Url}/s3cr3t"));
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await Node.DisposeAsync();
        await _receiver.DisposeAsync();
        await _hanging.DisposeAsync();
    }

    [Fact]
    public async Task What_happens_is_told_also_after_a_kill_and_a_receiver_that_hangs_holds_up_no_healing()
    {
        // The receiver is away while it happens; the other takes what comes and never answers.
        _receiver.Answer = Receiver.Status(503);
        await RunHealthyAsync("web");
        await RunHealthyAsync("quiet", "--label", "hms.notify=false");
        await RunHealthyAsync("muted");
        await GoodAsync(HttpMethod.Put, $"notifications/mutes/{NodeProcess.Host}/muted");
        await Host.Docker(Token, "kill", "web", "quiet", "muted");
        foreach (var name in (string[])["web", "quiet", "muted"])
        {
            await UntilHealedAsync(name);
        }
        await Node.UntilAsync("both were tried", () => Task.FromResult(_receiver.Received.Count > 0 && _hanging.Received.Count > 0), Token);
        await Host.Docker(Token, "kill", "web");
        await UntilHealedAsync("web", 2);

        await Node.KillAsync(Token);
        var tried = _receiver.Received.Count;
        _receiver.Answer = Receiver.Status(200);
        Node.StartAgain();
        await Node.UntilReadyAsync(Token);
        await RunAsync("loop", [], "sh", "-c", "sleep 0.2; exit 7");
        await Node.UntilAsync("its quarantine is told", () => Task.FromResult(Told(tried).Any(one => Title(one) == "loop on 127.0.0.1 was given up")), Token);

        // What happened before the kill and what was over before it could be told, too: its end is told then.
        Assert.InRange(Told(tried).Count(one => Title(one) == "web on 127.0.0.1 is well again"), 1, 2);
        Assert.DoesNotContain(Told(0), one => Title(one).Contains("quiet", StringComparison.Ordinal) || Title(one).Contains("muted", StringComparison.Ordinal));
        // Each once: none was taken before, and nothing died since.
        Assert.Equal(Told(tried).Count, Told(tried).DistinctBy(one => one.GetProperty("id").GetString()).Count());
        var view = await GoodAsync(HttpMethod.Get, "notifications");
        Assert.Equal("muted", view.GetProperty("mutes")[0].GetProperty("container").GetString());
        Assert.NotEqual(0, view.GetProperty("channels")[1].GetProperty("waiting").GetInt32());
        Assert.DoesNotContain("s3cr3t", $"{view} {Node.Log}", StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_test_says_what_comes_of_it()
    {
        var tests = await GoodAsync(HttpMethod.Post, "notifications/test?channel=hook");

        Assert.Equal("""[{"channel":"hook","delivered":true,"trouble":null}]""", tests.ToString());
        Assert.Equal("hms.test", (string?)Assert.Single(_receiver.Received).Json["type"]);
        Assert.Equal("no answer in the time that there was", (await GoodAsync(HttpMethod.Post, "notifications/test?channel=hanging"))[0].GetProperty("trouble").GetString());
    }

    private List<JsonElement> Told(int from) => [.. _receiver.Received.Skip(from).Select(message => JsonElement.Parse(message.Body))];

    private static string Title(JsonElement message) => message.GetProperty("data").GetProperty("title").GetString()!;
}
