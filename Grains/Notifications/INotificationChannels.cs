using System.Collections.Immutable;

namespace HmsOrleans.Grains.Notifications;

/// <summary>The ways on which messages reach people.</summary>
public interface INotificationChannels
{
    /// <summary>All that are configured.</summary>
    ImmutableArray<ChannelInfo> All { get; }

    /// <summary>Tries once, within a limit of its own, to deliver a message. What goes wrong is said in the answer, never thrown.</summary>
    /// <param name="channel">Name of the channel.</param>
    /// <param name="notice">The message.</param>
    /// <param name="cancellationToken">Ends the trying.</param>
    Task<Delivery> DeliverAsync(string channel, Notice notice, CancellationToken cancellationToken);
}

/// <summary>A channel.</summary>
/// <param name="Name">Its name in the configuration.</param>
/// <param name="Type">What it speaks.</param>
public sealed record ChannelInfo(string Name, string Type);

/// <summary>What came of an attempt to deliver a message.</summary>
/// <param name="Trouble">Why it was not delivered, in words and without secrets; null when it was.</param>
/// <param name="IsFinal">The receiver does not want this message; another attempt is of no use.</param>
/// <param name="RetryAfter">How long the receiver asks us to wait; null when it does not say.</param>
public sealed record Delivery(string? Trouble, bool IsFinal = false, TimeSpan? RetryAfter = null)
{
    public static Delivery Done { get; } = new((string?)null);
}
