using System.Diagnostics;
using System.Globalization;
using HmsOrleans.Antagonist.Faults;
using HmsOrleans.Antagonist.Leases;
using HmsOrleans.Grains.Antagonist;
using HmsOrleans.Tests.Engine;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace HmsOrleans.Tests.Antagonist;

/// <summary>Faults of the host itself, in the network namespace of the tests.</summary>
[Collection<EngineCollection>]
public sealed class HostFaultTests(EngineFixture engine) : IDisposable
{
    private readonly Workshop _workshop = new(engine.Host);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _workshop.Dispose();

    [Fact]
    public async Task Without_leave_nothing_is_done_to_the_host()
    {
        var bench = await _workshop.OpenAsync();

        Assert.DoesNotContain(AttackKind.CutHost, bench.Abilities);
        await Assert.ThrowsAsync<FaultRefusedException>(() => InjectAsync(bench, AttackKind.CutHost));
        await Assert.ThrowsAsync<FaultRefusedException>(() => InjectAsync(bench, AttackKind.KillSilo));
    }

    [Theory]
    [InlineData(AttackKind.KillSilo, "HmsOrleans.Silo")]
    [InlineData(AttackKind.KillEngine, "dockerd")]
    public async Task A_program_of_the_host_is_killed_and_no_other(AttackKind kind, string name)
    {
        using var right = Process.Start("/bin/bash", ["-c", $"exec -a {name} sleep 600"]);
        using var wrong = Process.Start("/bin/bash", ["-c", "exec -a other sleep 600"]);
        var file = Path.Combine(_workshop.Leases.FullName, "pid");
        _workshop.HostPrograms = new(file, file, "lo");
        var bench = await _workshop.OpenAsync();

        await File.WriteAllTextAsync(file, wrong.Id.ToString(CultureInfo.InvariantCulture), Token);
        await Assert.ThrowsAsync<FaultRefusedException>(() => InjectAsync(bench, kind));
        await File.WriteAllTextAsync(file, right.Id.ToString(CultureInfo.InvariantCulture), Token);
        await InjectAsync(bench, kind);

        await right.WaitForExitAsync(Token);
        Assert.False(wrong.HasExited);
        Assert.Empty(bench.Running);
        Assert.Equal(0, _workshop.LeaseFiles);
        wrong.Kill();
    }

    [Fact]
    public async Task The_host_is_cut_off_and_joined_again_by_the_next_life_too()
    {
        const string Interface = "hmscut0";
        _workshop.HostPrograms = new("", "", Interface);
        var bench = await _workshop.OpenAsync();
        await InjectAsync(bench, AttackKind.CutHost);
        Assert.Equal((2, 2), (await RulesAsync("iptables", Interface), await RulesAsync("ip6tables", Interface)));

        await (await _workshop.OpenAsync()).UndoAllAsync(Token);

        Assert.Equal((0, 0), (await RulesAsync("iptables", Interface), await RulesAsync("ip6tables", Interface)));
        Assert.Equal(0, _workshop.LeaseFiles);
    }

    [Fact]
    public async Task A_host_of_which_it_cannot_be_told_whether_it_is_cut_off_is_looked_at_again()
    {
        // iptables refuses the name whatever it is asked, as it does everything while another program holds its lock.
        new LeaseBook(_workshop.Leases.FullName, NullLogger<LeaseBook>.Instance).Write(new()
        {
            Id = Guid.NewGuid(),
            Kind = AttackKind.CutHost,
            ContainerId = "",
            Container = "the host",
            Since = DateTimeOffset.UnixEpoch,
            Until = DateTimeOffset.UnixEpoch,
            Path = new("iptables", 1, "", ["iptables"], [new("a-name-that-is-too-long", 0, false)]),
        });
        var bench = await _workshop.OpenAsync();

        await bench.UndoAllAsync(Token);

        Assert.Single(bench.Running);
        Assert.Contains("the host may stay cut off", bench.Trouble, StringComparison.Ordinal);
        Assert.Equal(1, _workshop.LeaseFiles);
    }

    private static async Task<int> RulesAsync(string tables, string network) =>
        (await Command.RunAsync(tables, Token, "-w", "-S")).Split('\n').Count(rule => rule.Contains($" {network} ", StringComparison.Ordinal));

    private static Task<RunningFault> InjectAsync(FaultBench bench, AttackKind kind) =>
        bench.InjectAsync(Guid.NewGuid(), kind, "", "the host", null, TimeSpan.FromMinutes(1), Token);
}
