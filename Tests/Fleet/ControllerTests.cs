using System.Collections.Concurrent;
using System.Net;
using HmsOrleans.Grains.Commands;
using HmsOrleans.Grains.Engine;
using HmsOrleans.Grains.Fleet;
using HmsOrleans.Grains.Health;
using HmsOrleans.Grains.Hosts;
using HmsOrleans.Grains.News;
using HmsOrleans.Tests.Api;
using HmsOrleans.Tests.Cluster;
using Xunit;

namespace HmsOrleans.Tests.Fleet;

/// <summary>The controller and hosts in a real silo: who tells whom what, and when it is fetched.</summary>
public sealed class ControllerTests : IClassFixture<TestSilo>, IAsyncLifetime
{
    private static readonly TimeSpan Never = ControllerOptions.MaxWindow;

    private readonly TestSilo _silo;
    private readonly string _address;
    private readonly IControllerGrain _controller;

    public ControllerTests(TestSilo silo)
    {
        (_silo, _address) = (silo, silo.NewHost());
        _controller = silo.Grains.GetGrain<IControllerGrain>(IControllerGrain.Key);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private DateTimeOffset Now => _silo.Time.GetUtcNow();

    public async ValueTask InitializeAsync() => await _controller.Change(null, Never, Token);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task A_command_from_outside_that_comes_again_does_not_override_what_was_set_since()
    {
        await AsCommandAsync();
        await _controller.Change(43, null, Token);
        var order = await _controller.Heartbeat(_address, 0, FleetOrder.None);

        var change = await AsCommandAsync();

        Assert.Equal(43, change.Settings.Threshold);
        Assert.Equal(order, await _controller.Heartbeat(_address, 0, FleetOrder.None));

        async Task<FleetChange> AsCommandAsync()
        {
            CommandMark.Set("command");
            return await _controller.Change(44, null, Token);
        }
    }

    [Fact]
    public async Task A_change_of_state_is_told_at_once_and_nothing_is_asked()
    {
        await UpAsync(_address);
        var fetches = Fetches(_address);
        await TellAsync(_address, new Observation.Paused(Now));
        await UntilHeldAsync(_address);
        Assert.Equal(ContainerState.Paused, (await HostAsync(_address)).Containers.Single().ContainerState);
        Assert.Equal(fetches, Fetches(_address));
    }

    [Fact]
    public async Task A_measurement_waits_for_the_window_and_a_change_of_state_takes_it_along()
    {
        await UpAsync(_address);
        var before = Updates(_address);
        await MeasureAsync(_address, 40);
        // Whoever reads is shown what was told: the host is as fresh as it says.
        var host = await HostAsync(_address);
        Assert.Equal((HostState.Updated, 0d), (host.State, host.Containers.Single().PacketLoss));
        Assert.Equal(before, Updates(_address));

        await TellAsync(_address, new Observation.Paused(Now));
        await UntilHeldAsync(_address);
        Assert.Equal(ContainerState.Paused, (await HostAsync(_address)).Containers.Single().ContainerState);
        Assert.Equal(before + 1, Updates(_address));
    }

    [Fact]
    public async Task Facts_that_come_together_make_one_message()
    {
        await UpAsync(_address);
        var before = Updates(_address);
        string[] ids = [.. Enumerable.Range(1, 9).Select(i => $"{i}".PadRight(64, '0'))];
        await Host(_address).Observe(new(Now, null, IsComplete: false, [.. ids.Select(id => new ContainerFact(id, new Observation.Seen(Now, Container(id, id[..1]))))]), Token);
        await UntilHeldAsync(_address);
        Assert.Equal(10, (await HostAsync(_address)).Containers.Length);
        Assert.Equal(before + 1, Updates(_address));
    }

    [Fact]
    public async Task A_host_whose_news_were_lost_is_asked_before_a_read()
    {
        await UpAsync(_address);
        await LoseAsync(_silo.Lost, new Observation.Paused(Now));
        Assert.Equal(ContainerState.Running, (await HostAsync(_address)).Containers.Single().ContainerState);

        var before = Fetches(_address);
        var gate = _silo.Held[$"GetNews {_address}"] = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await _controller.Heartbeat(_address, await VersionAsync(_address), FleetOrder.None);
        await TestSilo.UntilAsync("it is asked", () => Fetches(_address) > before);
        var reading = HostAsync(_address);
        _silo.Held.TryRemove($"GetNews {_address}", out _);
        gate.SetResult();
        await reading;

        await UntilHeldAsync(_address);
        Assert.Equal(ContainerState.Paused, (await HostAsync(_address)).Containers.Single().ContainerState);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_was_lost_comes_with_the_next_news_whether_or_not_it_had_arrived(bool hadArrived)
    {
        await UpAsync(_address);
        await LoseAsync(hadArrived ? _silo.Unanswered : _silo.Lost, new Observation.Paused(Now));
        var fetches = Fetches(_address);

        await Host(_address).SetThreshold(77, Token);
        await UntilHeldAsync(_address);

        var host = await HostAsync(_address);
        Assert.Equal((ContainerState.Paused, 77), (host.Containers.Single().ContainerState, host.Status!.Threshold));
        Assert.Equal(fetches, Fetches(_address));
    }

    [Fact]
    public async Task A_controller_that_has_moved_asks_for_what_news_build_on()
    {
        await UpAsync(_address);
        await EndAsync(_controller);
        await TellAsync(_address, new Observation.Paused(Now));
        await UntilHeldAsync(_address);
        Assert.Equal(ContainerState.Paused, (await HostAsync(_address)).Containers.Single().ContainerState);
    }

    [Fact]
    public async Task News_that_cannot_be_read_or_are_of_another_life_have_it_ask_for_everything()
    {
        await UpAsync(_address);
        var before = Fetches(_address);
        await _controller.Update(_address, [1, 2, 3]);
        Assert.Equal(before + 1, Fetches(_address));
        await UntilHeldAsync(_address);

        await _controller.Update(_address, new NewsWriter(new()).Next(Samples.Status));
        Assert.Equal(before + 2, Fetches(_address));
        Assert.Equal("web", (await HostAsync(_address)).Containers.Single().Name);
        await UntilHeldAsync(_address);
    }

    [Fact]
    public async Task News_that_it_can_neither_read_nor_ask_for_are_refused()
    {
        await UpAsync(_address);
        _silo.Lost[$"GetNews {_address}"] = new();
        await Assert.ThrowsAsync<InvalidOperationException>(() => _controller.Update(_address, [1, 2, 3]));
        Assert.Equal(HostState.UpdatePresent, (await FreshnessAsync(_address)).State);
        _silo.Lost.TryRemove($"GetNews {_address}", out _);
        await _controller.Heartbeat(_address, null, FleetOrder.None);
        await UntilHeldAsync(_address);
    }

    [Fact]
    public async Task A_window_tells_what_was_measured_in_it_once()
    {
        var other = _silo.NewHost();
        await UpAsync(_address, other);
        var before = Updates(_address);
        await MeasureAsync(_address, 20);
        await MeasureAsync(_address, 40);
        Assert.Equal(before, Updates(_address));
        await _controller.Change(null, TimeSpan.FromSeconds(0.1), Token);
        await TestSilo.UntilAsync("it is told with a window", () => Updates(_address) > before);

        // Three more windows, seen by what is told of another host.
        for (var loss = 10; loss <= 30; loss += 10)
        {
            var seen = Updates(other);
            await MeasureAsync(other, loss);
            await TestSilo.UntilAsync("the other tells with a window", () => Updates(other) > seen);
        }
        Assert.Equal(before + 1, Updates(_address));
        Assert.Equal(40, (await HostAsync(_address)).Containers.Single().PacketLoss);
    }

    [Fact]
    public async Task A_host_that_does_not_answer_holds_up_nobody_elses_window()
    {
        var slow = _silo.NewHost();
        await UpAsync(_address, slow);
        var gate = _silo.Held[$"GetNews {slow}"] = new(TaskCreationOptions.RunContinuationsAsynchronously);
        var asked = Fetches(slow);
        await _controller.Heartbeat(slow, 1_000_000, FleetOrder.None);
        await TestSilo.UntilAsync("the slow one is asked", () => Fetches(slow) > asked);
        await _controller.Change(null, TimeSpan.FromSeconds(0.1), Token);

        for (var loss = 10; loss <= 50; loss += 10)
        {
            var seen = Updates(_address);
            await MeasureAsync(_address, loss);
            await TestSilo.UntilAsync("the other tells with a window", () => Updates(_address) > seen);
        }
        _silo.Held.TryRemove($"GetNews {slow}", out _);
        gate.SetResult();
        await UntilHeldAsync(slow);
    }

    [Fact]
    public async Task A_host_without_a_sign_of_life_is_offline_and_shown_as_it_was()
    {
        await UpAsync(_address);
        await _controller.Heartbeat(_address, null, FleetOrder.None);
        _silo.Time.Shift(TimeSpan.FromSeconds(20));
        Assert.Equal(HostState.Updated, (await HostAsync(_address)).State);
        _silo.Time.Shift(TimeSpan.FromSeconds(11));
        var offline = await HostAsync(_address);
        Assert.Equal((HostState.Offline, "web"), (offline.State, offline.Containers.Single().Name));
        Assert.Equal(offline.LastHeartbeat, offline.Containers.Single().StaleSince);

        await _controller.Heartbeat(_address, null, FleetOrder.None);
        var back = await HostAsync(_address);
        Assert.Equal((HostState.Updated, null), (back.State, back.Containers.Single().StaleSince));
    }

    [Fact]
    public async Task A_host_whose_silo_is_gone_is_offline_at_once_and_never_vanishes()
    {
        await UpAsync(_address, _silo.NewHost()); // one that is alone has no other place to move to
        await _controller.Change(null, ControllerOptions.MinWindow, Token);
        await TestSilo.UntilAsync("what is known of it is kept", () => _silo.Store.Kept<HostSnapshot>(_address)?.Containers is [{ Name: "web" }]);
        _silo.Gone[_address] = true;
        try
        {
            Assert.Equal((HostState.Offline, "web"), await ShownAsync());
            await EndAsync(_controller); // it comes back on another silo, and knows nothing by itself
            await TestSilo.UntilAsync("it is shown as it was", async () => await ShownAsync() == (HostState.Offline, "web"));
            Assert.NotNull((await HostAsync(_address)).Containers.Single().StaleSince);
        }
        finally
        {
            _silo.Gone.TryRemove(_address, out _);
        }
        await TestSilo.UntilAsync("it is asked again", async () => await ShownAsync() == (HostState.Updated, "web"));

        async Task<(HostState, string?)> ShownAsync()
        {
            var host = await HostAsync(_address);
            return (host.State, host.Containers.SingleOrDefault()?.Name);
        }
    }

    [Fact]
    public async Task What_a_lost_controller_had_told_a_host_is_taken_in_field_by_field()
    {
        var other = _silo.NewHost();
        await UpAsync(_address, other);
        await _controller.Change(61, null, Token);
        var known = await _controller.Heartbeat(_address, 0, FleetOrder.None);
        // The controller that said so was lost before it could save it: a threshold to one, a removal to the other.
        var told = known with { Revision = known.Revision + 5, Threshold = 91, ThresholdRevision = known.Revision + 5 };
        var order = await _controller.Heartbeat(_address, 0, told);
        Assert.True(order.Revision > told.Revision);
        Assert.Equal((91, told.ThresholdRevision), (order.Threshold, order.ThresholdRevision));
        Assert.Equal(91, (await _controller.GetSettings(Token)).Threshold);

        var removed = (await _controller.Heartbeat(other, 0, FleetOrder.None)) with { Revision = known.Revision + 4, Supervised = false, SupervisedRevision = known.Revision + 4, Threshold = 10, ThresholdRevision = 1 };
        var still = await _controller.Heartbeat(other, 0, removed);
        Assert.False(still.Supervised);
        Assert.Null(await _controller.GetHost(other, Token));
        Assert.Equal(91, still.Threshold); // an older word about something else changes nothing
        Assert.NotNull(await _controller.AddHost(other, Token));
    }

    [Fact]
    public async Task The_word_of_another_fleet_is_none()
    {
        await UpAsync(_address);
        await _controller.Change(62, null, Token);
        var order = await _controller.Heartbeat(_address, 0, new FleetOrder(1_000_000, 5, false, 1_000_000, Guid.NewGuid(), 1_000_000));
        Assert.Equal((62, true), (order.Threshold, order.Supervised));

        // And a host that comes from another fleet takes this one's, whatever its number, and keeps its own threshold.
        await Host(_address).Apply(new FleetOrder(1_000_000, 5, true, 1_000_000, Guid.NewGuid(), 0), Token);
        await Host(_address).SetThreshold(33, Token);
        Assert.Equal(order, await Host(_address).Apply(order, Token));
        Assert.Equal(33, (await Host(_address).GetStatus(Token)).Threshold);
    }

    [Fact]
    public async Task A_push_reaches_a_host_that_knows_a_newer_word()
    {
        await UpAsync(_address);
        var known = await _controller.Heartbeat(_address, 0, FleetOrder.None);
        await Host(_address).Apply(known with { Revision = known.Revision + 50 }, Token); // of a controller that was lost
        var change = await _controller.Change(63, null, Token);
        Assert.Null(change.Hosts[_address]);
        Assert.Equal(63, (await Host(_address).GetStatus(Token)).Threshold);
    }

    [Fact]
    public async Task An_offline_host_is_asked_no_more_often_than_it_would_speak()
    {
        const string Gone = "10.8.8.8";
        await _controller.Heartbeat(Gone, 1, FleetOrder.None);
        _silo.Time.Shift(TimeSpan.FromSeconds(31));
        await HostAsync(Gone);
        var sought = _silo.Sought[Gone];
        for (var reads = 0; reads < 3; reads++)
        {
            Assert.Equal(HostState.Offline, (await HostAsync(Gone)).State);
            await _controller.GetHosts(Token);
        }
        Assert.Equal(sought, _silo.Sought[Gone]);

        _silo.Time.Shift(TimeSpan.FromHours(1));
        await HostAsync(Gone);
        Assert.True(_silo.Sought[Gone] > sought, "it is asked again after the time of a heartbeat");

        sought = _silo.Sought[Gone];
        await _controller.Heartbeat(Gone, 2, FleetOrder.None);
        await HostAsync(Gone);
        Assert.True(_silo.Sought[Gone] > sought, "it is asked at once when it has spoken");
        Assert.True(await _controller.RemoveHost(Gone, Token));
    }

    [Fact]
    public async Task A_removed_host_stays_removed_whatever_it_tells_until_it_is_added()
    {
        await UpAsync(_address);
        Assert.True(await _controller.RemoveHost(_address, Token));
        Assert.False(await _controller.RemoveHost(_address, Token));
        Assert.False((await Host(_address).GetStatus(Token)).Supervised);
        Assert.False(_silo.Store.Kept<HostSettings>(_address)!.Fleet.Supervised); // kept before the reply

        await _controller.Update(_address, new NewsWriter(new()).Next(Samples.Status));
        Assert.False((await _controller.Heartbeat(_address, 1_000, FleetOrder.None)).Supervised);
        await EndAsync(_controller);
        await _controller.Heartbeat(_address, 1_001, FleetOrder.None);
        Assert.Null(await _controller.GetHost(_address, Token));

        var added = await _controller.AddHost(_address, Token);
        Assert.Equal((HostState.Updated, 1), (added.State, added.Containers.Length));
        Assert.True((await Host(_address).GetStatus(Token)).Supervised);
    }

    [Fact]
    public async Task A_host_without_a_silo_is_not_added()
    {
        var missing = await Assert.ThrowsAsync<HostUnavailableException>(() => _controller.AddHost("10.8.8.8", Token));
        Assert.Equal("10.8.8.8", missing.Host);
        Assert.Null(await _controller.GetHost("10.8.8.8", Token));
    }

    [Fact]
    public async Task A_threshold_for_all_reaches_all_and_those_out_of_reach_get_it_with_their_next_sign_of_life()
    {
        await UpAsync(_address);
        await _controller.Heartbeat("10.7.7.7", 1, FleetOrder.None);
        var change = await _controller.Change(95, null, Token);
        Assert.Equal(95, change.Settings.Threshold);
        Assert.Null(change.Hosts[_address]);
        Assert.Contains("not reached", change.Hosts["10.7.7.7"], StringComparison.Ordinal);
        Assert.Equal(95, (await Host(_address).GetStatus(Token)).Threshold);
        Assert.Equal(95, (await _controller.Heartbeat("10.7.7.7", 1, FleetOrder.None)).Threshold);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => _controller.Change(101, null, Token));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => _controller.Change(null, TimeSpan.FromSeconds(61), Token));
        Assert.True(await _controller.RemoveHost("10.7.7.7", Token));
    }

