using HmsOrleans.Antagonist.Faults;
using HmsOrleans.Grains.Antagonist;
using HmsOrleans.Tests.Engine;
using Xunit;

namespace HmsOrleans.Tests.Antagonist;

/// <summary>Loss of packets, in each of the ways that every kernel here has.</summary>
[Collection<EngineCollection>]
public sealed class PacketLossTests(EngineFixture engine, ITestOutputHelper output) : IAsyncLifetime
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
    [InlineData("iptables")]
    [InlineData("bpf")]
    public async Task As_many_packets_are_lost_as_were_asked_for_and_none_afterwards(string backend)
    {
        // Of 4,000 probes the share that is lost varies by 0.8 points (one sigma, at 60 %): three points are almost four of them.
        const int Probes = 4_000;
        double[] asked = [60, 80, 90];
        var bench = await _workshop.OpenAsync(backend);
        Assert.Equal(backend, bench.LossBackend);
        foreach (var loss in asked)
        {
            await Host.RunContainerAsync($"lossy{loss}", Token);
            await _workshop.InjectAsync(bench, AttackKind.Loss, $"lossy{loss}", loss);
        }

        var measured = await Task.WhenAll(asked.Select(loss => _workshop.MeasureAsync($"lossy{loss}", Probes)));

        output.WriteLine($"{backend}: asked {string.Join(" / ", asked)}, measured {string.Join(" / ", measured)}");
        Assert.All(asked.Zip(measured), pair => Assert.InRange(pair.Second, pair.First - 3, pair.First + 3));

        await bench.UndoAllAsync(Token);

        foreach (var loss in asked)
        {
            Assert.Equal(0, await _workshop.MeasureAsync($"lossy{loss}", 50));
            await _workshop.AssertNoTraceAsync($"lossy{loss}");
        }
        Assert.Equal(0, _workshop.LeaseFiles);
    }

    [Theory]
    [InlineData("iptables")]
    [InlineData("bpf")]
    public async Task Loss_follows_the_container_through_a_restart_and_ends_with_its_lease(string backend)
    {
        await Host.RunContainerAsync("web", Token);
        var bench = await _workshop.OpenAsync(backend);
        await _workshop.InjectAsync(bench, AttackKind.Loss, "web", 100, seconds: 60);
        Assert.Equal(100, await _workshop.MeasureAsync("web", 20));

        await Host.Docker(Token, "restart", "web");
        Assert.Equal(0, await _workshop.MeasureAsync("web", 20));
        await bench.OnStartedAsync(await _workshop.IdOf("web"), Token);
        await bench.OnStartedAsync(await _workshop.IdOf("web"), Token);

        Assert.Equal(100, await _workshop.MeasureAsync("web", 20));
        await bench.UndoDueAsync(Token);
        Assert.Equal(100, Assert.Single(bench.Running).Loss);

        _workshop.Time.Advance(TimeSpan.FromSeconds(61));
        await bench.UndoDueAsync(Token);

        Assert.Empty(bench.Running);
        Assert.Equal(0, _workshop.LeaseFiles);
        Assert.Equal(0, await _workshop.MeasureAsync("web", 20));
        await _workshop.AssertNoTraceAsync("web");
        Assert.Equal(2, _workshop.Journal.Lines.Count);
    }

    [Fact]
    public async Task A_later_life_undoes_what_followed_the_container()
    {
        await Host.RunContainerAsync("web", Token);
        var first = await _workshop.OpenAsync("iptables");
        await _workshop.InjectAsync(first, AttackKind.Loss, "web", 100);
        await Host.Docker(Token, "restart", "web");
        await first.OnStartedAsync(await _workshop.IdOf("web"), Token);

        await (await _workshop.OpenAsync("bpf")).UndoAllAsync(Token);

        await _workshop.AssertNoTraceAsync("web");
        Assert.Equal(0, _workshop.LeaseFiles);
    }

    [Fact]
    public async Task Rules_and_filters_of_others_stay()
    {
        await Host.RunContainerAsync("web", Token);
        var (pid, link) = ($"{await Host.PidOf("web", Token)}", await _workshop.Link("web"));
        await Command.RunAsync("nsenter", Token, "-t", pid, "-n", "iptables", "-A", "INPUT", "-p", "udp", "-m", "comment", "--comment", "theirs", "-j", "DROP");
        await Command.RunAsync("tc", Token, "qdisc", "add", "dev", link, "clsact");
        await Command.RunAsync("tc", Token, "filter", "add", "dev", link, "egress", "pref", "7", "protocol", "ip", "bpf", "da", "bytecode", "1,6 0 0 4294967295");
        var (rules, traffic) = (await _workshop.Rules("web"), await Workshop.Traffic(link));

        foreach (var backend in (string[])["iptables", "bpf"])
        {
            var bench = await _workshop.OpenAsync(backend);
            await _workshop.InjectAsync(bench, AttackKind.Loss, "web", 100);
            Assert.Equal(100, await _workshop.MeasureAsync("web", 20));
            await bench.UndoAllAsync(Token);

            Assert.Equal(rules, await _workshop.Rules("web"));
            Assert.Equal(traffic, await Workshop.Traffic(link));
        }
    }

    [Fact]
    public async Task What_fails_leaves_nothing_and_says_why()
    {
        await Host.RunContainerAsync("web", Token);
        var link = await _workshop.Link("web");
        await Command.RunAsync("tc", Token, "qdisc", "add", "dev", link, "clsact");
        // Where ours would be, and of another protocol: the kernel takes no second one.
        await Command.RunAsync("tc", Token, "filter", "add", "dev", link, "egress", "pref", "26739", "protocol", "ip", "bpf", "da", "bytecode", "1,6 0 0 4294967295");
        var traffic = await Workshop.Traffic(link);
        var bench = await _workshop.OpenAsync("bpf");

        var failure = await Assert.ThrowsAsync<FaultFailedException>(() => _workshop.InjectAsync(bench, AttackKind.Loss, "web", 80));

        Assert.Contains("Protocol mismatch", failure.Message, StringComparison.Ordinal);
        Assert.Empty(bench.Running);
        Assert.Equal(0, _workshop.LeaseFiles);
        Assert.Empty(_workshop.Journal.Lines);
        Assert.Equal(traffic, await Workshop.Traffic(link));
    }

    [Theory]
    [InlineData("iptables")]
    [InlineData("bpf")]
    public async Task Loss_goes_on_over_the_link_that_a_container_gets_back(string backend)
    {
        await Host.RunContainerAsync("web", Token);
        var bench = await _workshop.OpenAsync(backend);
        await _workshop.InjectAsync(bench, AttackKind.Loss, "web", 100, seconds: 60);
        await _workshop.InjectAsync(bench, AttackKind.Disconnect, "web", seconds: 30);

        _workshop.Time.Advance(TimeSpan.FromSeconds(31));
        await bench.UndoDueAsync(Token);
        await bench.UndoDueAsync(Token);

        Assert.Equal(AttackKind.Loss, Assert.Single(bench.Running).Kind);
        Assert.Equal(100, await _workshop.MeasureAsync("web", 20));
        await bench.UndoAllAsync(Token);
        await _workshop.AssertNoTraceAsync("web");
        Assert.Equal(0, await _workshop.MeasureAsync("web", 20));
    }

    [Fact]
    public async Task What_a_container_says_to_itself_is_not_lost()
    {
        await Host.RunContainerAsync("web", Token);
        var bench = await _workshop.OpenAsync("iptables");
        await _workshop.InjectAsync(bench, AttackKind.Loss, "web", 100);

        Assert.Contains(" 0% packet loss", await Host.Docker(Token, "exec", "web", "ping", "-c", "2", "-i", "0.1", "127.0.0.1"), StringComparison.Ordinal);
        Assert.Equal(2, (await _workshop.Rules("web")).Split("hms-chaos").Length - 1); // IPv6 is lost as well
    }

    [Fact]
    public async Task A_namespace_that_another_container_holds_is_cleaned_too()
    {
        await Host.RunContainerAsync("web", Token);
        await Host.RunContainerAsync("guest", Token, "--network", "container:web");
        var bench = await _workshop.OpenAsync("iptables");
        await _workshop.InjectAsync(bench, AttackKind.Loss, "web", 100);
        Assert.Contains("hms-chaos", await _workshop.Rules("guest"), StringComparison.Ordinal);

        await Host.Docker(Token, "restart", "web");
        await bench.OnStartedAsync(await _workshop.IdOf("web"), Token);

        Assert.DoesNotContain("hms-chaos", await _workshop.Rules("guest"), StringComparison.Ordinal);
        Assert.Contains("hms-chaos", await _workshop.Rules("web"), StringComparison.Ordinal);
    }

    /// <summary>Which of the two it is, the kernel says; each is asserted in full.</summary>
    [Fact]
    public async Task Netem_is_the_best_way_where_the_kernel_has_it_and_is_not_taken_where_it_has_not()
    {
        var bench = await _workshop.OpenAsync("netem");
        var best = await _workshop.OpenAsync();
        if (bench.LossBackend is null)
        {
            Assert.Contains("netem", bench.Missing, StringComparison.Ordinal);
            Assert.DoesNotContain(AttackKind.Loss, bench.Abilities);
            Assert.DoesNotContain(AttackKind.Delay, bench.Abilities);
            Assert.Equal("iptables", best.LossBackend);
            return;
        }
        Assert.Equal(("netem", "netem"), (bench.LossBackend, best.LossBackend));
        Assert.Contains(AttackKind.Delay, bench.Abilities);
        await Host.RunContainerAsync("web", Token);
        await _workshop.InjectAsync(bench, AttackKind.Loss, "web", 80);
        Assert.InRange(await _workshop.MeasureAsync("web", 4_000), 77, 83);
        await bench.UndoAllAsync(Token);
        Assert.Equal(0, await _workshop.MeasureAsync("web", 50));
        await _workshop.AssertNoTraceAsync("web");
    }
}
