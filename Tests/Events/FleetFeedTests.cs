using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;
using HmsOrleans.Api.Events;
using HmsOrleans.Grains.Health;
using HmsOrleans.Tests.Api;
using HmsOrleans.Tests.Cluster;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace HmsOrleans.Tests.Events;

/// <summary>Many look at once, and some do not read what they are sent.</summary>
public sealed class FleetFeedTests : IAsyncLifetime
{
    private readonly FakeFleet _fleet = FakeFleet.WithOneHost();
    private readonly WebApplication _app;
    private readonly FleetFeed _feed;

    public FleetFeedTests()
    {
        _app = ApiNode.Build(_fleet, Samples.Address, null, ("urls", "http://127.0.0.1:0"));
        _feed = _app.Services.GetRequiredService<FleetFeed>();
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await _app.StartAsync(Token);

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Fact]
    public async Task Two_hundred_viewers_are_handed_the_same_bytes()
    {
        var given = Enumerable.Range(0, 200).Select(_ => new ConcurrentQueue<FleetEvent>()).ToArray();
        var everybody = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _fleet.Controller.Gate = _ => everybody.Task;
        var following = given.Select(events => Follow(events)).ToArray();
        everybody.SetResult();
        await TestSilo.UntilAsync("all have seen everything", () => given.All(events => events.Any(happened => happened.Kind == FleetEvent.Snapshot)));
        Turn(HealthState.Suspect);
        await TestSilo.UntilAsync("all have seen the change", () => given.All(events => events.Any(happened => happened.Kind == FleetEvent.Delta)));

        Assert.Single(given.Select(events => events.Single(happened => happened.Kind == FleetEvent.Delta)).Distinct(ReferenceEqualityComparer.Instance));
        // As many snapshots as there were questions that the first of them had to wait for: not one for each.
        Assert.InRange(given.Select(events => events.First(happened => happened.Kind == FleetEvent.Snapshot)).Distinct(ReferenceEqualityComparer.Instance).Count(), 1, 2);
        await _app.StopAsync(Token);
        await Task.WhenAll(following);
    }

    [Fact]
    public void A_viewer_that_takes_nothing_is_given_no_more_than_its_share()
    {
        var viewer = new Viewer(() => { });
        var kilobyte = new FleetEvent(FleetEvent.Delta, new byte[1024]);
        var given = 0;
        while (viewer.Give(new(FleetEvent.Delta, new byte[64 * 1024])) && given++ < 1000)
        {
        }
        Assert.InRange(viewer.WaitingBytes, Viewer.MaxBytes, Viewer.MaxBytes + 64 * 1024);

        var other = new Viewer(() => { });
        Assert.Equal(Viewer.MaxCount, Enumerable.Range(0, 1000).TakeWhile(_ => other.Give(kilobyte)).Count());
    }

    [Fact]
    public void One_snapshot_and_one_event_of_any_size_may_wait_and_no_second_ones()
    {
        var large = new byte[Viewer.MaxBytes + 1];
        var viewer = new Viewer(() => { });

        Assert.True(viewer.Give(new(FleetEvent.Snapshot, large)));
        Assert.True(viewer.Give(new(FleetEvent.Delta, large)));
        Assert.False(viewer.Give(new(FleetEvent.Snapshot, large)));
        Assert.False(viewer.Give(new(FleetEvent.Delta, "x"u8.ToArray())));
    }

    [Fact]
    public async Task One_that_stops_reading_is_cut_off_and_the_others_go_on()
    {
        // Larger than what the sockets and the server take in on the way.
        var details = new string('x', 1 << 20);
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", new Uri(_app.Urls.Single()).Port, Token);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n"), Token);
        var taken = new ConcurrentQueue<FleetEvent>();
        var other = Follow(taken);
        await TestSilo.UntilAsync("both look", () => !taken.IsEmpty && client.Available > 0);

        var turns = 0;
        await TestSilo.UntilAsync("it is cut off", () =>
        {
            var before = taken.Count;
            Turn(turns++ % 2 == 0 ? HealthState.Suspect : HealthState.Healthy, details);
            return _feed.Viewers == 1 && taken.Count >= before;
        });

        var last = taken.Count;
        Turn(HealthState.Quarantined);
        await TestSilo.UntilAsync("the other is told all the same", () => taken.Skip(last).Any(happened => Encoding.UTF8.GetString(happened.Bytes.Span).Contains("quarantined", StringComparison.Ordinal)));
        await _app.StopAsync(Token);
        await other;
    }

    private Task Follow(ConcurrentQueue<FleetEvent> events)
    {
        var viewer = new Viewer(() => { });
        Assert.True(_feed.TryJoin(viewer, null));
        return viewer.Follow(happened =>
        {
            events.Enqueue(happened);
            return ValueTask.CompletedTask;
        }, Token);
    }

    private void Turn(HealthState health, string details = "")
    {
        _fleet.Host.Containers[0] = Samples.Web with { Health = health, Details = details };
        _fleet.Controller.Tell();
    }
}