    [Fact]
    public async Task A_controller_that_ends_comes_back_with_its_hosts_and_settings()
    {
        await UpAsync(_address);
        await _controller.Change(93, TimeSpan.FromSeconds(59), Token);
        Assert.Null(await _controller.WhenSaved(Token));
        await EndAsync(_controller);

        var settings = await _controller.GetSettings(Token);
        Assert.Equal((93, TimeSpan.FromSeconds(59)), (settings.Threshold, settings.AggregationWindow));
        var host = await HostAsync(_address); // it asks the host, for it knows nothing of it
        Assert.Equal((HostState.Updated, "web"), (host.State, host.Containers.Single().Name));
    }

    [Fact]
    public async Task A_store_that_fails_is_told_and_the_settings_hold()
    {
        _silo.Store.FailWrites(IControllerGrain.Key, "disk full");
        try
        {
            await _controller.Change(92, null, Token);
            Assert.Contains("disk full", await _controller.WhenSaved(Token), StringComparison.Ordinal);
            Assert.Equal(92, (await _controller.GetSettings(Token)).Threshold);
        }
        finally
        {
            _silo.Store.FailWrites(IControllerGrain.Key, null);
        }
        await TestSilo.UntilAsync("it is saved", async () => await _controller.WhenSaved(Token) is null);
        Assert.Equal(92, _silo.Store.Kept<FleetState>(IControllerGrain.Key)!.Threshold);
    }

