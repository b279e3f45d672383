using HmsOrleans.Grains.Engine;
using HmsOrleans.Grains.Health;
using HmsOrleans.Grains.Hosts;
using HmsOrleans.Silo.Cgroups;
using Xunit;

namespace HmsOrleans.Tests.Silo;

public sealed class MemoryMeterTests : IDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly string _root = Path.Combine(Path.GetTempPath(), $"hms-cgroup-{Guid.NewGuid():N}");
    private readonly MemoryMeter _meter;

    public MemoryMeterTests() => _meter = new($"{_root}/proc", $"{_root}/cgroup");

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void Version_2_counts_without_the_file_cache_that_can_be_dropped()
    {
        Write("proc/7/cgroup", "0::/docker/web\n");
        Write("cgroup/docker/web/memory.current", "5000\n");
        Write("cgroup/docker/web/memory.stat", "anon 3000\nfile 2000\ninactive_file 1500\n");

        Assert.Equal(3500, _meter.Read(7));
    }

    [Fact]
    public void Version_1_is_read_where_the_machine_has_both()
    {
        Write("proc/7/cgroup", "4:memory:/docker/web\n3:cpu,cpuacct:/docker/web\n0::/docker/web\n");
        Write("cgroup/memory/docker/web/memory.usage_in_bytes", "5000\n");
        Write("cgroup/memory/docker/web/memory.stat", "inactive_file 1\ntotal_inactive_file 2000\n");

        Assert.Equal(3000, _meter.Read(7));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("0::/docker/web\n")]
    [InlineData("3:cpu,cpuacct:/docker/web\n")]
    public void What_cannot_be_read_is_not_known(string? groups)
    {
        Directory.CreateDirectory(_root);
        if (groups is not null)
        {
            Write("proc/7/cgroup", groups);
        }

        Assert.Null(_meter.Read(7));
    }

    [Fact]
    public void Those_are_measured_that_run()
    {
        foreach (var process in (int[])[7, 8, 9])
        {
            Write($"proc/{process}/cgroup", $"0::/{process}\n");
            Write($"cgroup/{process}/memory.current", $"{process}000\n");
            Write($"cgroup/{process}/memory.stat", "");
        }
        Note(("runs", Seen("runs", 7)), ("died", Seen("died", 8)), ("stopped", Seen("stopped", 0)));
        Note(("died", new Observation.Died(Noon, 1)), ("new", Seen("new", 9)));

        var facts = _meter.Measure(Noon);

        Assert.Equal([("new", 9000L), ("runs", 7000L)], facts.Select(fact => (fact.ContainerId, Assert.IsType<Observation.Measured>(fact.Seen).MemoryBytes)).Order());
    }

    [Fact]
    public void One_that_a_complete_list_does_not_name_is_measured_no_more()
    {
        Write("proc/7/cgroup", "0::/7\n");
        Write("cgroup/7/memory.current", "7000\n");
        Write("cgroup/7/memory.stat", "");
        Note(("gone", Seen("gone", 7)));
        Assert.Single(_meter.Measure(Noon));

        _meter.Note(new(Noon, null, IsComplete: true, []));

        Assert.Empty(_meter.Measure(Noon));
    }

    private void Note(params (string Id, Observation Seen)[] facts) =>
        _meter.Note(new(Noon, null, IsComplete: false, [.. facts.Select(fact => new ContainerFact(fact.Id, fact.Seen))]));

    private static Observation.Seen Seen(string id, int process) =>
        new(Noon, new() { Id = id, Name = id, Image = "image", State = process > 0 ? ContainerState.Running : ContainerState.Exited, Pid = process });

    private void Write(string file, string text)
    {
        var path = Path.Combine(_root, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
