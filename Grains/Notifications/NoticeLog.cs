using System.Collections.Immutable;

namespace HmsOrleans.Grains.Notifications;

/// <summary>Messages that not every channel has delivered, and how far each channel is. A channel that is dead keeps the others from nothing.</summary>
[GenerateSerializer, Immutable, Alias("hms.NoticeLog")]
public sealed record NoticeLog
{
    /// <summary>Most messages that wait.</summary>
    internal const int Max = 1_000;

    /// <summary>Oldest first.</summary>
    [Id(0)] public ImmutableArray<Notice> Notices { get; init; } = [];

    /// <summary>Number of the last message that was made.</summary>
    [Id(1)] public long LastNumber { get; init; }

    /// <summary>By name.</summary>
    [Id(2)] public ImmutableDictionary<string, ChannelProgress> Channels { get; init; } = ImmutableDictionary<string, ChannelProgress>.Empty;

    /// <summary>The same for these channels: a new one begins with the next message, and for one that is gone nothing waits.</summary>
    internal NoticeLog For(IReadOnlyCollection<string> channels) =>
        channels.Count == Channels.Count && channels.All(Channels.ContainsKey)
            ? this
            : Trimmed(this with { Channels = channels.ToImmutableDictionary(name => name, name => Channels.GetValueOrDefault(name) ?? new(LastNumber, 0, null)) });

    /// <summary>The same with more messages; of too many the oldest are lost.</summary>
    internal NoticeLog Add(ImmutableArray<Notice> notices)
    {
        var number = LastNumber;
        return Trimmed(this with { Notices = [.. Notices, .. notices.Select(notice => notice with { Number = ++number })], LastNumber = number });
    }

    /// <summary>What a channel is to deliver next; null when it has delivered all.</summary>
    internal Notice? Next(string channel) => Notices.FirstOrDefault(notice => notice.Number > Channels[channel].Done);

    /// <summary>How many messages a channel has still to deliver.</summary>
    internal int Waiting(string channel) => Notices.Count(notice => notice.Number > Channels[channel].Done);

    /// <summary>The same after a channel has delivered a message, which told of those lost before.</summary>
    internal NoticeLog Delivered(string channel, Notice notice, DateTimeOffset now) =>
        With(channel, notice, progress => new(notice.Number, Math.Max(0, progress.Lost - notice.Missed), now));

    /// <summary>The same after a channel has given a message up.</summary>
    internal NoticeLog GivenUp(string channel, Notice notice) => With(channel, notice, progress => progress with { Done = notice.Number, Lost = progress.Lost + 1 });

    /// <remarks>It may have been lost, and counted as that, while it was under way.</remarks>
    private NoticeLog With(string channel, Notice notice, Func<ChannelProgress, ChannelProgress> change) =>
        Channels[channel] is var progress && progress.Done < notice.Number ? Trimmed(this with { Channels = Channels.SetItem(channel, change(progress)) }) : this;

    private static NoticeLog Trimmed(NoticeLog log)
    {
        if (log.Notices.Length > Max)
        {
            var oldest = log.Notices[^Max].Number;
            log = log with
            {
                Channels = log.Channels.ToImmutableDictionary(
                    channel => channel.Key,
                    channel => channel.Value.Done >= oldest - 1 ? channel.Value : channel.Value with { Done = oldest - 1, Lost = channel.Value.Lost + (int)(oldest - 1 - channel.Value.Done) }),
            };
        }
        var done = log.Channels.Values.Select(channel => channel.Done).DefaultIfEmpty(log.LastNumber).Min();
        return log.Notices is [var first, ..] && first.Number <= done ? log with { Notices = [.. log.Notices.Where(notice => notice.Number > done)] } : log;
    }
}

/// <summary>How far a channel is.</summary>
/// <param name="Done">Number of the last message that it has delivered or given up.</param>
/// <param name="Lost">Messages that it did not deliver and will not, and has not told of yet.</param>
/// <param name="LastSuccess">When it last delivered one (UTC).</param>
[GenerateSerializer, Immutable, Alias("hms.ChannelProgress")]
public sealed record ChannelProgress([property: Id(0)] long Done, [property: Id(1)] int Lost, [property: Id(2)] DateTimeOffset? LastSuccess);
