using HmsOrleans.Silo.Cluster;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace HmsOrleans.Tests.Silo;

public sealed class FailedJoinTests : IDisposable
{
    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("hms-join");

    public void Dispose() => _data.Delete(recursive: true);

    [Fact]
    public void A_node_that_never_failed_to_join_may() => Assert.Null(new FailedJoin(_data.FullName, TimeProvider.System).Reason);

    [Fact]
    public void The_next_lives_know_of_it_for_a_minute()
    {
        Fail("nobody answers");
        var time = Now();
        var next = new FailedJoin(_data.FullName, time);
        Assert.Equal("the cluster could not be joined: nobody answers", next.Reason);

        time.Advance(TimeSpan.FromSeconds(59));
        Assert.NotNull(next.Reason);
        Assert.NotNull(new FailedJoin(_data.FullName, time).Reason);

        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(next.Reason);
        Assert.Null(new FailedJoin(_data.FullName, time).Reason);
    }

    [Fact]
    public void A_second_failure_is_a_second_minute_for_its_own_reason()
    {
        Fail("nobody answers");
        Age(TimeSpan.FromMinutes(2));
        Assert.Null(new FailedJoin(_data.FullName, TimeProvider.System).Reason);

        Fail("one of them does not answer");
        Assert.Equal("the cluster could not be joined: one of them does not answer", new FailedJoin(_data.FullName, Now()).Reason);
    }

    [Fact]
    public void A_failure_of_tomorrow_is_of_a_clock_that_was_set_back_and_keeps_nobody_alone_for_a_day()
    {
        Fail("nobody answers");
        Age(TimeSpan.FromDays(-1));
        Assert.Null(new FailedJoin(_data.FullName, TimeProvider.System).Reason);
    }

    [Fact]
    public void What_cannot_be_written_down_keeps_no_node_from_ending()
    {
        var join = new FailedJoin(Path.Combine(_data.FullName, "missing"), TimeProvider.System);
        join.Note("nobody answers");
        Assert.Null(join.Reason);
    }

    private void Fail(string reason) => new FailedJoin(_data.FullName, TimeProvider.System).Note(reason);

    /// <summary>The file system's clock is the machine's own, and never ahead of it.</summary>
    private static FakeTimeProvider Now() => new(TimeProvider.System.GetUtcNow());

    private void Age(TimeSpan by) => File.SetLastWriteTimeUtc(Path.Combine(_data.FullName, "alone"), TimeProvider.System.GetUtcNow().UtcDateTime - by);
}