    private static string IdOn(string address) => address.PadRight(64, '0');

    private static async Task EndAsync(IControllerGrain grain)
    {
        Assert.Null(await grain.WhenSaved(Token));
        await TestSilo.EndAsync(grain);
    }

    private IHostManagerGrain Host(string address) => _silo.Grains.GetGrain<IHostManagerGrain>(address);

    private int Fetches(string address) => _silo.Called("GetNews", address);

    private int Updates(string address) => _silo.Called("Update", address);

    private async Task<HostView> HostAsync(string address) =>
        await _controller.GetHost(address, Token) ?? throw new InvalidOperationException($"the controller knows no {address}");

    /// <summary>Brings hosts up with one healthy container each, and waits until the controller knows all that they tell of it.</summary>
    private async Task UpAsync(params string[] addresses)
    {
        FleetOrder order = null!;
        await _controller.Change(null, ControllerOptions.MinWindow, Token);
        foreach (var address in addresses)
        {
            order = await _controller.Heartbeat(address, 0, FleetOrder.None);
        }
        foreach (var address in addresses)
        {
            await Host(address).Apply(order, Token); // or its own sign of life would bring it, and more news with it
            var container = Container(IdOn(address), "web");
            _silo.Engine.Put(container);
            await Host(address).Observe(new(Now, null, IsComplete: true, [new(container.Id, new Observation.Seen(Now, container))]), Token);
            await TestSilo.UntilAsync("it has given its own sign of life", () => _silo.Called("Heartbeat", address) > 1);
            await MeasureAsync(address, 0);
            await UntilHeldAsync(address);
            await TestSilo.UntilAsync("it is shown", async () => (await HostAsync(address)).Containers is [{ PacketLoss: 0 }]);
        }
        await _controller.Change(null, Never, Token);
        await TestSilo.UntilAsync("all know it", () => addresses.All(address => _silo.Windows.GetValueOrDefault(address) == Never));
    }

