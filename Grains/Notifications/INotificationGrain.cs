using System.Collections.Immutable;

namespace HmsOrleans.Grains.Notifications;

/// <summary>Tells people what happens in the fleet. There is one, with the key <see cref="Key"/>.</summary>
[Alias("hms.INotificationGrain")]
public interface INotificationGrain : IGrainWithStringKey
{
    /// <summary>The key of the only one.</summary>
    public const string Key = "fleet";

    /// <summary>Sees that it is at work: after the loss of its node it begins again on another.</summary>
    [Alias("Wake")]
    Task Wake(CancellationToken cancellationToken);

    /// <summary>How it is with notifications.</summary>
    [Alias("GetView")]
    Task<NotificationView> GetView(CancellationToken cancellationToken);

    /// <summary>Mutes a container; instead of an earlier mute for it.</summary>
    [Alias("Mute")]
    Task<NotificationView> Mute(Mute mute, CancellationToken cancellationToken);

    /// <summary>Ends the mutes of a container.</summary>
    /// <param name="host">Address of its host.</param>
    /// <param name="containers">Its name, its id, or both.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    [Alias("Unmute")]
    Task<NotificationView> Unmute(string host, ImmutableArray<string> containers, CancellationToken cancellationToken);

    /// <summary>Adds a maintenance window.</summary>
    [Alias("AddWindow")]
    Task<NotificationView> AddWindow(MaintenanceWindow window, CancellationToken cancellationToken);

    /// <summary>Ends a maintenance window; null when there is none with that id.</summary>
    [Alias("RemoveWindow")]
    Task<NotificationView?> RemoveWindow(string id, CancellationToken cancellationToken);

    /// <summary>Sends a message by a channel, or by all, to see whether it arrives; it is not tried twice.</summary>
    /// <param name="channel">Name of the channel; null for all.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>What came of it on each; empty when there is no such channel.</returns>
    [Alias("Test")]
    Task<ImmutableArray<ChannelTest>> Test(string? channel, CancellationToken cancellationToken);

    /// <summary>Waits until every change made so far is saved.</summary>
    /// <returns>Null when all are; else why not. They hold all the same, and saving goes on.</returns>
    [Alias("WhenSaved")]
    Task<string?> WhenSaved(CancellationToken cancellationToken);
}

/// <summary>How it is with notifications.</summary>
/// <param name="Channels">In the order of the configuration.</param>
/// <param name="Mutes">Containers of which nothing is told.</param>
/// <param name="Windows">Times in which nothing is told, now or later.</param>
[GenerateSerializer, Immutable, Alias("hms.NotificationView")]
public sealed record NotificationView(
    [property: Id(0)] ImmutableArray<ChannelView> Channels,
    [property: Id(1)] ImmutableArray<Mute> Mutes,
    [property: Id(2)] ImmutableArray<MaintenanceWindow> Windows);

/// <summary>How it is with a channel.</summary>
/// <param name="Name">Its name in the configuration.</param>
/// <param name="Type">What it speaks.</param>
/// <param name="Waiting">Messages that it has still to deliver.</param>
/// <param name="Lost">Messages that it did not deliver and will not, and has not told of yet.</param>
/// <param name="LastSuccess">When it last delivered one (UTC); null when it never did.</param>
/// <param name="Trouble">Why the last attempt failed; null when it did not.</param>
/// <param name="TroubleSince">Since when no attempt succeeds (UTC); null while they do.</param>
/// <param name="NextAttempt">When the next attempt is made (UTC); null when none waits for its time.</param>
[GenerateSerializer, Immutable, Alias("hms.ChannelView")]
public sealed record ChannelView(
    [property: Id(0)] string Name,
    [property: Id(1)] string Type,
    [property: Id(2)] int Waiting,
    [property: Id(3)] int Lost,
    [property: Id(4)] DateTimeOffset? LastSuccess,
    [property: Id(5)] string? Trouble,
    [property: Id(6)] DateTimeOffset? TroubleSince,
    [property: Id(7)] DateTimeOffset? NextAttempt);

/// <summary>What came of a test.</summary>
/// <param name="Channel">Name of the channel.</param>
/// <param name="Delivered">The receiver has taken the message.</param>
/// <param name="Trouble">Why it has not; null when it has.</param>
[GenerateSerializer, Immutable, Alias("hms.ChannelTest")]
public sealed record ChannelTest([property: Id(0)] string Channel, [property: Id(1)] bool Delivered, [property: Id(2)] string? Trouble);
