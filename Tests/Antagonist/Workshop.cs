using HmsOrleans.Antagonist.Engine;
using HmsOrleans.Antagonist.Faults;
using HmsOrleans.Antagonist.Leases;
using HmsOrleans.Grains.Antagonist;
using HmsOrleans.Tests.Engine;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace HmsOrleans.Tests.Antagonist;

/// <summary>Benches on a test's engine, all with one directory and one clock, and a look at what they do.</summary>
internal sealed class Workshop : IDisposable
{
    private readonly DockerHost _host;
    private readonly AttackEngine _engine;

    public Workshop(DockerHost host)
    {
        _host = host;
        _engine = new AttackEngine(new Uri(host.Socket));
        Journal = new FaultJournal(Leases.FullName);
    }

    public WorkshopTime Time { get; } = new();

    /// <summary>For faults of the host itself.</summary>
    public HostPrograms? HostPrograms { get; set; }

    public DirectoryInfo Leases { get; } = Directory.CreateTempSubdirectory("hms-leases-");

    public FaultJournal Journal { get; }

    public int LeaseFiles => Leases.GetFiles("*.lease").Length;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>A new life of the agent.</summary>
    public async Task<FaultBench> OpenAsync(string? backend = null)
    {
        var bench = new FaultBench(_engine, new LeaseBook(Leases.FullName, NullLogger<LeaseBook>.Instance), Journal, Time, NullLogger<FaultBench>.Instance, HostPrograms, backend);
        await bench.ProbeAsync(Token);
        return bench;
    }

    public async Task<RunningFault> InjectAsync(FaultBench bench, AttackKind kind, string container, double? loss = null, int seconds = 60) =>
        await bench.InjectAsync(Guid.NewGuid(), kind, await IdOf(container), container, loss, TimeSpan.FromSeconds(seconds), Token);

    public Task<string> IdOf(string container) => Inspect(container, "{{.Id}}");

    public Task<string> Inspect(string container, string format) => _host.Docker(Token, "inspect", "-f", format, container);

    /// <summary>As the kernel writes it: S sleeps, T is stopped.</summary>
    public async Task<char> ProcessState(string container)
    {
        var stat = await File.ReadAllTextAsync($"/proc/{await _host.PidOf(container, Token)}/stat", Token);
        return stat[stat.LastIndexOf(')') + 2];
    }

    /// <summary>The same, of one that has only just begun or gone on: once it rests.</summary>
    public async Task<char> SettledProcessState(string container)
    {
        for (var attempt = 1; ; attempt++)
        {
            var state = await ProcessState(container);
            if (state is not ('R' or 'D') || attempt == 500)
            {
                return state;
            }
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Token);
        }
    }

    /// <summary>The rules in a container, of both families.</summary>
    public async Task<string> Rules(string container)
    {
        var pid = $"{await _host.PidOf(container, Token)}";
        return $"{await Command.RunAsync("nsenter", Token, "-t", pid, "-n", "iptables", "-S", "INPUT")}\n{await Command.RunAsync("nsenter", Token, "-t", pid, "-n", "ip6tables", "-S", "INPUT")}";
    }

    /// <summary>The host's end of a container's only link.</summary>
    public async Task<string> Link(string container)
    {
        var inside = await Command.RunAsync("nsenter", Token, "-t", $"{await _host.PidOf(container, Token)}", "-n", "ip", "-o", "link", "show", "type", "veth");
        var peer = inside.Split("@if")[1].Split(':')[0];
        return (await Command.RunAsync("ip", Token, "-o", "link", "show", "type", "veth")).Split('\n').Single(line => line.StartsWith($"{peer}: ", StringComparison.Ordinal)).Split(": ")[1].Split('@')[0];
    }

    /// <summary>The qdiscs and the filters on it.</summary>
    public static async Task<string> Traffic(string link) =>
        $"{await Command.RunAsync("tc", Token, "qdisc", "show", "dev", link)}\n{await Command.RunAsync("/bin/sh", Token, "-c", "tc filter show dev \"$1\" egress 2>/dev/null || :", "sh", link)}";

    /// <summary>Nothing of any fault is left in a running container, nor on its link.</summary>
    public async Task AssertNoTraceAsync(string container)
    {
        Assert.Equal("running", await Inspect(container, "{{.State.Status}}"));
        Assert.Equal('S', await SettledProcessState(container));
        Assert.DoesNotContain("hms-chaos", await Rules(container), StringComparison.Ordinal);
        var traffic = await Traffic(await Link(container));
        Assert.DoesNotContain("clsact", traffic, StringComparison.Ordinal);
        Assert.DoesNotContain("bpf", traffic, StringComparison.Ordinal);
        AssertNoMemoryTaken();
    }

    /// <summary>The files that filled memory are gone.</summary>
    public void AssertNoMemoryTaken() =>
        Assert.All(Journal.Lines.Where(line => line.Lease.File is not null), line => Assert.False(File.Exists(line.Lease.File)));

    /// <summary>Share of lost probes in percent.</summary>
    public async Task<double> MeasureAsync(string container, int probes)
    {
        var address = await _host.AddressOf(container, Token);
        // It fails when not one was answered.
        var said = await Command.RunAsync("/bin/sh", Token, "-c", "fping -q -i 1 -c \"$1\" -p 2 -t 1500 \"$2\" 2>&1 || :", "sh", $"{probes}", $"{address}");
        var counts = said.Split("= ")[1].Split(',')[0].Split('/');
        Assert.Equal(probes, int.Parse(counts[0], System.Globalization.CultureInfo.InvariantCulture));
        return 100.0 * (probes - int.Parse(counts[1], System.Globalization.CultureInfo.InvariantCulture)) / probes;
    }

    public void Dispose()
    {
        _engine.Dispose();
        Leases.Delete(recursive: true);
    }

    /// <summary>Time that goes on when a test says so, by a clock that can be set.</summary>
    internal sealed class WorkshopTime() : FakeTimeProvider(System.GetUtcNow())
    {
        /// <summary>By how much the clock was set back.</summary>
        public TimeSpan SetBack { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() - SetBack;

        public override long GetTimestamp() => base.GetUtcNow().Ticks;
    }
}
