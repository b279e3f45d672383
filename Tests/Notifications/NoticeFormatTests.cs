using System.Text;
using HmsOrleans.Grains.Notifications;
using HmsOrleans.Silo.Notifications;
using Xunit;

namespace HmsOrleans.Tests.Notifications;

/// <summary>A message as each receiver gets it, to the letter.</summary>
public sealed class NoticeFormatTests
{
    private static readonly DateTimeOffset Now = NotificationStory.Start;

    internal static readonly Notice Opened = new()
    {
        Id = "0199-opened",
        At = Now,
        Kind = NoticeKind.Opened,
        Title = "web on 10.0.0.1 is down",
        Text = "Died: exit code 7 <&> \"é\".",
        Host = "10.0.0.1",
        Incidents = [NoticeIncident.From(NotificationStory.Container("web", "10.0.0.1", Now.AddSeconds(-12)))],
        Count = 1,
    };

    [Fact]
    public async Task Webhooks_get_a_CloudEvent()
    {
        using var request = NoticeFormats.Request(new() { Name = "a", Type = "webhook", Url = "https://example.com/hook?x=1", Token = "abc" }, Opened, Now);

        Assert.Equal("https://example.com/hook?x=1", request.RequestUri!.ToString());
        Assert.Equal("application/cloudevents+json; charset=utf-8", request.Content!.Headers.ContentType!.ToString());
        Assert.Equal("Bearer abc", request.Headers.Authorization!.ToString());
        Assert.Equal(
            """
            {"specversion":"1.0","id":"0199-opened","source":"urn:hms-orleans","type":"hms.incident.opened","subject":"10.0.0.1/web","time":"2026-01-02T12:00:00.000Z","datacontenttype":"application/json","data":{"title":"web on 10.0.0.1 is down","text":"Died: exit code 7 <&> \"é\".","host":"10.0.0.1","count":1,"missed":0,"incidents":[{"id":"10.0.0.1/web","host":"10.0.0.1","containerId":"id-of-web","container":"web","image":"nginx","cause":"died","evidence":"exit code 7","downSince":null,"faultAt":"2026-01-02T11:59:48+00:00","runningAgainAt":null,"endedAt":null,"outcome":"open","attempts":0}]}}
            """,
            await BodyAsync(request));
    }

    [Theory]
    [InlineData(NoticeKind.Recovered, "hms.incident.recovered")]
    [InlineData(NoticeKind.Quarantined, "hms.incident.quarantined")]
    [InlineData(NoticeKind.Closed, "hms.incident.closed")]
    [InlineData(NoticeKind.Test, "hms.test")]
    public async Task Each_kind_has_a_type(NoticeKind kind, string type)
    {
        using var request = NoticeFormats.Request(new() { Name = "a", Type = "webhook", Url = "https://example.com" }, Opened with { Kind = kind }, Now);

        Assert.Contains($"\"type\":\"{type}\"", await BodyAsync(request), StringComparison.Ordinal);
        Assert.Null(request.Headers.Authorization);
        Assert.False(request.Headers.Contains(WebhookSignature.SignatureHeader));
    }

    /// <summary>The example of the Standard Webhooks specification's libraries.</summary>
    [Fact]
    public void Signatures_are_those_of_Standard_Webhooks()
    {
        using var request = new HttpRequestMessage();
        WebhookSignature.Sign(
            request, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", "{\"test\": 2432232314}"u8.ToArray(), DateTimeOffset.FromUnixTimeSeconds(1614265330));

        Assert.Equal("msg_p5jXN8AQM9LWM0D4loKWxJek", Assert.Single(request.Headers.GetValues("webhook-id")));
        Assert.Equal("1614265330", Assert.Single(request.Headers.GetValues("webhook-timestamp")));
        Assert.Equal("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", Assert.Single(request.Headers.GetValues("webhook-signature")));
    }

    [Fact]
    public async Task Slack()
    {
        using var request = NoticeFormats.Request(new() { Name = "a", Type = "slack", Url = "https://hooks.slack.com/services/T/B/x" }, Opened, Now);

        Assert.Equal("https://hooks.slack.com/services/T/B/x", request.RequestUri!.ToString());
        Assert.Equal("""{"text":":rotating_light: *web on 10.0.0.1 is down*\nDied: exit code 7 &lt;&amp;&gt; \"é\"."}""", await BodyAsync(request));
    }

    [Fact]
    public async Task Discord()
    {
        using var request = NoticeFormats.Request(new() { Name = "a", Type = "discord", Url = "https://discord.com/api/webhooks/1/x" }, Opened, Now);

        Assert.Equal(
            """{"embeds":[{"title":"web on 10.0.0.1 is down","description":"Died: exit code 7 <&> \"é\".","color":13840175,"timestamp":"2026-01-02T12:00:00.000Z"}],"allowed_mentions":{"parse":[]}}""",
            await BodyAsync(request));
    }

    [Fact]
    public async Task Ntfy()
    {
        using var request = NoticeFormats.Request(new() { Name = "a", Type = "ntfy", Url = "https://ntfy.example.com:8443/alerts", Token = "tk_1" }, Opened with { Kind = NoticeKind.Quarantined, Missed = 3 }, Now);

        Assert.Equal(("https://ntfy.example.com:8443/", "Bearer tk_1"), (request.RequestUri!.ToString(), request.Headers.Authorization!.ToString()));
        Assert.Equal(
            """{"topic":"alerts","title":"web on 10.0.0.1 is down","message":"Died: exit code 7 <&> \"é\".\n3 messages before this one could not be delivered.","priority":5,"tags":["no_entry"]}""",
            await BodyAsync(request));
    }

    [Fact]
    public async Task Gotify()
    {
        using var request = NoticeFormats.Request(new() { Name = "a", Type = "gotify", Url = "https://gotify.example.com/push/", Token = "A1" }, Opened with { Kind = NoticeKind.Recovered }, Now);

        Assert.Equal(("https://gotify.example.com/push/message", "A1"), (request.RequestUri!.ToString(), Assert.Single(request.Headers.GetValues("X-Gotify-Key"))));
        Assert.Equal("""{"title":"web on 10.0.0.1 is down","message":"Died: exit code 7 <&> \"é\".","priority":4}""", await BodyAsync(request));
    }

    [Fact]
    public async Task What_is_too_long_is_cut()
    {
        using var request = NoticeFormats.Request(new() { Name = "a", Type = "discord", Url = "https://discord.com/x" }, Opened with { Title = new('t', 300), Text = new('x', 5000) }, Now);

        var embed = System.Text.Json.Nodes.JsonNode.Parse(await BodyAsync(request))!["embeds"]![0]!;
        Assert.Equal((250, 2000), (((string)embed["title"]!).Length, ((string)embed["description"]!).Length));
    }

    private static async Task<string> BodyAsync(HttpRequestMessage request) =>
        Encoding.UTF8.GetString(await request.Content!.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
}
