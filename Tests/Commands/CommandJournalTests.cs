using HmsOrleans.Grains.Commands;
using Microsoft.Extensions.Time.Testing;
using Orleans.Storage;
using Xunit;

namespace HmsOrleans.Tests.Commands;

/// <summary>What was done is known for ten minutes, in the next life too.</summary>
public sealed class CommandJournalTests
{
    private const int SegmentSize = 256;
    private static readonly GrainId Grain = GrainId.Create("command", "host");

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly JournalStore _store = new();

    [Fact]
    public async Task A_new_life_knows_what_was_saved()
    {
        var journal = await OpenAsync();
        journal.Put(Done("a"));
        journal.Put(Done("b"));
        journal.Put(Done("a") with { Delivery = Guid.NewGuid() });
        await journal.SaveAsync();
        journal.Put(Done("c"));

        var next = await OpenAsync();
        Assert.Equal(journal.Find("a"), next.Find("a"));
        Assert.Equal(journal.Find("b"), next.Find("b"));
        Assert.Null(next.Find("c"));
    }

    [Fact]
    public async Task Segments_roll_over_and_all_are_found_again()
    {
        var journal = await OpenAsync();
        for (var i = 0; i < 3 * SegmentSize + 10; i++)
        {
            journal.Put(Done($"{i}"));
            await journal.SaveAsync();
        }
        var next = await OpenAsync();
        Assert.All(Enumerable.Range(0, 3 * SegmentSize + 10), i => Assert.NotNull(next.Find($"{i}")));
        Assert.Equal(1 + 4, _store.Count); // the head and four segments

        // And it goes on where the last life ended.
        next.Put(Done("later"));
        await next.SaveAsync();
        Assert.NotNull((await OpenAsync()).Find("later"));
    }

    [Fact]
    public async Task A_batch_larger_than_a_segment_is_saved_as_a_whole()
    {
        var journal = await OpenAsync();
        for (var i = 0; i < 2 * SegmentSize; i++)
        {
            journal.Put(Done($"{i}"));
        }
        await journal.SaveAsync();
        var next = await OpenAsync();
        Assert.All(Enumerable.Range(0, 2 * SegmentSize), i => Assert.NotNull(next.Find($"{i}")));
    }

    [Fact]
    public async Task After_ten_minutes_it_is_forgotten_and_its_place_is_used_again()
    {
        var journal = await OpenAsync();
        for (var i = 0; i < 1000; i++)
        {
            for (var j = 0; j < SegmentSize; j++)
            {
                journal.Put(Done($"{i} {j}"));
            }
            await journal.SaveAsync();
            _time.Advance(TimeSpan.FromMinutes(1));
        }

        await journal.SaveAsync();
        foreach (var life in (CommandJournal[])[journal, await OpenAsync()])
        {
            Assert.Null(life.Find("988 255"));
            Assert.NotNull(life.Find("999 0"));
            Assert.NotNull(life.Find("991 0"));
        }
        Assert.True(_store.Count <= 1 + 2 * CommandJournal.Capacity / SegmentSize, $"{_store.Count} entries");
    }

    [Fact]
    public async Task Of_more_commands_than_it_can_hold_it_forgets_the_oldest()
    {
        var journal = await OpenAsync();
        for (var i = 0; i < CommandJournal.Capacity + SegmentSize; i++)
        {
            journal.Put(Done($"{i}"));
            if (i % SegmentSize == SegmentSize - 1)
            {
                await journal.SaveAsync();
            }
        }
        await journal.SaveAsync();
        foreach (var life in (CommandJournal[])[journal, await OpenAsync()])
        {
            Assert.Null(life.Find("0"));
            Assert.NotNull(life.Find($"{SegmentSize + 1}"));
            Assert.NotNull(life.Find($"{CommandJournal.Capacity + SegmentSize - 1}"));
        }
    }

    [Fact]
    public async Task What_could_not_be_saved_is_saved_with_what_follows()
    {
        var journal = await OpenAsync();
        _store.Trouble = "disk full";
        for (var i = 0; i < 2 * SegmentSize; i++)
        {
            journal.Put(Done($"{i}"));
            await Assert.ThrowsAsync<IOException>(journal.SaveAsync);
        }
        Assert.Equal(0, _store.Count);

        _store.Trouble = null;
        journal.Put(Done("last"));
        await journal.SaveAsync();
        var next = await OpenAsync();
        Assert.All(Enumerable.Range(0, 2 * SegmentSize), i => Assert.NotNull(next.Find($"{i}")));
        Assert.NotNull(next.Find("last"));
    }

