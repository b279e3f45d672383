using HmsOrleans.Grains.Engine;
using HmsOrleans.Grains.Health;
using HmsOrleans.Grains.Hosts;
using HmsOrleans.Silo.Docker;
using HmsOrleans.Tests.Engine;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Xunit;

namespace HmsOrleans.Tests.Docker;

/// <summary>What the watcher tells of a real engine, in which order, and what it finds out after it could not look.</summary>
[Collection<EngineCollection>]
public sealed class DockerWatcherTests(EngineFixture engine) : IAsyncLifetime
{
    private readonly DockerHost _host = engine.Host;
    private readonly DockerEngine _engine = new(Options.Create(new DockerOptions { Endpoint = engine.Host.Socket }));
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<HostFacts> _told = [];
    private DockerWatcher _watcher = null!;
    private Task _running = Task.CompletedTask;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        _watcher = new DockerWatcher(_engine, TimeProvider.System, NullLogger<DockerWatcher>.Instance);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stopping.Dispose();
        _engine.Dispose();
        await _host.RemoveAllAsync(CancellationToken.None);
    }

    [Fact]
    public async Task All_containers_are_described_at_first_and_then_only_what_happens()
    {
        var web = await _host.RunContainerAsync("web", Token);
        var made = await _host.Docker(Token, "create", DockerHost.IdleImage);
        await _host.Docker(Token, "run", "--name", "ended", DockerHost.IdleImage, "true");
        var ended = await _host.Docker(Token, "inspect", "-f", "{{.Id}}", "ended");
        var first = await StartAsync();

        Assert.Equal(new[] { web, made, ended }.Order(), Described(first).Select(seen => seen.Container.Id).Order());
        // Whatever begins while the descriptions are fetched is not in the list, and not gone: the list is as old as its question.
        Assert.All(first.Facts, fact => Assert.True(first.At <= fact.Seen.At));

        // Two more lists: nothing has changed, so they tell nothing.
        var pings = 0;
        await UntilToldAsync(facts => facts.EngineSilence is null && ++pings > 8);
        Assert.All(_told.Skip(_told.IndexOf(first) + 1), facts => Assert.Empty(facts.Facts));
    }

    [Fact]
    public async Task Events_become_facts_in_their_order_and_a_start_brings_a_description()
    {
        await StartAsync();
        var web = await _host.RunContainerAsync("web", Token);
        await UntilToldAsync(facts => Of(facts, web).OfType<Observation.Seen>().Any());
        await _host.Docker(Token, "pause", "web");
        await _host.Docker(Token, "unpause", "web");
        await _host.Docker(Token, "kill", "-s", "HUP", "web"); // it is not ended by it
        await _host.Docker(Token, "kill", "web");
        await UntilToldAsync(facts => Of(facts, web).OfType<Observation.Died>().Any());
        await _host.Docker(Token, "start", "web");
        await UntilToldAsync(facts => Of(facts, web).OfType<Observation.Seen>().Any(seen => seen.Container.State == ContainerState.Running));
        await _host.Docker(Token, "rm", "-f", "web");
        await UntilToldAsync(facts => Of(facts, web).OfType<Observation.Removed>().Any());

        var events = _told.SelectMany(facts => Of(facts, web)).Where(fact => fact is not Observation.Seen).ToList();
        Assert.Collection(
            events,
            fact => Assert.IsType<Observation.Started>(fact),
            fact => Assert.IsType<Observation.Paused>(fact),
            fact => Assert.IsType<Observation.Resumed>(fact),
            fact => Assert.Equal(1, Assert.IsType<Observation.Signalled>(fact).Signal),
            fact => Assert.Equal(9, Assert.IsType<Observation.Signalled>(fact).Signal),
            fact => Assert.Equal(137, Assert.IsType<Observation.Died>(fact).ExitCode),
            fact => Assert.IsType<Observation.Disconnected>(fact),
            fact => Assert.IsType<Observation.Started>(fact),
            fact => Assert.Equal(9, Assert.IsType<Observation.Signalled>(fact).Signal),
            fact => Assert.Equal(137, Assert.IsType<Observation.Died>(fact).ExitCode),
            fact => Assert.IsType<Observation.Disconnected>(fact),
            fact => Assert.IsType<Observation.Removed>(fact));
        Assert.Equal(events.OrderBy(fact => fact.At), events);

        // The lists after it do not tell the removal a second time.
        var pings = 0;
        await UntilToldAsync(_ => ++pings > 8);
        Assert.Single(_told.SelectMany(facts => Of(facts, web)).OfType<Observation.Removed>());
    }

    [Fact]
    public async Task Networks_are_told_of_as_they_come_and_go()
    {
        await _host.Docker(Token, "network", "create", "other");
        await StartAsync();
        var web = await _host.RunContainerAsync("web", Token);
        await UntilToldAsync(facts => Of(facts, web).OfType<Observation.Seen>().Any(seen => seen.Container.Networks is [{ Name: "bridge" }]));
        await _host.Docker(Token, "network", "connect", "--alias", "front", "other", "web");
        await UntilToldAsync(facts => Of(facts, web).OfType<Observation.Seen>().Any(seen => seen.Container is { Addresses.Length: 2, Networks: [_, { Name: "other", Aliases: ["front"] }] }));
        var bridge = (await _host.Docker(Token, "network", "inspect", "-f", "{{.Id}}", "bridge")).Trim();
        await _host.Docker(Token, "network", "disconnect", "bridge", "web");
        await UntilToldAsync(facts => Of(facts, web).OfType<Observation.Disconnected>().Any(from => from.Network == bridge));
        await UntilToldAsync(facts => Of(facts, web).OfType<Observation.Seen>().Any(seen => seen.Container is { Addresses.Length: 1, Networks: [{ Name: "other" }], State: ContainerState.Running }));
    }

    [Fact]
    public async Task Running_out_of_memory_is_told_before_the_death()
    {
        await StartAsync();
        var greedy = new List<string>();
        // Of about one such death in a hundred the engine says nothing.
        for (var i = 0; i < 3; i++)
        {
            greedy.Add(await _host.Docker(
                Token, "run", "-d", "--memory", "24m", "--memory-swap", "24m", DockerHost.IdleImage, "dd", "if=/dev/zero", "of=/dev/null", "bs=256M"));
        }
        await UntilToldAsync(_ => greedy.TrueForAll(id => Told(id).OfType<Observation.Died>().Any()));

        var told = greedy.Select(id => Told(id).Where(fact => fact is Observation.OutOfMemory or Observation.Died).Select(fact => fact.GetType()).ToArray()).ToList();
        // Now and then it says so only after the death.
        Assert.Contains(told, facts => facts is [var first, var second] && first == typeof(Observation.OutOfMemory) && second == typeof(Observation.Died));
        Assert.All(told, facts => Assert.Single(facts, typeof(Observation.Died)));

        IEnumerable<Observation> Told(string id) => _told.SelectMany(facts => Of(facts, id));
    }

    [Fact]
    public async Task The_verdicts_of_a_health_check_are_told()
    {
        await StartAsync();
        var web = await _host.RunContainerAsync("web", Token, "--health-cmd", "test -f /tmp/ok", "--health-interval", "200ms", "--health-retries", "1");
        await UntilToldAsync(facts => Of(facts, web).OfType<Observation.HealthChecked>().Any(check => check.Verdict == HealthCheck.Unhealthy));
        await _host.Docker(Token, "exec", "web", "touch", "/tmp/ok");
        await UntilToldAsync(facts => Of(facts, web).OfType<Observation.HealthChecked>().Any(check => check.Verdict == HealthCheck.Healthy));
    }

    [Fact]
    public async Task What_changes_without_an_event_is_found_by_the_list()
    {
        await _host.Docker(Token, "network", "create", "side");
        var web = await _host.RunContainerAsync("web", Token);
        await StartAsync();
        await _host.Docker(Token, "network", "connect", "side", "web");

        await UntilToldAsync(facts => Of(facts, web).OfType<Observation.Seen>().Any(seen => seen.Container.Addresses.Length == 2));
    }

    [Fact]
    public async Task Everything_is_told_again_when_asked_for()
    {
        var web = await _host.RunContainerAsync("web", Token);
        await StartAsync();
        await UntilToldAsync(facts => facts.Facts.IsEmpty);
        _watcher.TellAll();

        var again = await UntilToldAsync(facts => facts.IsComplete);
        Assert.Equal([web], Described(again).Select(seen => seen.Container.Id));
    }

    [Fact]
    public async Task After_the_engine_was_gone_the_list_is_told_first_and_events_are_told_again()
    {
        var kept = await _host.RunContainerAsync("kept", Token, "--restart", "always");
        var lost = await _host.RunContainerAsync("lost", Token);
        await StartAsync();
        await _host.KillAsync(Token);
        await UntilToldAsync(facts => facts.EngineSilence is not null);
        var silentFrom = _told.Count;
        await _host.RestartAsync(liveRestore: false, Token);

        var back = await UntilToldAsync(facts => facts.IsComplete);
        var states = Described(back).ToDictionary(seen => seen.Container.Id, seen => seen.Container.State);
        Assert.Equal((ContainerState.Running, ContainerState.Exited), (states[kept], states[lost]));
        // That the engine stopped and started them comes after it, if at all, and is older: it orders nothing any more.
        Assert.All(_told.Skip(silentFrom).TakeWhile(facts => facts != back), facts => Assert.DoesNotContain(facts.Facts, fact => fact.Seen is Observation.Died));

        await _host.Docker(Token, "start", "lost");
        await UntilToldAsync(facts => Of(facts, lost).OfType<Observation.Started>().Any());
        await _host.Docker(Token, "kill", "lost");
        await UntilToldAsync(facts => Of(facts, lost).OfType<Observation.Died>().Any());
    }

    [Fact]
    public async Task One_that_was_removed_while_nobody_looked_is_told_as_removed()
    {
        var old = await _host.RunContainerAsync("old", Token);
        await StartAsync();
        _host.HideSocket();
        try
        {
            Assert.Equal($"there is no socket {_host.SocketPath}", (await UntilToldAsync(facts => facts.EngineSilence is not null)).EngineSilence);
            await Command.RunAsync("docker", Token, "-H", $"unix://{_host.SocketPath}.hidden", "rm", "-f", "old");
        }
        finally
        {
            _host.ShowSocket();
        }

        var back = await UntilToldAsync(facts => facts.IsComplete);
        Assert.Null(back.EngineSilence);
        Assert.Empty(Described(back));
        await UntilToldAsync(facts => Of(facts, old).OfType<Observation.Removed>().Any(), from: _told.IndexOf(back));
    }

    [Fact]
    public async Task A_frozen_engine_is_told_as_silent_and_asked_until_it_answers()
    {
        await StartAsync();
        await _host.FreezeAsync(Token);
        try
        {
            await UntilToldAsync(facts => facts.EngineSilence?.StartsWith("no answer within", StringComparison.Ordinal) == true);
            await UntilToldAsync(facts => facts.EngineSilence is not null);
        }
        finally
        {
            await _host.ThawAsync();
        }
        await UntilToldAsync(facts => facts is { IsComplete: true, EngineSilence: null });
    }

    [Theory]
    [InlineData(null)]
    [InlineData(500)]
    public async Task One_that_the_engine_does_not_describe_hides_no_other_and_is_asked_for_again(int? status)
    {
        var stuck = await _host.RunContainerAsync("stuck", Token);
        var web = await _host.RunContainerAsync("web", Token);
        await using var proxy = await EngineProxy.StartAsync(_host, Token);
        _ = proxy.Bar($"/containers/{stuck}/json", status);
        using var engine = WatchThrough(proxy);

        var first = await StartAsync();
        Assert.Equal([web], Described(first).Select(seen => seen.Container.Id));
        Assert.IsType<Observation.Silenced>(Assert.Single(Of(first, stuck)));

        await _host.Docker(Token, "kill", "web");
        await UntilToldAsync(facts => Of(facts, web).OfType<Observation.Died>().Any());
        // It is told as it is, also when nothing happens to it any more.
        proxy.Allow($"/containers/{stuck}/json");
        await UntilToldAsync(facts => Of(facts, stuck).OfType<Observation.Seen>().Any());
        Assert.Equal(1, _told.Count(facts => facts.IsComplete));
        Assert.All(_told, facts => Assert.Null(facts.EngineSilence));
        await StopAsync();
    }

    [Fact]
    public async Task A_silence_shows_although_a_list_is_under_way()
    {
        await using var proxy = await EngineProxy.StartAsync(_host, Token);
        using var engine = WatchThrough(proxy);
        await StartAsync();
        await proxy.Bar("/containers/json", null);
        _ = proxy.Bar("/_ping", null);

        // It is the ping that found out, not the list with its longer limit.
        Assert.Equal("no answer within 1 s", (await UntilToldAsync(facts => facts.EngineSilence is not null)).EngineSilence);
        await StopAsync();
    }

    [Fact]
    public async Task An_engine_that_answers_pings_and_lists_nothing_is_silent_until_it_does()
    {
        await using var proxy = await EngineProxy.StartAsync(_host, Token);
        using var engine = WatchThrough(proxy);
        await StartAsync();
        _ = proxy.Bar("/containers/json", null);
        await UntilToldAsync(facts => facts.EngineSilence is not null);
        // Once more, in the next session.
        await UntilToldAsync(facts => facts.EngineSilence is not null);
        Assert.All(_told.SkipWhile(facts => facts.EngineSilence is null), facts => Assert.NotNull(facts.EngineSilence));

        proxy.Allow("/containers/json");
        await UntilToldAsync(facts => facts is { IsComplete: true, EngineSilence: null });
        await StopAsync();
    }

    private DockerEngine WatchThrough(EngineProxy proxy)
    {
        var engine = new DockerEngine(Options.Create(new DockerOptions { Endpoint = proxy.Socket }));
        _watcher = new DockerWatcher(engine, TimeProvider.System, NullLogger<DockerWatcher>.Instance);
        return engine;
    }

    private static IEnumerable<Observation.Seen> Described(HostFacts facts) => facts.Facts.Select(fact => fact.Seen).OfType<Observation.Seen>();

    private static IEnumerable<Observation> Of(HostFacts facts, string id) => facts.Facts.Where(fact => fact.ContainerId == id).Select(fact => fact.Seen);

    /// <summary>Starts to watch, and returns the first full list.</summary>
    private Task<HostFacts> StartAsync()
    {
        _running = _watcher.RunAsync(_stopping.Token);
        return UntilToldAsync(facts => facts.IsComplete);
    }

    private async Task StopAsync()
    {
        await _stopping.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Waits until such facts are told, from now on or from an index on.</summary>
    private async Task<HostFacts> UntilToldAsync(Func<HostFacts, bool> wanted, int? from = null)
    {
        for (var at = from ?? _told.Count; at < _told.Count; at++)
        {
            if (wanted(_told[at]))
            {
                return _told[at];
            }
        }
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1), TimeProvider.System);
        while (true)
        {
            var facts = await _watcher.Facts.ReadAsync(patience.Token);
            _told.Add(facts);
            if (wanted(facts))
            {
                return facts;
            }
        }
    }
}
