using System.Collections.Immutable;
using HmsOrleans.Grains.Commands;
using HmsOrleans.Tests.Api;
using Xunit;

namespace HmsOrleans.Tests.Commands;

public sealed class CommandMarkTests : IDisposable
{
    private static readonly DateTimeOffset Noon = Samples.Noon;

    public void Dispose() => RequestContext.Clear();

    [Fact]
    public void A_command_is_known_for_as_long_as_its_answer_is()
    {
        CommandMark.Set("one");
        var marks = ImmutableList<Guid>.Empty.WithCurrent(Noon);
        Assert.True(marks.ContainsCurrent(Noon));
        Assert.True(marks.ContainsCurrent(Noon + CommandJournal.Memory - TimeSpan.FromSeconds(1)));
        Assert.True(marks.ContainsCurrent(Noon - TimeSpan.FromHours(1)), "a clock that was set back");
        Assert.False(marks.ContainsCurrent(Noon + CommandJournal.Memory));

        CommandMark.Set("two");
        Assert.False(marks.ContainsCurrent(Noon));
        RequestContext.Clear();
        Assert.False(marks.ContainsCurrent(Noon));
        Assert.Same(marks, marks.WithCurrent(Noon));
    }

    [Fact]
    public void The_last_are_kept()
    {
        var marks = ImmutableList<Guid>.Empty;
        for (var number = 0; number <= CommandMark.Kept; number++)
        {
            CommandMark.Set($"{number}");
            marks = marks.WithCurrent(Noon);
        }
        Assert.Equal(CommandMark.Kept, marks.Count);
        CommandMark.Set("0");
        Assert.False(marks.ContainsCurrent(Noon));
        CommandMark.Set("1");
        Assert.True(marks.ContainsCurrent(Noon));
    }
}
