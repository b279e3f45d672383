namespace HmsOrleans.Grains.Notifications;

/// <summary>Everything about notifications that must survive, written as one: what was heard of, and what came of it.</summary>
[GenerateSerializer, Immutable, Alias("hms.NotificationState")]
public sealed record NotificationState
{
    /// <summary>How far the history was heard; null: not at all yet.</summary>
    [Id(0)] public long? Cursor { get; init; }

    [Id(1)] public NotificationBook Book { get; init; } = new();

    [Id(2)] public NoticeLog Log { get; init; } = new();
}
