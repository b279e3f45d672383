using HmsOrleans.Silo.Hosts;
using Xunit;

namespace HmsOrleans.Tests.Silo;

public sealed class ClockWatchTests
{
    [Theory]
    [InlineData(0.5, null)]
    [InlineData(-0.9, null)]
    [InlineData(-3600, -3600)]
    [InlineData(3600, 3600)]
    public void A_clock_that_is_set_has_jumped_and_one_that_runs_or_slews_has_not(double seconds, int? jump)
    {
        var time = new SetClock();
        var watch = new ClockWatch(time);
        time.Advance(TimeSpan.FromMinutes(10));
        Assert.Null(watch.Jump());

        time.Off += TimeSpan.FromSeconds(seconds);

        Assert.Equal(jump, watch.Jump()?.TotalSeconds);
        Assert.Null(watch.Jump());
    }

    /// <summary>The time of day can be set; the clock that only runs on cannot.</summary>
    private sealed class SetClock : TimeProvider
    {
        private TimeSpan _up;

        public TimeSpan Off { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public void Advance(TimeSpan time) => _up += time;

        public override long GetTimestamp() => _up.Ticks;

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch + _up + Off;
    }
}