    private EngineContainer Container(string id, string name) => new()
    {
        Id = id,
        Name = name,
        Image = "image",
        State = ContainerState.Running,
        StartedAt = Now.AddHours(-1),
        Addresses = [new("bridge", IPAddress.Parse("172.17.0.2"), 16)],
    };

    /// <summary>Waits until the controller holds the newest version, without a read that would make it ask.</summary>
    private async Task UntilHeldAsync(string address)
    {
        var version = await VersionAsync(address);
        await TestSilo.UntilAsync("it is held", async () => await FreshnessAsync(address) is { State: HostState.Updated } held && held.Version >= version);
    }

    private async Task<long> VersionAsync(string address) => (await Host(address).GetContent(Guid.Empty, 0, Token)).Version;

    private async Task<HostFreshness> FreshnessAsync(string address) => (await _controller.GetFreshness(Token)).Hosts.Single(host => host.Address == address);

    /// <summary>Tells a host a fact, and has what it tells the controller of it lost.</summary>
    private async Task LoseAsync(ConcurrentDictionary<string, TaskCompletionSource> losses, Observation fact)
    {
        var lost = losses[$"Update {_address}"] = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await TellAsync(_address, fact);
        await lost.Task.WaitAsync(Token);
        losses.TryRemove($"Update {_address}", out _);
    }

    private Task<Guid> TellAsync(string address, Observation fact) => Host(address).Observe(new(Now, null, IsComplete: false, [new(IdOn(address), fact)]), Token);

    /// <summary>Percent of loss, of a full burst of 20.</summary>
    private Task<Guid> MeasureAsync(string address, int loss) => TellAsync(
        address, new Observation.Probed(Now, Now.AddMilliseconds(-200), "172.17.0.2", 20, loss / 5, TimeSpan.FromMilliseconds(0.1)));
}
