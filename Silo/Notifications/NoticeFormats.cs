using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using HmsOrleans.Grains.Notifications;

namespace HmsOrleans.Silo.Notifications;

/// <summary>A message in the form that each kind of receiver takes.</summary>
internal static class NoticeFormats
{
    /// <summary>What the least of the receivers takes: Discord 256 in a title, ntfy 4,096 bytes in a message.</summary>
    private const int MaxTitle = 250;
    private const int MaxText = 2_000;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        // It is no part of a page.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    /// <summary>The request that delivers a message.</summary>
    public static HttpRequestMessage Request(ChannelOptions channel, Notice notice, DateTimeOffset now) => channel.Type switch
    {
        "slack" => Post(channel.Url!, new { text = $":{Symbol(notice.Kind)}: *{SlackEscaped(Title(notice))}*\n{SlackEscaped(Text(notice))}" }),
        "discord" => Post(channel.Url!, new
        {
            embeds = new[] { new { title = Title(notice), description = Text(notice), color = Colour(notice.Kind), timestamp = Time(notice.At) } },
            // A container may be called as it likes: nobody is mentioned by its name.
            allowed_mentions = new { parse = Array.Empty<string>() },
        }),
        "ntfy" => Ntfy(channel, notice),
        "gotify" => Gotify(channel, notice),
        _ => Webhook(channel, notice, now),
    };

    /// <summary>The text with all that belongs to it.</summary>
    public static string Text(Notice notice) => Cut(notice.Missed == 0 ? notice.Text : $"{notice.Text}\n{NoticeText.Missed(notice.Missed)}", MaxText);

    private static string Title(Notice notice) => Cut(notice.Title, MaxTitle);

    /// <remarks>CloudEvents 1.0, structured mode.</remarks>
    private static HttpRequestMessage Webhook(ChannelOptions channel, Notice notice, DateTimeOffset now)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(new
        {
            specversion = "1.0",
            id = notice.Id,
            source = "urn:hms-orleans",
            type = notice.Kind == NoticeKind.Test ? "hms.test" : $"hms.incident.{notice.Kind.ToString().ToLowerInvariant()}",
            subject = Subject(notice),
            time = Time(notice.At),
            datacontenttype = "application/json",
            data = new { title = notice.Title, text = notice.Text, host = notice.Host, count = notice.Count, missed = notice.Missed, incidents = notice.Incidents },
        }, Json);
        var request = Post(channel.Url!, body, "application/cloudevents+json");
        if (!string.IsNullOrEmpty(channel.Secret))
        {
            WebhookSignature.Sign(request, channel.Secret, notice.Id, body, now);
        }
        if (!string.IsNullOrEmpty(channel.Token))
        {
            request.Headers.Authorization = new("Bearer", channel.Token);
        }
        return request;
    }

    /// <remarks>Its JSON goes to the root, and names the topic.</remarks>
    private static HttpRequestMessage Ntfy(ChannelOptions channel, Notice notice)
    {
        var url = new Uri(channel.Url!);
        var request = Post(url.GetLeftPart(UriPartial.Authority) + "/", new
        {
            topic = url.AbsolutePath.Trim('/'),
            title = Title(notice),
            message = Text(notice),
            priority = notice.Kind switch { NoticeKind.Quarantined => 5, NoticeKind.Opened => 4, NoticeKind.Closed => 2, _ => 3 },
            tags = new[] { Symbol(notice.Kind) },
        });
        if (!string.IsNullOrEmpty(channel.Token))
        {
            request.Headers.Authorization = new("Bearer", channel.Token);
        }
        return request;
    }

    private static HttpRequestMessage Gotify(ChannelOptions channel, Notice notice)
    {
        var request = Post(channel.Url!.TrimEnd('/') + "/message", new
        {
            title = Title(notice),
            message = Text(notice),
            priority = notice.Kind switch { NoticeKind.Quarantined => 10, NoticeKind.Opened => 8, NoticeKind.Closed => 2, _ => 4 },
        });
        request.Headers.Add("X-Gotify-Key", channel.Token);
        return request;
    }

    private static HttpRequestMessage Post<T>(string url, T body) => Post(url, JsonSerializer.SerializeToUtf8Bytes(body, Json), "application/json");

    private static HttpRequestMessage Post(string url, byte[] body, string contentType) =>
        new(HttpMethod.Post, url) { Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue(contentType, "utf-8") } } };

    private static string? Subject(Notice notice) => notice switch
    {
        { Count: 1, Incidents: [{ Container: { } container } incident] } => $"{incident.Host}/{container}",
        { Host: { } host } => host,
        _ => null,
    };

    /// <summary>A symbol by the name that both Slack and ntfy know.</summary>
    private static string Symbol(NoticeKind kind) => kind switch
    {
        NoticeKind.Opened => "rotating_light",
        NoticeKind.Recovered => "white_check_mark",
        NoticeKind.Quarantined => "no_entry",
        NoticeKind.Closed => "information_source",
        _ => "test_tube",
    };

    private static int Colour(NoticeKind kind) => kind switch
    {
        NoticeKind.Opened => 0xD32F2F,
        NoticeKind.Recovered => 0x388E3C,
        NoticeKind.Quarantined => 0x6A1B9A,
        _ => 0x546E7A,
    };

    private static string SlackEscaped(string text) => text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal);

    private static string Time(DateTimeOffset at) => at.ToUniversalTime().ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);

    private static string Cut(string text, int max) => text.Length <= max ? text : text[..(max - 3)] + "...";
}
