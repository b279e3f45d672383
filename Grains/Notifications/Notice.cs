using System.Collections.Immutable;

namespace HmsOrleans.Grains.Notifications;

/// <summary>A message to people.</summary>
[GenerateSerializer, Immutable, Alias("hms.Notice")]
public sealed record Notice
{
    /// <summary>As many incidents are told one by one, at most.</summary>
    public const int MaxIncidents = 20;

    /// <summary>Stays the same however often it is sent, so that a receiver can drop a repetition.</summary>
    [Id(0)] public required string Id { get; init; }

    /// <summary>Counts up with each message.</summary>
    [Id(1)] public long Number { get; init; }

    /// <summary>When it was made (UTC).</summary>
    [Id(2)] public required DateTimeOffset At { get; init; }

    [Id(3)] public required NoticeKind Kind { get; init; }

    /// <summary>It says all that matters, in a few words.</summary>
    [Id(4)] public required string Title { get; init; }

    /// <summary>The rest, in a sentence or two.</summary>
    [Id(5)] public required string Text { get; init; }

    /// <summary>The host that all of it is about; null when there are several, or none.</summary>
    [Id(6)] public string? Host { get; init; }

    /// <summary>The incidents that it is about, <see cref="MaxIncidents"/> at most.</summary>
    [Id(7)] public ImmutableArray<NoticeIncident> Incidents { get; init; } = [];

    /// <summary>How many incidents it is about.</summary>
    [Id(8)] public int Count { get; init; }

    /// <summary>Messages before it that did not reach the receiver and will not any more.</summary>
    [Id(9)] public int Missed { get; init; }
}

/// <summary>What a message is about.</summary>
[GenerateSerializer]
public enum NoticeKind
{
    /// <summary>Something is broken.</summary>
    Opened,

    /// <summary>What was told to be broken is well again.</summary>
    Recovered,

    /// <summary>A container was given up: a person has to look.</summary>
    Quarantined,

    /// <summary>What was told to be broken is nobody's concern any more: ignored or removed.</summary>
    Closed,

    /// <summary>Somebody wanted to see whether messages arrive.</summary>
    Test,
}
