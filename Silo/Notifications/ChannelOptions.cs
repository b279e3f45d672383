using HmsOrleans.Grains.Notifications;

namespace HmsOrleans.Silo.Notifications;

/// <summary>Section <c>Hms:Notifications</c>: the ways on which people are told.</summary>
internal sealed class ChannelListOptions
{
    public const string Section = NotificationOptions.Section;

    public IList<ChannelOptions> Channels { get; } = [];
}

/// <summary>A way on which people are told. What is not used by its type must not be set.</summary>
internal sealed class ChannelOptions
{
    /// <summary>Its name in the API and the log.</summary>
    public string? Name { get; set; }

    /// <summary>One of <see cref="ChannelType.All"/>.</summary>
    public string? Type { get; set; }

    /// <summary>Where to. Of some receivers it is a secret.</summary>
    public string? Url { get; set; }

    /// <summary>Key of the signatures.</summary>
    public string? Secret { get; set; }

    /// <summary>What the receiver knows us by.</summary>
    public string? Token { get; set; }

    /// <summary>Whom the mail server knows us as.</summary>
    public string? User { get; set; }

    /// <summary>And the password for it.</summary>
    public string? Password { get; set; }

    /// <summary>The sender of mail.</summary>
    public string? From { get; set; }

    /// <summary>The receivers of mail, with commas between them.</summary>
    public string? To { get; set; }
}
