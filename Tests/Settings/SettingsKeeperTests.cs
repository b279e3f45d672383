using System.Threading.Channels;
using HmsOrleans.Grains.Settings;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace HmsOrleans.Tests.Settings;

/// <summary>Settings hold at once; saving them is tried until it works.</summary>
public sealed class SettingsKeeperTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<string> _saved = [];
    private readonly Channel<TaskCompletionSource> _attempts = Channel.CreateUnbounded<TaskCompletionSource>();
    private readonly SettingsKeeper<string> _keeper;

    public SettingsKeeperTests() => _keeper = new("first", SaveAsync, _time, NullLogger.Instance, _stopping.Token);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _stopping.Dispose();

    [Fact]
    public async Task A_change_holds_at_once_and_is_saved_behind_it()
    {
        Assert.Null(await _keeper.WhenSaved(Token));
        _keeper.Change("second");
        Assert.Equal("second", _keeper.Current);

        var waiting = _keeper.WhenSaved(Token);
        Assert.False(waiting.IsCompleted);
        (await AttemptAsync()).SetResult();
        Assert.Null(await waiting);
        Assert.Equal(["second"], _saved);
    }

    [Fact]
    public async Task Changes_during_a_save_are_saved_together_after_it()
    {
        _keeper.Change("a");
        var first = await AttemptAsync();
        _keeper.Change("b");
        _keeper.Change("c");
        var waiting = _keeper.WhenSaved(Token);
        first.SetResult();
        var second = await AttemptAsync();
        Assert.False(waiting.IsCompleted); // what it asked about is not saved yet
        second.SetResult();

        Assert.Null(await waiting);
        Assert.Equal(["a", "c"], _saved);
    }

    [Fact]
    public async Task A_store_that_fails_is_told_of_and_tried_again_ever_later()
    {
        _keeper.Change("second");
        var waiting = _keeper.WhenSaved(Token);
        (await AttemptAsync()).SetException(new IOException("disk full"));
        Assert.Equal("disk full", await waiting);
        Assert.Equal("disk full", _keeper.UnsavedBecause);

        foreach (var seconds in (int[])[1, 2, 4, 8, 16, 30, 30])
        {
            _time.Advance(TimeSpan.FromSeconds(seconds - 0.1));
            Assert.False(_attempts.Reader.TryPeek(out _));
            _time.Advance(TimeSpan.FromSeconds(0.1));
            (await AttemptAsync()).SetException(new IOException("disk still full"));
            Assert.Equal("disk still full", await _keeper.WhenSaved(Token));
        }

        _keeper.Change("third"); // is tried at once
        (await AttemptAsync()).SetResult();
        Assert.Null(await _keeper.WhenSaved(Token));
        Assert.Null(_keeper.UnsavedBecause);
        Assert.Equal("third", _saved[^1]);
    }

    [Fact]
    public async Task A_store_that_does_not_answer_has_failed_after_five_seconds()
    {
        _keeper.Change("second");
        var waiting = _keeper.WhenSaved(Token);
        await AttemptAsync();
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.NotNull(await waiting);
    }

    [Fact]
    public async Task Nothing_is_tried_any_more_when_the_grain_has_ended()
    {
        _keeper.Change("second");
        (await AttemptAsync()).SetException(new IOException("disk full"));
        Assert.Equal("disk full", await _keeper.WhenSaved(Token));
        await _stopping.CancelAsync();
        _time.Advance(TimeSpan.FromMinutes(5));
        Assert.False(_attempts.Reader.TryPeek(out _));
    }

    [Fact]
    public async Task A_change_after_the_grain_has_ended_is_said_to_be_unsaved_instead_of_waited_for()
    {
        await _stopping.CancelAsync();
        _keeper.Change("second");
        Assert.NotNull(await _keeper.WhenSaved(Token).WaitAsync(TimeSpan.FromMinutes(1), TimeProvider.System, Token));
        Assert.Empty(_saved);
    }

    private async Task SaveAsync(string value, CancellationToken cancellationToken)
    {
        // Continuations run at once, on the thread of the test: a grain has one thread, too.
        var attempt = new TaskCompletionSource();
        using var limit = cancellationToken.Register(() => attempt.TrySetCanceled(cancellationToken));
        _saved.Add(value);
        _attempts.Writer.TryWrite(attempt);
        await attempt.Task;
    }

    private async Task<TaskCompletionSource> AttemptAsync() => await _attempts.Reader.ReadAsync(Token).AsTask().WaitAsync(TimeSpan.FromMinutes(1), TimeProvider.System, Token);
}
