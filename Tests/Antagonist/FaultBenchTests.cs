using System.Diagnostics;
using HmsOrleans.Antagonist.Faults;
using HmsOrleans.Grains.Antagonist;
using HmsOrleans.Tests.Engine;
using Xunit;

namespace HmsOrleans.Tests.Antagonist;

/// <summary>Faults on a real engine: caused, seen, undone.</summary>
[Collection<EngineCollection>]
public sealed class FaultBenchTests(EngineFixture engine, ITestOutputHelper output) : IAsyncLifetime
{
    private readonly Workshop _workshop = new(engine.Host);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private DockerHost Host => engine.Host;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        _workshop.Dispose();
        await Host.RemoveAllAsync(CancellationToken.None);
    }

    [Theory]
    [InlineData(AttackKind.Stop)]
    [InlineData(AttackKind.Kill)]
    [InlineData(AttackKind.Memory)]
    [InlineData(AttackKind.Loss)]
    [InlineData(AttackKind.Pause)]
    [InlineData(AttackKind.Freeze)]
    [InlineData(AttackKind.Disconnect)]
    public async Task A_fault_is_there_until_it_is_undone_and_leaves_no_trace(AttackKind kind)
    {
        await Host.RunContainerAsync("web", Token, "-m", "48m");
        var bench = await _workshop.OpenAsync();
        Assert.Contains(kind, bench.Abilities);

        var fault = await _workshop.InjectAsync(bench, kind, "web", kind == AttackKind.Loss ? 100 : null);

        // The kernel may have ended it before the engine knows.
        await new Patient(() => Host.Docker(Token, "inspect", "web")).UntilAsync("the fault is there", () => IsThere(kind, "web"));
        Assert.Equal(fault, Assert.Single(bench.Running));
        Assert.Equal(1, _workshop.LeaseFiles);
        var begun = Assert.Single(_workshop.Journal.Lines);
        Assert.True(begun is { HasBegun: true, WasOnDisk: true } && begun.Lease.Id == fault.Id && begun.At == fault.Since);

        await bench.UndoDueAsync(Token);
        Assert.True(await IsThere(kind, "web"));
        _workshop.Time.Advance(TimeSpan.FromSeconds(61));
        await bench.UndoDueAsync(Token);

        Assert.Empty(bench.Running);
        Assert.Equal(0, _workshop.LeaseFiles);
        Assert.Null(bench.Trouble);
        await _workshop.AssertNoTraceAsync("web");
        Assert.Equal(0, await _workshop.MeasureAsync("web", 20));
        Assert.True(_workshop.Journal.Lines is [_, { HasBegun: false, Why: null } ended] && ended.Lease.Id == fault.Id);

        var started = await _workshop.Inspect("web", "{{.State.StartedAt}}");
        await bench.UndoAllAsync(Token);
        Assert.Equal(started, await _workshop.Inspect("web", "{{.State.StartedAt}}"));
    }

    [Theory]
    [InlineData(AttackKind.Stop)]
    [InlineData(AttackKind.Kill)]
    [InlineData(AttackKind.Memory)]
    [InlineData(AttackKind.Pause)]
    [InlineData(AttackKind.Freeze)]
    public async Task A_start_by_somebody_else_is_the_end_of_what_it_heals(AttackKind kind)
    {
        await Host.RunContainerAsync("web", Token, "-m", "48m");
        var bench = await _workshop.OpenAsync();
        await _workshop.InjectAsync(bench, kind, "web");
        var id = await _workshop.IdOf("web");

        await bench.OnStartedAsync(id, Token); // of the run before, told late
        Assert.Single(bench.Running);
        await Host.Docker(Token, "restart", "-t", "1", "web");
        await bench.OnStartedAsync(id, Token);

        Assert.Empty(bench.Running);
        Assert.Equal(0, _workshop.LeaseFiles);
        await _workshop.AssertNoTraceAsync("web");
        Assert.NotNull(_workshop.Journal.Lines[^1].Why);
    }

    /// <summary>A start brings it back onto its network, as any container: with another address, and without its names.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_container_gets_its_addresses_and_names_back(bool isStartSeen)
    {
        await Host.Docker(Token, "network", "create", "--subnet", "10.123.7.0/24", "lab");
        await Host.RunContainerAsync("web", Token, "--network", "lab", "--ip", "10.123.7.77", "--network-alias", "front");
        var bench = await _workshop.OpenAsync();
        const string Networks = "{{range $name, $n := .NetworkSettings.Networks}}{{$name}} {{$n.IPAddress}} {{$n.Aliases}} {{$n.IPAMConfig}}{{end}}";
        var before = await _workshop.Inspect("web", Networks);
        Assert.Contains("front", before, StringComparison.Ordinal);

        await _workshop.InjectAsync(bench, AttackKind.Disconnect, "web");
        Assert.Equal("", await _workshop.Inspect("web", Networks));
        await Host.Docker(Token, "restart", "web");
        Assert.DoesNotContain("10.123.7.77", await _workshop.Inspect("web", Networks), StringComparison.Ordinal);
        if (isStartSeen)
        {
            await bench.OnStartedAsync(await _workshop.IdOf("web"), Token);
            Assert.Equal("", await _workshop.Inspect("web", Networks));
        }
        await bench.UndoAllAsync(Token);

        Assert.Equal(before, await _workshop.Inspect("web", Networks));
        Assert.Equal(0, await _workshop.MeasureAsync("web", 20));
    }

    [Fact]
    public async Task A_start_that_brings_a_container_back_is_not_the_end_of_it()
    {
        await Host.RunContainerAsync("web", Token);
        var bench = await _workshop.OpenAsync();
        await _workshop.InjectAsync(bench, AttackKind.Disconnect, "web");
        await Host.Docker(Token, "restart", "web");
        await bench.OnConnectedAsync(await _workshop.IdOf("web"), Token);
        await bench.OnStartedAsync(await _workshop.IdOf("web"), Token);

        Assert.Single(bench.Running);
        Assert.Equal("0", await _workshop.Inspect("web", "{{len .NetworkSettings.Networks}}"));
        await bench.UndoAllAsync(Token);
        await _workshop.AssertNoTraceAsync("web");
    }

    [Fact]
    public async Task A_network_that_somebody_connected_meanwhile_is_given_back_too()
    {
        const string Networks = "{{range $name, $n := .NetworkSettings.Networks}}{{$name}} {{end}}";
        await Host.Docker(Token, "network", "create", "one");
        await Host.Docker(Token, "network", "create", "two");
        await Host.RunContainerAsync("web", Token, "--network", "one");
        var bench = await _workshop.OpenAsync();
        await _workshop.InjectAsync(bench, AttackKind.Disconnect, "web");
        await Host.Docker(Token, "network", "connect", "two", "web");
        await Host.Docker(Token, "restart", "web");
        await bench.OnStartedAsync(await _workshop.IdOf("web"), Token);
        Assert.Equal("", await _workshop.Inspect("web", Networks));

        await (await _workshop.OpenAsync()).UndoAllAsync(Token);

        Assert.Equal("one two", await _workshop.Inspect("web", Networks));
    }

    [Fact]
    public async Task Tools_that_outlived_their_agent_are_ended_before_its_faults_are_undone()
    {
        await Host.RunContainerAsync("web", Token);
        var fault = await _workshop.InjectAsync(await _workshop.OpenAsync(), AttackKind.Pause, "web");
        using var tool = Process.Start("/bin/bash", ["-c", $"exec -a of={ChaosMark.Of(fault.Id)} sleep 600"]);
        using var other = Process.Start("/bin/bash", ["-c", $"exec -a of={ChaosMark.Of(Guid.NewGuid())} sleep 600"]);
        while (!(await File.ReadAllTextAsync($"/proc/{tool.Id}/cmdline", Token)).StartsWith("of=", StringComparison.Ordinal))
        {
            await Task.Yield();
        }

        await (await _workshop.OpenAsync()).UndoAllAsync(Token);

        await tool.WaitForExitAsync(Token);
        Assert.False(other.HasExited);
        other.Kill();
        await _workshop.AssertNoTraceAsync("web");
    }

    [Fact]
    public async Task A_clock_that_is_set_back_prolongs_nothing()
    {
        await Host.RunContainerAsync("web", Token);
        var bench = await _workshop.OpenAsync();
        await _workshop.InjectAsync(bench, AttackKind.Freeze, "web", seconds: 5);
        _workshop.Time.SetBack = TimeSpan.FromHours(1);

        _workshop.Time.Advance(TimeSpan.FromSeconds(4));
        await bench.UndoDueAsync(Token);
        Assert.Single(bench.Running);
        _workshop.Time.Advance(TimeSpan.FromSeconds(1));
        await bench.UndoDueAsync(Token);

        Assert.Empty(bench.Running);
        await _workshop.AssertNoTraceAsync("web");
    }

    [Theory]
    [InlineData("iptables")]
    [InlineData("bpf")]
    public async Task What_an_earlier_life_left_is_undone_by_the_next(string backend)
    {
        AttackKind[] kinds = [AttackKind.Loss, AttackKind.Pause, AttackKind.Freeze, AttackKind.Kill];
        var first = await _workshop.OpenAsync(backend);
        foreach (var kind in kinds)
        {
            await Host.RunContainerAsync($"{kind}", Token);
            await _workshop.InjectAsync(first, kind, $"{kind}", 100);
        }

        var second = await _workshop.OpenAsync();
        Assert.Equal(first.Running.Select(fault => fault.Id).Order(), second.Running.Select(fault => fault.Id).Order());
        await second.UndoAllAsync(Token);

        Assert.Empty(second.Running);
        Assert.Equal(0, _workshop.LeaseFiles);
        foreach (var kind in kinds)
        {
            await _workshop.AssertNoTraceAsync($"{kind}");
        }
        await first.UndoAllAsync(Token);
        Assert.Empty(first.Running);
        foreach (var kind in kinds)
        {
            await _workshop.AssertNoTraceAsync($"{kind}");
        }
    }

    [Fact]
    public async Task A_container_that_is_gone_is_undone()
    {
        AttackKind[] kinds = [AttackKind.Stop, AttackKind.Loss, AttackKind.Pause, AttackKind.Freeze, AttackKind.Disconnect, AttackKind.Memory];
        foreach (var backend in (string[])["iptables", "bpf"])
        {
            var bench = await _workshop.OpenAsync(backend);
            foreach (var kind in kinds)
            {
                await Host.RunContainerAsync($"{kind}", Token, "-m", "48m");
                await _workshop.InjectAsync(bench, kind, $"{kind}", 100);
            }
            Assert.Equal(kinds.Length, bench.Running.Length);
            await Host.RemoveAllAsync(Token);
            await bench.UndoAllAsync(Token);

            Assert.Empty(bench.Running);
            Assert.Equal(0, _workshop.LeaseFiles);
            _workshop.AssertNoMemoryTaken();
        }
        Assert.All(_workshop.Journal.Lines.Where(line => !line.HasBegun), line => Assert.NotNull(line.Why));
    }

    [Fact]
    public async Task Twenty_faults_are_undone_at_once()
    {
        AttackKind[] kinds = [AttackKind.Loss, AttackKind.Disconnect, AttackKind.Freeze, AttackKind.Pause];
        string[] names = ["web1", "web2", "web3", "web4", "web5"];
        var bench = await _workshop.OpenAsync();
        foreach (var name in names)
        {
            await Host.RunContainerAsync(name, Token);
            foreach (var kind in kinds)
            {
                await _workshop.InjectAsync(bench, kind, name, 100);
            }
        }
        Assert.Equal(20, bench.Running.Length);
        Assert.Equal(20, _workshop.LeaseFiles);

        var began = TimeProvider.System.GetTimestamp();
        await bench.UndoAllAsync(Token);
        output.WriteLine($"20 faults undone in {TimeProvider.System.GetElapsedTime(began).TotalMilliseconds:0} ms");

        Assert.Empty(bench.Running);
        Assert.Equal(0, _workshop.LeaseFiles);
        foreach (var name in names)
        {
            await _workshop.AssertNoTraceAsync(name);
            Assert.Equal(0, await _workshop.MeasureAsync(name, 20));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_stop_that_takes_long_is_undone_while_it_is_under_way(bool byItsCaller)
    {
        // Without a trap, process 1 takes no notice of SIGTERM: the engine would wait for ten seconds.
        await Host.Docker(Token, "run", "-d", "--name", "slow", DockerHost.IdleImage, "sleep", "3600");
        var bench = await _workshop.OpenAsync();
        await using var events = await EngineJournal.OpenAsync(Host, Token);
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var stop = bench.InjectAsync(Guid.NewGuid(), AttackKind.Stop, await _workshop.IdOf("slow"), "slow", null, TimeSpan.FromSeconds(60), leaving.Token);
        await events.UntilAsync("slow", "kill", Token);

        if (byItsCaller)
        {
            await leaving.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stop);
        }
        else
        {
            await bench.UndoAllAsync(Token);
            await Assert.ThrowsAsync<FaultFailedException>(() => stop);
        }
        Assert.Empty(bench.Running);
        Assert.Equal(0, _workshop.LeaseFiles);
        await _workshop.AssertNoTraceAsync("slow");
        await events.UntilAsync("slow", "start", Token);
        Assert.Equal([true, false], _workshop.Journal.Lines.Select(line => line.HasBegun));
    }

    [Fact]
    public async Task What_cannot_be_undone_yet_is_kept_and_tried_again()
    {
        await Host.RunContainerAsync("web", Token);
        var bench = await _workshop.OpenAsync();
        await _workshop.InjectAsync(bench, AttackKind.Pause, "web");
        await Host.FreezeAsync(Token);
        try
        {
            await bench.UndoAllAsync(Token);
            Assert.Single(bench.Running);
            Assert.Equal(1, _workshop.LeaseFiles);
            Assert.NotNull(bench.Trouble);
        }
        finally
        {
            await Host.ThawAsync();
        }

        await bench.UndoDueAsync(Token); // its time is not over, but it was to be undone

        Assert.Empty(bench.Running);
        Assert.Null(bench.Trouble);
        await _workshop.AssertNoTraceAsync("web");
    }

    [Fact]
    public async Task What_could_not_be_undone_or_would_hit_others_is_refused()
    {
        await Host.RunContainerAsync("web", Token);
        await Host.RunContainerAsync("host", Token, "--network", "host");
        await Host.RunContainerAsync("guest", Token, "--network", "container:web");
        await Host.RunContainerAsync("alone", Token, "--network", "none");
        await Host.RunContainerAsync("brief", Token, "--rm", "-m", "48m");
        await Host.RunContainerAsync("huge", Token, "-m", "1000g");
        await Host.RunContainerAsync("down", Token);
        await Host.Docker(Token, "kill", "down");
        var bench = await _workshop.OpenAsync();
        (AttackKind Kind, string Container)[] wrong =
        [
            (AttackKind.Loss, "host"), (AttackKind.Disconnect, "host"),
            (AttackKind.Loss, "guest"), (AttackKind.Disconnect, "guest"),
            (AttackKind.Loss, "alone"), (AttackKind.Disconnect, "alone"),
            (AttackKind.Stop, "brief"), (AttackKind.Kill, "brief"), (AttackKind.Memory, "brief"),
            (AttackKind.Memory, "web"), (AttackKind.Memory, "huge"),
            (AttackKind.Pause, "down"), (AttackKind.Freeze, "down"),
        ];

        foreach (var (kind, container) in wrong)
        {
            var refusal = await Assert.ThrowsAsync<FaultRefusedException>(() => _workshop.InjectAsync(bench, kind, container, 50));
            output.WriteLine($"{kind}: {refusal.Message}");
        }
        await Assert.ThrowsAsync<FaultRefusedException>(() => _workshop.InjectAsync(bench, AttackKind.Loss, "web", 0));
        await Assert.ThrowsAsync<FaultRefusedException>(() => bench.InjectAsync(Guid.NewGuid(), AttackKind.Pause, new string('0', 64), "nobody", null, TimeSpan.FromSeconds(1), Token));
        Assert.Empty(bench.Running);
        Assert.Equal(0, _workshop.LeaseFiles);

        await _workshop.InjectAsync(bench, AttackKind.Freeze, "web");
        await Assert.ThrowsAsync<FaultRefusedException>(() => _workshop.InjectAsync(bench, AttackKind.Freeze, "web"));
        Assert.Single(bench.Running);
        await bench.UndoAllAsync(Token);
        Assert.Equal(2, _workshop.Journal.Lines.Count);
    }

    private async Task<bool> IsThere(AttackKind kind, string container) => kind switch
    {
        AttackKind.Stop or AttackKind.Kill => await _workshop.Inspect(container, "{{.State.Status}}") == "exited",
        // Of one such death in a hundred the engine never learns that memory was the cause.
        AttackKind.Memory => await _workshop.Inspect(container, "{{.State.Status}} {{.State.ExitCode}}") == "exited 137",
        AttackKind.Pause => await _workshop.Inspect(container, "{{.State.Status}}") == "paused",
        AttackKind.Freeze => await _workshop.ProcessState(container) == 'T' && await _workshop.Inspect(container, "{{.State.Status}}") == "running",
        AttackKind.Disconnect => await _workshop.Inspect(container, "{{len .NetworkSettings.Networks}}") == "0",
        AttackKind.Loss => await _workshop.MeasureAsync(container, 20) == 100,
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };
}
