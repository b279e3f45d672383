using System.Collections.Immutable;
using HmsOrleans.Grains.Notifications;
using Xunit;

namespace HmsOrleans.Tests.Notifications;

/// <summary>Who has delivered what, of messages that are kept once for all channels.</summary>
public sealed class NoticeLogTests
{
    private static readonly DateTimeOffset Now = NotificationStory.Start;

    [Fact]
    public void Each_channel_delivers_in_order_and_what_all_have_is_forgotten()
    {
        var log = new NoticeLog().For(["a", "b"]).Add(Notices(3));

        Assert.Equal("1", log.Next("a")!.Id);
        log = log.Delivered("a", log.Next("a")!, Now);
        Assert.Equal(("2", "1", 2, 3), (log.Next("a")!.Id, log.Next("b")!.Id, log.Waiting("a"), log.Waiting("b")));
        Assert.Equal(Now, log.Channels["a"].LastSuccess);
        log = log.Delivered("b", log.Next("b")!, Now);
        Assert.Equal(2, log.Notices.Length);
    }

    [Fact]
    public void A_dead_channel_loses_the_oldest_and_knows_how_many()
    {
        var log = new NoticeLog().For(["dead", "alive"]);
        for (var number = 0; number < NoticeLog.Max + 7; number++)
        {
            log = log.Add(Notices(1));
            log = log.Delivered("alive", log.Next("alive")!, Now);
        }

        Assert.Equal((NoticeLog.Max, NoticeLog.Max, 7, 8), (log.Notices.Length, log.Waiting("dead"), log.Channels["dead"].Lost, log.Next("dead")!.Number));
        Assert.Equal((0, 0), (log.Waiting("alive"), log.Channels["alive"].Lost));

        log = log.Delivered("dead", log.Next("dead")! with { Missed = 7 }, Now);
        Assert.Equal((0, 9), (log.Channels["dead"].Lost, log.Next("dead")!.Number));
    }

    [Fact]
    public void What_was_lost_while_it_was_under_way_is_not_delivered_a_second_time()
    {
        var log = new NoticeLog().For(["slow"]).Add(Notices(1));
        var underWay = log.Next("slow")!;
        log = log.Add(Notices(NoticeLog.Max));

        Assert.Same(log, log.Delivered("slow", underWay, Now));
        Assert.Equal(2, log.Next("slow")!.Number);
    }

    [Fact]
    public void What_is_given_up_is_counted_until_it_is_told()
    {
        var log = new NoticeLog().For(["a"]).Add(Notices(3));
        log = log.GivenUp("a", log.Next("a")!);
        log = log.GivenUp("a", log.Next("a")!);

        Assert.Equal((2, 3), (log.Channels["a"].Lost, log.Next("a")!.Number));
        log = log.Delivered("a", log.Next("a")! with { Missed = 2 }, Now);
        Assert.Equal((0, 0), (log.Channels["a"].Lost, log.Notices.Length));
    }

    [Fact]
    public void A_new_channel_begins_with_the_next_message_and_one_that_is_gone_holds_nothing()
    {
        var log = new NoticeLog().For(["a"]).Add(Notices(3)).For(["a", "b"]);
        Assert.Null(log.Next("b"));

        log = log.For(["b"]);
        Assert.Empty(log.Notices);
        Assert.Same(log, log.For(["b"]));
        Assert.Equal(4, log.Add(Notices(1)).Next("b")!.Number);
    }

    [Fact]
    public void Without_channels_nothing_is_kept() => Assert.Empty(new NoticeLog().Add(Notices(3)).Notices);

    private static ImmutableArray<Notice> Notices(int count) =>
        [.. Enumerable.Range(1, count).Select(number => new Notice { Id = $"{number}", At = Now, Kind = NoticeKind.Opened, Title = "", Text = "" })];
}
