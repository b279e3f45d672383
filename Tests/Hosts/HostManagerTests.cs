using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics;
using System.Net;
using HmsOrleans.Grains.Commands;
using HmsOrleans.Grains.Containers;
using HmsOrleans.Grains.Engine;
using HmsOrleans.Grains.Health;
using HmsOrleans.Grains.Hosts;
using HmsOrleans.Grains.Telemetry;
using HmsOrleans.Tests.Cluster;
using HmsOrleans.Tests.Health;
using Xunit;

namespace HmsOrleans.Tests.Hosts;

/// <summary>A host's grain in a real silo: it is told facts, and asks an engine of ours for what follows from them.</summary>
public sealed class HostManagerTests : IClassFixture<TestSilo>
{
    private readonly TestSilo _silo;
    private readonly string _address;
    private readonly IHostManagerGrain _host;

    public HostManagerTests(TestSilo silo)
    {
        (_silo, _address) = (silo, silo.NewHost());
        _host = silo.Grains.GetGrain<IHostManagerGrain>(_address);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private DateTimeOffset Now => _silo.Time.GetUtcNow();

    [Fact]
    public async Task An_explanation_says_where_the_rules_come_from()
    {
        await SeenAsync("web");
        Assert.Equal((60, RuleSource.Default), await ThresholdAsync());
        await _host.SetThreshold(41, Token);
        Assert.Equal((41, RuleSource.Host), await ThresholdAsync());
        await _host.SetThreshold("web", 42, Token);
        Assert.Equal((42, RuleSource.Container), await ThresholdAsync());
        await _host.Ignore("web", Token);

        var explanation = (await _host.Explain("web", Token)).Explanation!;
        Assert.Equal((HealthState.Ignored, false, RuleSource.Container), (explanation.Health, explanation.Policy.Supervised, explanation.Policy.SupervisedBy));
        Assert.Null((await _host.Explain("nobody", Token)).Explanation);

        async Task<(double, RuleSource)> ThresholdAsync()
        {
            var policy = (await _host.Explain("web", Token)).Explanation!.Policy;
            return (policy.Threshold, policy.ThresholdBy);
        }
    }

    [Fact]
    public async Task A_command_from_outside_that_comes_again_has_no_effect_the_second_time()
    {
        await SeenAsync("web");
        await AsCommandAsync("first", () => _host.SetThreshold(41, Token));
        await AsCommandAsync("second", () => _host.Ignore("web", Token));
        await _host.SetThreshold(42, Token);
        await _host.Supervise("web", Token);

        await AsCommandAsync("first", () => _host.SetThreshold(41, Token));
        await AsCommandAsync("second", () => _host.Ignore("web", Token));

        Assert.Equal(42, (await _host.GetStatus(Token)).Threshold);
        Assert.NotEqual(HealthState.Ignored, (await ViewAsync("web")).Health);

        // Also over the life of the grain; and what is not marked is always carried out.
        Assert.Null(await _host.WhenSaved(Token));
        await TestSilo.EndAsync(_host);
        await AsCommandAsync("first", () => _host.SetThreshold(41, Token));
        Assert.Equal(42, (await _host.GetStatus(Token)).Threshold);
        await _host.SetThreshold(41, Token);
        Assert.Equal(41, (await _host.GetStatus(Token)).Threshold);

        static async Task AsCommandAsync(string correlationId, Func<Task> call)
        {
            CommandMark.Set(correlationId);
            await call();
        }
    }

    [Fact]
    public async Task Commands_from_outside_that_come_together_are_carried_out_in_their_order_and_each_once()
    {
        await SeenAsync("web");
        ImmutableArray<ExternalCommand> commands =
        [
            Command("threshold", CommandKind.SetHostThreshold, null, 41),
            Command("ignore", CommandKind.Ignore, "web"),
            Command("nobody", CommandKind.Ignore, "nobody"),
            Command("supervise", CommandKind.Supervise, "web"),
            Command("again", CommandKind.Ignore, "web"),
            Command("last", CommandKind.SetHostThreshold, null, 42),
        ];

        var results = await _host.CarryOut(commands, Token);

        Assert.Equal([null, HealthState.Ignored, null, HealthState.Healthy, HealthState.Ignored, null], results.Select(result => result?.View?.Health));
        Assert.Equal([true, false, false, false, false, true], results.Select(result => result is null));
        Assert.Equal(42, (await _host.GetStatus(Token)).Threshold);
        Assert.Equal(42, (await ViewAsync("web")).Threshold);

        // Some of them were lost, and come again with new ones: only those are carried out.
        await _host.Supervise("web", Token);
        results = await _host.CarryOut([.. commands[3..], Command("new", CommandKind.SetHostThreshold, null, 43), commands[0]], Token);
        Assert.Equal(HealthState.Healthy, results[1]!.View!.Health);
        Assert.Equal(43, (await _host.GetStatus(Token)).Threshold);
        Assert.Equal(43, (await ViewAsync("web")).Threshold);

        ExternalCommand Command(string correlationId, CommandKind kind, string? container, double? threshold = null) =>
            new(kind, _address, container, threshold, correlationId, new("", "reply"), Guid.NewGuid(), Redelivered: true);
    }

    [Fact]
    public async Task A_death_told_often_and_at_once_is_healed_once()
    {
        var web = await SeenAsync("web");
        _silo.Engine.Hold(web);
        var died = new Observation.Died(Now, 1);
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => TellAsync(web, died)));
        await TellAsync(web, new Observation.Died(Now, 1));
        await UntilAskedAsync(web);
        _silo.Engine.Open(web);

