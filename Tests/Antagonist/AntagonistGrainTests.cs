using System.Collections.Immutable;
using HmsOrleans.Grains.Antagonist;
using HmsOrleans.Grains.Commands;
using HmsOrleans.Grains.Engine;
using HmsOrleans.Grains.Health;
using HmsOrleans.Grains.Hosts;
using HmsOrleans.Tests.Cluster;
using Xunit;

namespace HmsOrleans.Tests.Antagonist;

/// <summary>What passes between those who steer an antagonist and its agent.</summary>
public sealed class AntagonistGrainTests : IClassFixture<TestSilo>
{
    private readonly TestSilo _silo;
    private readonly string _address;
    private readonly IAntagonistGrain _grain;

    private AgentReport _agent = new() { Life = Guid.NewGuid(), Started = DateTimeOffset.UnixEpoch, Order = AttackOrder.None, Abilities = [AttackKind.Stop], MaxShare = 50 };

    public AntagonistGrainTests(TestSilo silo)
    {
        (_silo, _address) = (silo, silo.NewHost());
        _grain = silo.Grains.GetGrain<IAntagonistGrain>(_address);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Without_an_agent_nothing_can_be_ordered()
    {
        Assert.Equal(new(_address, AttackOrder.None, null), await _grain.GetView(Token));
        await Assert.ThrowsAsync<AgentMissingException>(() => _grain.Start(new(), Token));
        await Assert.ThrowsAsync<AgentMissingException>(() => _grain.Configure(new() { Heavy = 1 }, Token));
        await Assert.ThrowsAsync<AgentMissingException>(() => _grain.Halt(Token));
    }

    [Fact]
    public async Task An_agent_that_falls_silent_is_missing()
    {
        await ReportAsync();
        await _grain.Start(new(), Token);
        _silo.Time.Shift(TimeSpan.FromSeconds(4));

        Assert.Null((await _grain.GetView(Token)).Agent);
        await Assert.ThrowsAsync<AgentMissingException>(() => _grain.Start(new(), Token));
        await ReportAsync();
        Assert.True((await _grain.GetView(Token)) is { Agent: not null, Order.IsRunning: true });
    }

    [Fact]
    public async Task It_is_off_until_it_is_started_and_only_what_is_supervised_is_a_target()
    {
        await HostIsUpAsync(("web", "true"), ("db", "false"));
        Assert.Equal((false, true), (await ReportAsync()) is var first ? (first.Order.IsRunning, first.Targets.IsDefault) : default);

        await _grain.Start(new() { Heavy = 90 }, Token);
        var answer = await ReportAsync();

        Assert.True(answer.Order.IsRunning);
        Assert.Equal(90, answer.Order.Scenario.Heavy);
        Assert.Equal([IdOf("web")], answer.Targets);
    }

    [Fact]
    public async Task Starting_what_runs_changes_nothing_and_a_new_scenario_is_a_new_order()
    {
        await ReportAsync();
        var first = (await _grain.Start(new() { Seed = 7 }, Token)).Order;

        Assert.Equal(first, (await _grain.Start(new(), Token)).Order);
        Assert.Equal(first, (await _grain.Start(new() { Seed = 7 }, Token)).Order);
        var second = (await _grain.Configure(new() { Loss = 60 }, Token)).Order;
        Assert.True(second.Revision > first.Revision);
        Assert.Equal((true, 7, 60), (second.IsRunning, second.Scenario.Seed, second.Scenario.Loss));
    }

    [Fact]
    public async Task A_command_that_is_repeated_does_not_undo_what_was_ordered_since()
    {
        await ReportAsync();
        await CommandedAsync("start", () => _grain.Start(new(), Token));
        await HaltAsync();
        await CommandedAsync("start", () => _grain.Start(new(), Token));
        Assert.False((await ReportAsync()).Order.IsRunning);

        await CommandedAsync("halt", HaltAsync);
        await CommandedAsync("another start", () => _grain.Start(new(), Token));
        await CommandedAsync("halt", () => _grain.Halt(Token));
        Assert.True((await ReportAsync()).Order.IsRunning);

        static async Task CommandedAsync(string id, Func<Task> call)
        {
            CommandMark.Set(id);
            await call();
            RequestContext.Clear();
        }
    }

    [Fact]
    public async Task The_agent_brings_its_order_into_the_next_life_of_the_grain_but_not_over_a_newer_one()
    {
        await ReportAsync();
        await _grain.Start(new() { Seed = 8 }, Token);
        await ReportAsync();
        await TestSilo.EndAsync(_grain);

        Assert.Equal((true, 8), (await ReportAsync()).Order is var kept ? (kept.IsRunning, kept.Scenario.Seed) : default);

        await TestSilo.EndAsync(_grain);
        await ReportAsync(follow: false);
        var halted = (await _grain.Configure(new() { Seed = 9 }, Token)).Order;
        Assert.Equal(halted, (await ReportAsync()).Order);
    }

    [Fact]
    public async Task Halting_waits_until_the_agent_has_undone_everything()
    {
        await ReportAsync();
        await _grain.Start(new(), Token);
        _agent = _agent with { Faults = [new(Guid.NewGuid(), AttackKind.Loss, "web", IdOf("web"), DateTimeOffset.UnixEpoch, DateTimeOffset.MaxValue, 80)] };
        await ReportAsync();

        var halting = _grain.Halt(Token);
        await TestSilo.UntilAsync("the order has come", async () => !(await ReportAsync()).Order.IsRunning);
        Assert.False(halting.IsCompleted);
        _agent = _agent with { Faults = [] };
        await ReportAsync();

        Assert.Empty((await halting).Agent!.Faults);
        await _grain.Halt(Token);
    }

    [Fact]
    public async Task An_agent_that_comes_back_after_a_halt_is_off()
    {
        await ReportAsync();
        await _grain.Start(new(), Token);
        await ReportAsync();
        _silo.Time.Shift(TimeSpan.FromSeconds(4));
        await Assert.ThrowsAsync<AgentMissingException>(() => _grain.Halt(Token));
        Assert.False((await ReportAsync()).Order.IsRunning);

        await _grain.Start(new(), Token);
        await ReportAsync();
        await TestSilo.EndAsync(_grain);
        // This life has not heard of it yet.
        await Assert.ThrowsAsync<AgentMissingException>(() => _grain.Halt(Token));
        Assert.False((await ReportAsync()).Order.IsRunning);
    }

    [Fact]
    public async Task A_host_that_leaves_the_fleet_is_left_alone_also_when_it_comes_back()
    {
        await HostIsUpAsync(("web", "true"));
        await ReportAsync();
        await _grain.Start(new(), Token);
        Assert.True((await ReportAsync()).Order.IsRunning);
        var host = _silo.Grains.GetGrain<IHostManagerGrain>(_address);
        await host.Apply(FleetOrder.None with { Revision = 1, Supervised = false, SupervisedRevision = 1 }, Token);

        Assert.False((await ReportAsync()).Order.IsRunning);
        await host.Apply(FleetOrder.None with { Revision = 2, SupervisedRevision = 2 }, Token);

        Assert.False((await ReportAsync()).Order.IsRunning);
    }

    [Fact]
    public async Task The_log_is_kept_once_and_what_was_lost_is_asked_for_again()
    {
        _agent = _agent with { Records = [Record(0), Record(1)] };
        Assert.Equal(2, (await ReportAsync()).NextRecord);
        Assert.Equal(2, (await ReportAsync()).NextRecord);
        _agent = _agent with { Records = [Record(3)] };
        Assert.Equal(2, (await ReportAsync()).NextRecord);
        _agent = _agent with { Records = [Record(1), Record(2), Record(3)] };
        Assert.Equal(4, (await ReportAsync()).NextRecord);

        Assert.Equal([0L, 1, 2, 3], (await LogAsync(_agent.Life, 0)).Records.Select(record => record.Number));
        Assert.Equal([3L], (await LogAsync(_agent.Life, 3)).Records.Select(record => record.Number));
        Assert.Equal((4, 0), await LogAsync(_agent.Life, 4) is var rest ? (rest.Next, rest.Records.Length) : default);
        Assert.Equal(4, (await LogAsync(Guid.NewGuid(), 4)).Records.Length);
    }

    [Fact]
    public async Task A_new_life_of_the_agent_counts_its_log_anew_and_follows_the_order_that_holds()
    {
        _agent = _agent with { Records = [Record(0), Record(1)] };
        await ReportAsync();
        await _grain.Start(new() { Seed = 5 }, Token);
        _agent = _agent with { Life = Guid.NewGuid(), Order = AttackOrder.None, Records = [Record(0)] };

        Assert.Equal((1, 5), await ReportAsync() is var answer ? (answer.NextRecord, answer.Order.Scenario.Seed) : default);
        Assert.Equal(_agent.Life, (await LogAsync(Guid.Empty, 0)).Life);
    }

    [Fact]
    public async Task Its_faults_are_counted_by_kind_while_its_agent_is_there()
    {
        var fault = new RunningFault(Guid.NewGuid(), AttackKind.Stop, "web", "3f", DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch, null);
        _agent = _agent with { Abilities = [AttackKind.Stop, AttackKind.Loss], Faults = [fault, fault with { Id = Guid.NewGuid() }] };
        using var attacks = new MetricReader("hms.attacks");

        await TestSilo.UntilAsync("they are counted", async () =>
        {
            await ReportAsync();
            return Mine().SequenceEqual([($"{_address} stop", 2L), ($"{_address} loss", 0L)]);
        });
        _silo.Time.Shift(TimeSpan.FromSeconds(4));
        Assert.Empty(Mine());

        IEnumerable<(string Labels, long Value)> Mine() => attacks.Read().Where(one => one.Labels.StartsWith(_address + " ", StringComparison.Ordinal));
    }

    private Task<AttackLog> LogAsync(Guid life, long since) => _grain.GetLog(life, since, Token);

    private async Task<AgentAnswer> ReportAsync(bool follow = true)
    {
        var answer = await _grain.Report(_agent, Token);
        if (follow)
        {
            _agent = _agent with { Order = answer.Order };
        }
        return answer;
    }

    /// <summary>The agent hears of it, and says so.</summary>
    private async Task HaltAsync()
    {
        var halting = _grain.Halt(Token);
        while (!halting.IsCompleted)
        {
            await ReportAsync();
        }
        await halting;
    }

    private async Task HostIsUpAsync(params (string Name, string Enabled)[] containers)
    {
        var now = _silo.Time.GetUtcNow();
        var described = containers.Select(container => new EngineContainer
        {
            Id = IdOf(container.Name),
            Name = container.Name,
            Image = "image",
            State = ContainerState.Running,
            StartedAt = now.AddHours(-1),
            Labels = ImmutableSortedDictionary<string, string>.Empty.Add("hms.enable", container.Enabled),
        }).ToList();
        described.ForEach(_silo.Engine.Put);
        await _silo.Grains.GetGrain<IHostManagerGrain>(_address).Observe(
            new(now, null, IsComplete: true, [.. described.Select(container => new ContainerFact(container.Id, new Observation.Seen(now, container)))]), Token);
    }

    private string IdOf(string name) => Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes($"{_address} {name}")));

    private static AttackRecord Record(long number) => new(number, DateTimeOffset.UnixEpoch, AttackEvent.Engine, "web", "3f", Text: "die");
}
