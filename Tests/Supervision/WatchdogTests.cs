using System.Collections.Concurrent;
using HmsOrleans.Silo.Supervision;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace HmsOrleans.Tests.Supervision;

public sealed class WatchdogTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Signs_of_life_come_at_half_the_limit_as_long_as_both_go_on()
    {
        await using var story = await Story.BeginAsync(new Progress(5, 100));
        await story.HalfTheLimitLaterAsync(new Progress(20, 300));
        await story.HalfTheLimitLaterAsync(new Progress(21, 301));

        Assert.Equal(["alive", "look", "look", "alive", "look", "alive"], await story.TellAsync());
    }

    [Theory]
    [InlineData(5, 300)]
    [InlineData(20, 100)]
    public async Task There_is_no_sign_of_life_once_one_of_them_stands_still_and_at_the_limit_it_gives_up(long facts, long turns)
    {
        await using var story = await Story.BeginAsync(new Progress(5, 100));
        await story.HalfTheLimitLaterAsync(new Progress(facts, turns));
        await story.HalfTheLimitLaterAsync(new Progress(facts, turns));
        await story.HalfTheLimitLaterAsync(new Progress(facts, turns));

        Assert.Equal(["alive", "look", "look", "look", "gave up", "look"], await story.TellAsync());
    }

    [Fact]
    public async Task What_goes_on_again_before_the_limit_is_forgiven()
    {
        await using var story = await Story.BeginAsync(new Progress(5, 100));
        await story.HalfTheLimitLaterAsync(new Progress(5, 200));
        await story.HalfTheLimitLaterAsync(new Progress(6, 300));
        await story.HalfTheLimitLaterAsync(new Progress(6, 400));

        Assert.Equal(["alive", "look", "look", "look", "alive", "look"], await story.TellAsync());
    }

    [Fact]
    public async Task A_prober_without_a_socket_has_no_turns_to_make()
    {
        await using var story = await Story.BeginAsync(new Progress(5, null));
        await story.HalfTheLimitLaterAsync(new Progress(6, null));

        Assert.Equal(["alive", "look", "look", "alive"], await story.TellAsync());
    }

    [Fact]
    public async Task Before_the_node_has_started_nothing_is_expected_of_it()
    {
        await using var story = new Story();
        await story.StartAsync(hasStarted: false);
        story.Time.Advance(10 * Limit);

        Assert.Empty(await story.TellAsync());
    }

    [Theory]
    [InlineData("30000000", null, 30)]
    [InlineData("30000000", "1", null)] // meant for another process
    [InlineData("0", null, null)]
    [InlineData("soon", null, null)]
    [InlineData(null, null, null)]
    public void The_limit_is_the_one_in_the_environment(string? microseconds, string? process, int? seconds) =>
        Assert.Equal(seconds, SupervisionServices.Limit(name => name == "WATCHDOG_USEC" ? microseconds : process)?.TotalSeconds);

    /// <summary>A watchdog over a node that the story makes go on or stand still.</summary>
    private sealed class Story : IHostApplicationLifetime, IAsyncDisposable
    {
        private readonly CancellationTokenSource _started = new();
        private readonly CancellationTokenSource _stopping = new();
        private readonly SemaphoreSlim _looked = new(0);
        private readonly ConcurrentQueue<string> _happened = [];
        private readonly Watchdog _watchdog;
        private Progress _progress;

        public Story() => _watchdog = new Watchdog(Limit, Look, () => _happened.Enqueue("alive"), () => _happened.Enqueue("gave up"), this, Time, NullLogger<Watchdog>.Instance);

        public FakeTimeProvider Time { get; } = new();

        public CancellationToken ApplicationStarted => _started.Token;

        public CancellationToken ApplicationStopping => _stopping.Token;

        public CancellationToken ApplicationStopped => CancellationToken.None;

        public static async Task<Story> BeginAsync(Progress progress)
        {
            var story = new Story { _progress = progress };
            await story.StartAsync(hasStarted: true);
            await story._looked.WaitAsync(TestContext.Current.CancellationToken);
            return story;
        }

        public async Task StartAsync(bool hasStarted)
        {
            await _watchdog.StartAsync(TestContext.Current.CancellationToken);
            if (hasStarted)
            {
                await _started.CancelAsync();
            }
        }

        public Task HalfTheLimitLaterAsync(Progress progress)
        {
            _progress = progress;
            Time.Advance(Limit / 2);
            return _looked.WaitAsync(TestContext.Current.CancellationToken);
        }

        /// <summary>Ends the watchdog, and tells all that happened.</summary>
        public async Task<IEnumerable<string>> TellAsync()
        {
            await _stopping.CancelAsync();
            await _watchdog.ExecuteTask!;
            return _happened;
        }

        public void StopApplication() => throw new NotSupportedException();

        public async ValueTask DisposeAsync()
        {
            await _watchdog.StopAsync(CancellationToken.None);
            _watchdog.Dispose();
            _started.Dispose();
            _stopping.Dispose();
            _looked.Dispose();
        }

        private Progress Look()
        {
            _happened.Enqueue("look");
            _looked.Release();
            return _progress;
        }
    }
}