    [Fact]
    public async Task While_nothing_can_be_saved_no_more_is_kept_than_is_remembered()
    {
        var journal = await OpenAsync();
        _store.Trouble = "disk full";
        for (var i = 0; i < CommandJournal.Capacity + 10 * SegmentSize; i++)
        {
            journal.Put(Done($"{i}"));
        }
        journal.Put(Done($"{CommandJournal.Capacity}") with { Reply = "changed" });
        _store.Trouble = null;
        await journal.SaveAsync();

        Assert.InRange(_store.CountOf(nameof(CommandRecord.CorrelationId), "commands-0"), CommandJournal.Capacity, CommandJournal.Capacity + SegmentSize);
        var next = await OpenAsync();
        Assert.Null(next.Find("0"));
        Assert.NotNull(next.Find($"{CommandJournal.Capacity + 10 * SegmentSize - 1}"));
        Assert.Equal("changed", next.Find($"{CommandJournal.Capacity}")!.Reply);
    }

    [Fact]
    public async Task A_head_that_could_not_be_saved_loses_no_segment()
    {
        var journal = await OpenAsync();
        for (var i = 0; i < SegmentSize - 1; i++)
        {
            journal.Put(Done($"{i}"));
        }
        await journal.SaveAsync();
        journal.Put(Done("full"));
        _store.Trouble = "disk full";
        await Assert.ThrowsAsync<IOException>(journal.SaveAsync);
        journal.Put(Done("over"));
        _store.Trouble = null;
        await journal.SaveAsync();
        journal.Put(Done("next"));
        await journal.SaveAsync();

        var next = await OpenAsync();
        Assert.All((string[])["0", "full", "over", "next"], id => Assert.NotNull(next.Find(id)));
    }

    [Fact]
    public async Task Readings_are_known_in_this_life_and_write_nothing()
    {
        var journal = await OpenAsync();
        journal.Put(Done("reading") with { Reply = null });
        await journal.SaveAsync();
        Assert.NotNull(journal.Find("reading"));
        Assert.Empty(_store.Writes);
    }

    [Fact]
    public async Task However_many_readings_come_no_change_is_forgotten_for_them()
    {
        var journal = await OpenAsync();
        journal.Put(Done("change"));
        for (var i = 0; i < CommandJournal.Capacity + 1; i++)
        {
            journal.Put(Done($"reading {i}") with { Reply = null });
        }
        await journal.SaveAsync();

        Assert.NotNull(journal.Find("change"));
        Assert.NotNull(journal.Find($"reading {CommandJournal.Capacity}"));
        Assert.Null(journal.Find($"reading {CommandJournal.Capacity - CommandJournal.ReadingCapacity}"));
    }

    [Fact]
    public async Task Two_lives_cannot_both_write()
    {
        var (one, other) = (await OpenAsync(), await OpenAsync());
        one.Put(Done("a"));
        other.Put(Done("b"));
        await one.SaveAsync();
        await Assert.ThrowsAsync<InconsistentStateException>(other.SaveAsync);
    }

    [Theory]
    [InlineData(false, false, "client", false)] // asked again: answered again
    [InlineData(true, false, "client", true)] // the stream's second attempt
    [InlineData(false, true, "client", true)] // the broker's
    [InlineData(false, true, "elsewhere", false)] // asked again by one who has lost its queue, and the broker's second attempt at that
    public void A_delivery_is_answered_once(bool isSameDelivery, bool isRedelivered, string replyTo, bool isAnswered)
    {
        var first = new ExternalCommand(CommandKind.SetHostThreshold, "host", null, 1, "a", new("", "client"), Guid.NewGuid(), Redelivered: false);
        var command = first with { ReplyTo = new("", replyTo), Delivery = isSameDelivery ? first.Delivery : Guid.NewGuid(), Redelivered = isRedelivered };
        Assert.False(Done("a").Answered(command));
        Assert.Equal(isAnswered, Done("a").AfterAnswerTo(first).Answered(command));
    }

    private CommandRecord Done(string id) => new(id, $"what {id} asked", _time.GetUtcNow(), """{"command":"ok"}""", null);

    private async Task<CommandJournal> OpenAsync()
    {
        var journal = new CommandJournal(_store, Grain, _time);
        await journal.LoadAsync();
        return journal;
    }
}
