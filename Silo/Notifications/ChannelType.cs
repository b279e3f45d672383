namespace HmsOrleans.Silo.Notifications;

/// <summary>What a channel speaks.</summary>
/// <param name="Name">Its name in the configuration.</param>
/// <param name="Schemes">What its address may begin with.</param>
/// <param name="Example">An address.</param>
/// <param name="Required">Settings that it needs besides its address.</param>
/// <param name="Optional">Settings that it can use.</param>
internal sealed record ChannelType(string Name, string[] Schemes, string Example, string[] Required, string[] Optional)
{
    private static readonly string[] Web = [Uri.UriSchemeHttps, Uri.UriSchemeHttp];

    public static readonly ChannelType Webhook = new("webhook", Web, "https://example.com/hook", [], [nameof(ChannelOptions.Secret), nameof(ChannelOptions.Token)]);

    public static readonly ChannelType Slack = new("slack", Web, "https://hooks.slack.com/services/...", [], []);

    public static readonly ChannelType Discord = new("discord", Web, "https://discord.com/api/webhooks/...", [], []);

    public static readonly ChannelType Ntfy = new("ntfy", Web, "https://ntfy.sh/topic", [], [nameof(ChannelOptions.Token)]);

    public static readonly ChannelType Gotify = new("gotify", Web, "https://gotify.example.com", [nameof(ChannelOptions.Token)], []);

    public static readonly ChannelType Email = new(
        "email", ["smtp", "smtps"], "smtp://mail.example.com:587",
        [nameof(ChannelOptions.From), nameof(ChannelOptions.To)], [nameof(ChannelOptions.User), nameof(ChannelOptions.Password)]);

    public static IReadOnlyList<ChannelType> All { get; } = [Webhook, Slack, Discord, Ntfy, Gotify, Email];

    public static ChannelType? Find(string? name) => All.FirstOrDefault(type => type.Name == name);
}
