using HmsOrleans.Grains.Hosts;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace HmsOrleans.Tests.Hosts;

public sealed class StartsUnderWayTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMilliseconds(250);

    private readonly FakeTimeProvider _time = new();
    private readonly StartsUnderWay _starts = new();

    [Fact]
    public void NobodyWaitsWhereNothingIsStarted() => Assert.True(_starts.UntilNoneAsync(Limit, _time).IsCompleted);

    [Fact]
    public async Task TheLastStartEndsTheWaiting()
    {
        _starts.Begin();
        _starts.Begin();
        var waiting = _starts.UntilNoneAsync(Limit, _time);
        _starts.End();
        Assert.False(waiting.IsCompleted);
        _starts.End();
        await waiting.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        Assert.True(_starts.UntilNoneAsync(Limit, _time).IsCompleted);
    }

    [Fact]
    public async Task AStartThatTakesLongIsNotWaitedFor()
    {
        _starts.Begin();
        var waiting = _starts.UntilNoneAsync(Limit, _time);
        Assert.False(waiting.IsCompleted);
        _time.Advance(Limit);
        await waiting.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
    }
}