        Assert.Equal(1, (await UntilAsync("web", view => view.Restarts == 1)).Restarts);
        await UntilItIsDoneAsync();
        Assert.Equal(1, _silo.Engine.Count(web));
        Assert.False(_silo.Engine.TwoAtOnce);
    }

    [Fact]
    public async Task One_that_dies_while_it_is_being_started_is_started_again_after_it_and_not_meanwhile()
    {
        var web = await SeenAsync("web");
        _silo.Engine.Hold(web);
        await TellAsync(web, new Observation.Signalled(Now, 9), new Observation.Died(Now.AddMilliseconds(1), 137));
        await UntilAskedAsync(web);
        await TellAsync(web, new Observation.Started(Now), new Observation.Signalled(Now.AddMilliseconds(1), 9), new Observation.Died(Now.AddMilliseconds(2), 137));
        await UntilItIsDoneAsync();
        Assert.Equal(1, _silo.Engine.Count(web));

        _silo.Engine.Open(web);
        await UntilAsync("web", view => view is { ContainerState: ContainerState.Running, Health: HealthState.Starting or HealthState.Healthy });
        Assert.False(_silo.Engine.TwoAtOnce);
    }

    [Fact]
    public async Task Four_are_started_at_once_and_no_more()
    {
        var all = new List<string>();
        for (var i = 0; i < 9; i++)
        {
            all.Add(await SeenAsync($"c{i}"));
        }
        _silo.Engine.Counted = all;
        all.ForEach(_silo.Engine.Hold);
        await _host.Observe(Facts([.. all.Select(id => new ContainerFact(id, new Observation.Died(Now, 1)))]), Token);
        await TestSilo.UntilAsync("four are under way", () => _silo.Engine.UnderWay(all) == 4);
        // The host has taken in all of it and more: the fifth would have been asked for by now.
        await TellAsync(all[0], new Observation.Ticked(Now));
        Assert.Equal(4, all.Sum(_silo.Engine.Count));

        all.ForEach(_silo.Engine.Open);
        foreach (var name in all.Select((_, i) => $"c{i}"))
        {
            await UntilAsync(name, view => view.Restarts == 1);
        }
        Assert.Equal(4, _silo.Engine.MostAtOnce);
        Assert.All(all, id => Assert.Equal(1, _silo.Engine.Count(id)));
    }

    [Fact]
    public async Task Stopped_ones_are_started_although_all_restarts_are_slow()
    {
        List<string> slow = [];
        for (var i = 0; i < 4; i++)
        {
            slow.Add(await SeenAsync($"slow{i}"));
            _silo.Engine.Hold(slow[i]);
            await TellAsync(slow[i], new Observation.HealthChecked(Now, HealthCheck.Unhealthy));
        }
        await TestSilo.UntilAsync("four restarts are under way", () => _silo.Engine.UnderWay(slow) == 4);

        var stopped = await SeenAsync("stopped");
        await TellAsync(stopped, new Observation.Died(Now, 1));
        await UntilAsync("stopped", view => view.Restarts == 1);
        Assert.Equal(4, _silo.Engine.UnderWay(slow));

        slow.ForEach(_silo.Engine.Open);
        foreach (var name in slow.Select((_, i) => $"slow{i}"))
        {
            await UntilAsync(name, view => view.Restarts == 1);
        }
    }

    [Fact]
    public async Task What_comes_late_of_a_removed_container_does_not_bring_it_back()
    {
        var web = await SeenAsync("web");
        var asked = Now;
        await TellAsync(web, new Observation.Removed(Now));
        var after = (await _host.GetContent(Guid.Empty, 0, Token)).Version;

        await TellAsync(web, new Observation.Seen(asked, Container("web")));
        await TellAsync(web, new Observation.Probed(Now, asked, "172.17.0.2", 13, 13, null));
        await TellAsync(web, new Observation.Measured(Now, 1 << 20));
        await TellAsync(web, new Observation.Died(Now, 137));
        await TellAsync(web, new Observation.Removed(Now));

        var content = await _host.GetContent(Guid.Empty, 0, Token);
        Assert.Empty(content.Changed);
        Assert.Equal(after, content.Version);
        Assert.Equal(0, _silo.Engine.Count(web));

        // Should the engine show it again after all, it is there.
        await TellAsync(web, new Observation.Seen(Now.AddMilliseconds(1), Container("web")));
        Assert.Equal("web", (await ViewAsync("web")).Name);
    }

    [Fact]
    public async Task A_slow_restart_does_not_hold_up_the_others()
    {
        var slow = await SeenAsync("slow");
        var quick = await SeenAsync("quick");
        _silo.Engine.Hold(slow);
        await TellAsync(slow, new Observation.Died(Now, 1));
        await UntilAskedAsync(slow);

        await TellAsync(quick, new Observation.Paused(Now));
        await UntilAsync("quick", view => view.ContainerState == ContainerState.Paused);
        await TellAsync(quick, new Observation.Resumed(Now));
        await TellAsync(quick, new Observation.Died(Now, 1));
        await UntilAsync("quick", view => view.Restarts == 1);
        Assert.Equal(HealthState.Restarting, (await ViewAsync("slow")).Health);

        _silo.Engine.Open(slow);
        await UntilAsync("slow", view => view.Restarts == 1);
    }

    [Fact]
    public async Task An_ignored_container_is_neither_probed_nor_healed_until_it_is_put_back()
    {
        var web = await SeenAsync("web");
        Assert.Single(_silo.Prober.Watched[web]);
        Assert.Equal(HealthState.Ignored, (await _host.Ignore("web", Token)).View!.Health);
        Assert.False(_silo.Prober.Watched.ContainsKey(web));
        await TellAsync(web, new Observation.Died(Now, 1));
        await UntilItIsDoneAsync();
        Assert.Equal(0, _silo.Engine.Count(web));

        await _host.Supervise("web", Token);
        await UntilAsync("web", view => view.Restarts == 1);
        Assert.Single(_silo.Prober.Watched[web]);
    }

    [Fact]
    public async Task The_nearest_threshold_holds_and_a_cleared_one_lets_the_next_decide()
    {
        var own = await SeenAsync("own");
        await SeenAsync("labelled", ("hms.threshold", "30"));
        async Task ThenAsync(double plain, double labelled)
        {
            Assert.Equal(plain, (await ViewAsync("own")).Threshold);
            Assert.Equal(labelled, (await ViewAsync("labelled")).Threshold);
        }

        await ThenAsync(60, 30); // configured; by label
        await _host.Apply(new FleetOrder(1_000, 50, true, 1_000), Token);
        await ThenAsync(50, 30);
        await _host.SetThreshold(40, Token);
        await ThenAsync(40, 30);
        await _host.SetThreshold("own", 20, Token);
        await _host.SetThreshold("labelled", 10, Token);
        await ThenAsync(20, 10);
        Assert.Equal(20, _silo.Prober.Watched[own].Single().Threshold);

        // A word to the whole fleet ends the host's own one, not those of containers; an older word ends nothing.
        await _host.Apply(new FleetOrder(1_001, 55, true, 1_001), Token);
        await _host.Apply(new FleetOrder(999, 99, true, 999), Token);
        Assert.Equal(55, (await _host.GetStatus(Token)).Threshold);
        await ThenAsync(20, 10);

        await _host.SetThreshold("own", null, Token);
        await _host.SetThreshold("labelled", null, Token);
        await ThenAsync(55, 30);
        await _host.SetThreshold(40, Token);
        await _host.SetThreshold(null, Token);
        await ThenAsync(55, 30);
        await _host.Apply(new FleetOrder(1_002, null, true, 1_002), Token);
        await ThenAsync(60, 30);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => _host.SetThreshold(101, Token));
    }

    [Fact]
    public async Task A_store_that_fails_is_told_and_healing_goes_on()
    {
        var web = await SeenAsync("web");
        Assert.Null(await _host.WhenSaved(Token));
        _silo.Store.FailWrites(_address, "disk full");
        await _host.SetThreshold("web", 20, Token);

        Assert.Contains("disk full", await _host.WhenSaved(Token), StringComparison.Ordinal);
        Assert.Contains("disk full", (await _host.GetStatus(Token)).UnsavedBecause, StringComparison.Ordinal);
        await TellAsync(web, new Observation.Died(Now, 1));
        Assert.Equal(20, (await UntilAsync("web", view => view.Restarts == 1)).Threshold);

        _silo.Store.FailWrites(_address, null);
        await TestSilo.UntilAsync("it is saved", async () => (await _host.GetStatus(Token)).UnsavedBecause is null);
        await TestSilo.UntilAsync("it is kept", () => _silo.Store.Kept<HostSettings>(_address)?.Of(web).Threshold == 20);
    }

    [Fact]
    public async Task A_host_that_cannot_read_its_settings_waits_and_then_works()
    {
        _silo.Store.FailReads(_address, "no such table");
        var web = Container("web");
        _silo.Engine.Put(web);
        var complete = Facts(isComplete: true, new ContainerFact(web.Id, new Observation.Seen(Now, web)));
        Assert.Equal(Guid.Empty, await _host.Observe(complete, Token));
        Assert.Contains("no such table", (await _host.GetStatus(Token)).UnsavedBecause, StringComparison.Ordinal);
        Assert.False((await _host.GetStatus(Token)).Ready);
        Assert.Contains("no such table", (await Assert.ThrowsAsync<HostUnavailableException>(() => _host.SetThreshold(50, Token))).Message, StringComparison.Ordinal);

        _silo.Store.FailReads(_address, null);
        Assert.NotEqual(Guid.Empty, await _host.Observe(complete, Token)); // a new life: the watcher tells everything again
        Assert.True((await _host.GetStatus(Token)).Ready);
        await TellAsync(web.Id, new Observation.Died(Now, 1));
        await UntilAsync("web", view => view.Restarts == 1);
    }

    [Fact]
    public async Task A_grain_that_ends_comes_back_with_the_next_facts_and_knows_its_settings()
    {
        var web = await SeenAsync("web");
        await SeenAsync("other");
        await _host.Ignore("other", Token);
        Assert.Null(await _host.WhenSaved(Token));
        var before = await _host.Observe(Facts(), Token);
        await TestSilo.EndAsync(_host);

        var after = before;
        await TestSilo.UntilAsync("it has another life", async () => (after = await _host.Observe(Facts(), Token)) != before);
        Assert.Empty((await _host.GetContent(Guid.Empty, 0, Token)).Changed);

        // The watcher sees the new life, and tells everything again. web died while nobody listened.
        var dead = (await _silo.Engine.InspectAsync(web, Token))! with { State = ContainerState.Exited, ExitCode = 1 };
        var other = Container("other");
        await _host.Observe(Facts(isComplete: true, new ContainerFact(web, new Observation.Seen(Now, dead)), new(other.Id, new Observation.Seen(Now, other))), Token);
        await UntilAsync("web", view => view.Restarts == 1);
        Assert.Equal(HealthState.Ignored, (await ViewAsync("other")).Health);
    }

    [Fact]
    public async Task What_is_not_in_a_full_list_is_gone_but_not_what_began_after_it()
    {
        var old = await SeenAsync("old");
        await _host.SetThreshold("old", 20, Token);
        var listedAt = Now;
        var young = Container("young") with { StartedAt = listedAt.AddMilliseconds(5) };
        await _host.Observe(Facts(new ContainerFact(young.Id, new Observation.Started(listedAt.AddMilliseconds(5))), new(young.Id, new Observation.Seen(listedAt.AddMilliseconds(6), young))), Token);

        await _host.Observe(new HostFacts(listedAt, null, IsComplete: true, []), Token);
        Assert.Equal(["young"], (await _host.GetContent(Guid.Empty, 0, Token)).Changed.Select(view => view.Name));
        Assert.False(_silo.Prober.Watched.ContainsKey(old));
        Assert.Null(await _host.WhenSaved(Token));
        Assert.DoesNotContain(old, _silo.Store.Kept<HostSettings>(_address)!.Containers.Keys);
    }

    [Fact]
    public async Task A_silent_engine_is_nobodys_fault_and_a_word_of_it_ends_the_silence()
    {
        var web = await SeenAsync("web");
        await _host.Observe(new HostFacts(Now, "no answer within 1 s", IsComplete: false, []), Token);
        var view = await ViewAsync("web");
        Assert.Equal((HealthState.Unknown, ServiceState.Unknown), (view.Health, view.ServiceState));
        var status = await _host.GetStatus(Token);
        Assert.Equal((false, "no answer within 1 s", false), (status.EngineAnswers, status.EngineSilence, status.Ready));
        await UntilItIsDoneAsync();
        Assert.Equal(0, _silo.Engine.Count(web));

        await TellAsync(web, new Observation.Seen(Now, Container("web") with { Id = web }));
        Assert.Equal(HealthState.Healthy, (await ViewAsync("web")).Health);
        Assert.True((await _host.GetStatus(Token)).EngineAnswers);
    }

    [Fact]
    public async Task A_start_that_is_refused_is_told_in_the_engines_words_and_tried_again()
    {
        var web = await SeenAsync("web");
        _silo.Engine.Fail(web, new EngineRefusedException("port is already allocated"));
        await TellAsync(web, new Observation.Died(Now, 1));

        var refused = await UntilAsync("web", view => view.LastFault?.Cause == FaultCause.StartRefused);
        Assert.Equal((HealthState.BackingOff, "port is already allocated"), (refused.Health, refused.LastFault!.Evidence));
        _silo.Engine.Fail(web, null);
        await UntilAsync("web", view => view.Restarts == 1);
    }

    [Fact]
    public async Task One_that_is_off_its_network_is_connected_unless_it_is_on_one_by_then()
    {
        var seat = HealthStory.Seat("bridge");
        var web = await SeenAsync("web");
        var there = Container("web") with { Id = web, NetworkMode = "bridge", Networks = [seat] };
        _silo.Engine.Put(there);
        await TellAsync(web, new Observation.Seen(Now, there));
        await TellAsync(web, new Observation.Disconnected(Now, seat.Network));
        await TestSilo.UntilAsync("it is looked at", () => _silo.Engine.Looks(web) > 0);
        await UntilAsync("web", view => view is { Health: HealthState.Healthy, LastFault.Cause: FaultCause.Disconnected });
        Assert.Equal(0, _silo.Engine.Count(web));

        _silo.Engine.Put(there with { Networks = [] });
        await TellAsync(web, new Observation.Disconnected(Now, seat.Network));
        await TestSilo.UntilAsync("it is connected", () => _silo.Engine.Count(web) == 1);
        Assert.Equal(0, (await UntilAsync("web", view => view.ServiceState == ServiceState.Up)).Restarts);
    }

    [Fact]
    public async Task A_start_that_is_not_answered_is_ordered_again_once_the_engine_tells_of_the_container()
    {
        var web = await SeenAsync("web");
        _silo.Engine.Fail(web, new EngineSilentException("no answer within 60 s"));
        _silo.Engine.Hide(web, true);
        await TellAsync(web, new Observation.Died(Now, 1));
        var unknown = await UntilAsync("web", view => view.Details == "not known: no answer within 60 s");
        Assert.Equal((HealthState.Unknown, 0), (unknown.Health, unknown.Restarts));
        // It is looked at, in vain, and nothing is ordered on that.
        await TestSilo.UntilAsync("it is looked at twice", () => _silo.Engine.Looks(web) > 1);
        Assert.Equal(1, _silo.Engine.Count(web));

        _silo.Engine.Fail(web, null);
        _silo.Engine.Hide(web, false);
        await UntilAsync("web", view => view.Restarts == 1);
        Assert.Equal(2, _silo.Engine.Count(web));
    }

    [Fact]
    public async Task An_order_that_ends_in_no_way_that_anybody_foresaw_is_given_again()
    {
        var web = await SeenAsync("web");
        _silo.Engine.Fail(web, new FormatException("not of this world"));
        await TellAsync(web, new Observation.Died(Now, 1));
        await TestSilo.UntilAsync("it is asked for again", () => _silo.Engine.Count(web) > 1);

        _silo.Engine.Fail(web, null);
        await UntilAsync("web", view => view.Restarts == 1);
        Assert.False(_silo.Engine.TwoAtOnce);
    }

    [Fact]
    public async Task One_that_the_engine_does_not_describe_keeps_what_was_set_for_it()
    {
        var web = await SeenAsync("web");
        await _host.Ignore("web", Token);
        Assert.Null(await _host.WhenSaved(Token));
        await TestSilo.EndAsync(_host);

        // In its next life the host knows no more of it than that it is there.
        await _host.Observe(Facts(isComplete: true, new ContainerFact(web, new Observation.Silenced(Now, "no answer within 2 s"))), Token);
        await TellAsync(web, new Observation.Seen(Now, Container("web")));
        Assert.Equal(HealthState.Ignored, (await ViewAsync("web")).Health);
    }

    [Fact]
    public async Task What_befalls_a_container_until_it_is_removed_is_one_trace_and_none_while_nobody_listens()
    {
        Assert.False(Telemetry.Source.HasListeners());
        Assert.Null(HealTrace.Follow(null, [], new(null, HealthAction.Start, 1, null, 1, null, Gone: false, [new(Now, HealthState.Healthy, HealthState.Restarting, null)]), isNewest: true, Now));

        // Of all silos in this process: other tests run meanwhile.
        var (begun, ended) = (new ConcurrentQueue<Activity>(), new ConcurrentQueue<Activity>());
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == Telemetry.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStarted = begun.Enqueue,
            ActivityStopped = ended.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        var web = await SeenAsync("web");
        var diedAt = Now;
        await TellAsync(web, new Observation.Died(diedAt, 1));
        await UntilAsync("web", view => view.Restarts == 1 && view.Health != HealthState.Restarting);
        await TellAsync(web, new Observation.Died(Now, 2));
        await UntilAsync("web", view => view.Restarts == 2 && view.Health != HealthState.Restarting);
        await TellAsync(web, new Observation.Removed(Now));

        await TestSilo.UntilAsync("its trace has ended", () => Traces().Any());
        var heal = Assert.Single(Traces());
        Assert.Equal((diedAt.UtcDateTime, default), (heal.StartTimeUtc, heal.ParentSpanId));
        Assert.Equal((_address, "web", "died", "exit code 1", "removed"), (Tag(heal, "hms.host"), Tag(heal, "hms.container"), Tag(heal, "hms.cause"), Tag(heal, "hms.evidence"), Tag(heal, "hms.outcome")));
        var parts = ended.Where(activity => activity.ParentSpanId == heal.SpanId).ToList();
        Assert.Equal(
            [
                // In the order of their ends: that it falls is seen in the time in which it has to show that it stays well.
                ("observe", null), ("restart", "done"),
                ("observe", null), ("prove", "fellAgain"), ("back off", null), ("restart", "done"), ("prove", null),
            ],
            parts.Select(part => (part.DisplayName, Tag(part, "hms.outcome"))));
        Assert.Equal(
            [("exit code 1", "restart"), ("exit code 2", "back off")],
            parts.Where(part => part.DisplayName == "observe").Select(part => (Tag(part, "hms.evidence"), (string?)Assert.Single(part.Events).Tags.Single(tag => tag.Key == "hms.decision").Value)));
        Assert.All(parts.Where(part => part.DisplayName == "restart"), restart =>
        {
            var call = Assert.Single(ended, activity => activity.ParentSpanId == restart.SpanId);
            Assert.Equal(("engine start", ActivityKind.Client, "done"), (call.DisplayName, call.Kind, Tag(call, "hms.outcome")));
        });
        Assert.Equal(1 + parts.Count + 2, Of(ended, heal).Count());
        Assert.Equal(Of(ended, heal).Count(), Of(begun, heal).Count());

        // The grain ends while an order is out, and so does what is open.
        var late = await SeenAsync("late");
        _silo.Engine.Hold(late);
        await TellAsync(late, new Observation.Died(Now, 1));
        await UntilAskedAsync(late);
        await TestSilo.EndAsync(_host);
        _silo.Engine.Open(late);
        await TestSilo.UntilAsync("its trace has ended", () => Traces().Any(trace => Tag(trace, "hms.outcome") == "abandoned"));
        var abandoned = Traces().Single(trace => trace != heal);
        await TestSilo.UntilAsync("all of it has ended", () => Of(ended, abandoned).Count() == Of(begun, abandoned).Count());

        IEnumerable<Activity> Traces() => ended.Where(activity => activity.DisplayName == "heal" && Tag(activity, "hms.host") == _address);
        static IEnumerable<Activity> Of(IEnumerable<Activity> all, Activity root) => all.Where(activity => activity.TraceId == root.TraceId);
        static string? Tag(Activity activity, string name) => (string?)activity.GetTagItem(name);
    }

    [Fact]
    public async Task A_container_is_restarted_on_demand_once_however_often_it_is_asked_for()
    {
        var web = await SeenAsync("web");
        _silo.Engine.Hold(web);
        foreach (var _ in Enumerable.Range(0, 3))
        {
            var result = await _host.Restart("web", Token);
            Assert.Equal((HealthState.Restarting, "being restarted, as asked", null), (result.View!.Health, result.View.Details, result.Refusal));
        }
        await UntilAskedAsync(web);
        _silo.Engine.Open(web);

        var view = await UntilAsync("web", view => view.Restarts == 1 && view.Health != HealthState.Restarting);
        Assert.Equal((1, null), (_silo.Engine.Count(web), view.LastFault));
    }

    [Fact]
    public async Task A_container_that_is_ignored_is_not_restarted_on_demand_and_it_is_said_how_it_can_be()
    {
        var web = await SeenAsync("web");
        await _host.Ignore("web", Token);
        var result = await _host.Restart("web", Token);

        Assert.Contains($"PUT /containers/{_address}/web", result.Refusal, StringComparison.Ordinal);
        Assert.Equal(HealthState.Ignored, result.View!.Health);
        Assert.Null((await _host.Restart("nobody", Token)).View);
        Assert.Equal(0, _silo.Engine.Count(web));
    }

    [Fact]
    public async Task A_demand_that_cannot_be_met_says_why()
    {
        var (paused, gone) = (await SeenAsync("paused"), await SeenAsync("once"));
        await TellAsync(paused, new Observation.Paused(Now));
        await TellAsync(gone, new Observation.Seen(Now, Container("once") with { AutoRemove = true, State = ContainerState.Exited }));
        Assert.Contains("docker unpause paused", (await _host.Restart("paused", Token)).Refusal, StringComparison.Ordinal);
        Assert.Contains("the engine removes it", (await _host.Restart("once", Token)).Refusal, StringComparison.Ordinal);

        await _host.Observe(new(Now, "socket gone", IsComplete: false, []), Token);
        Assert.Contains("socket gone", (await _host.Restart("paused", Token)).Refusal, StringComparison.Ordinal);
        Assert.Equal(0, _silo.Engine.Count(paused) + _silo.Engine.Count(gone));
    }

    [Fact]
    public async Task A_removed_host_touches_nothing()
    {
        var web = await SeenAsync("web");
        await _host.Apply(new FleetOrder(1_000, null, Supervised: false, 0), Token);
        Assert.False(_silo.Prober.Watched.ContainsKey(web));
        await TellAsync(web, new Observation.Died(Now, 1));
        await _host.Apply(new FleetOrder(1_001, null, Supervised: true, 0), Token);
        await UntilAsync("web", view => view.Restarts == 1);
        Assert.Equal(1, _silo.Engine.Count(web));
    }

    [Fact]
    public async Task A_prefix_that_fits_two_changes_nothing_and_names_both()
    {
        await SeenAsync("one");
        await SeenAsync("two");
        var prefix = Container("one").Id[..4];
        var ambiguous = await _host.Ignore(prefix, Token);
        Assert.Null(ambiguous.View);
        Assert.Equal(2, ambiguous.Matches.Length);
        Assert.Null((await _host.Ignore("nobody", Token)).View);
        Assert.Equal(HealthState.Healthy, (await ViewAsync("one")).Health);
    }

    private HostFacts Facts(params ImmutableArray<ContainerFact> facts) => Facts(isComplete: false, facts);

    private HostFacts Facts(bool isComplete, params ImmutableArray<ContainerFact> facts) => new(Now, null, isComplete, facts);

    /// <summary>A container that has run for an hour; its id tells host and name.</summary>
    private EngineContainer Container(string name, params (string Key, string Value)[] labels)
    {
        var id = Convert.ToHexStringLower(System.Text.Encoding.ASCII.GetBytes($"{_address}/{name}"));
        return new()
        {
            Id = id.PadRight(64, '0'),
            Name = name,
            Image = "image",
            State = ContainerState.Running,
            StartedAt = Now.AddHours(-1),
            NetworkMode = "bridge",
            Addresses = [new("bridge", IPAddress.Parse("172.17.0.2"), 16)],
            Labels = labels.ToImmutableSortedDictionary(label => label.Key, label => label.Value),
        };
    }

    private async Task<string> SeenAsync(string name, params (string Key, string Value)[] labels)
    {
        var container = Container(name, labels);
        _silo.Engine.Put(container);
        await TellAsync(container.Id, new Observation.Seen(Now, container));
        Assert.Equal(HealthState.Healthy, (await ViewAsync(name)).Health);
        return container.Id;
    }

    private Task<Guid> TellAsync(string id, params Observation[] facts) => _host.Observe(Facts([.. facts.Select(fact => new ContainerFact(id, fact))]), Token);

    private async Task<ContainerView> ViewAsync(string name) => (await _host.GetContent(Guid.Empty, 0, Token)).Changed.Single(view => view.Name == name);

    private async Task<ContainerView> UntilAsync(string name, Func<ContainerView, bool> wanted)
    {
        ContainerView? last = null;
        await TestSilo.UntilAsync($"{name} is as wanted", async () =>
        {
            last = (await _host.GetContent(Guid.Empty, 0, Token)).Changed.SingleOrDefault(view => view.Name == name);
            return last is not null && wanted(last);
        });
        return last!;
    }

    private Task UntilAskedAsync(string id) => TestSilo.UntilAsync("the engine is asked", () => _silo.Engine.Count(id) > 0);

    /// <summary>Another container dies and is healed: what was to be done before is done.</summary>
    private async Task UntilItIsDoneAsync()
    {
        var bell = await SeenAsync("bell");
        await TellAsync(bell, new Observation.Signalled(Now, 9), new Observation.Died(Now.AddMilliseconds(1), 137));
        await UntilAsync("bell", view => view.Restarts > 0);
    }
}
