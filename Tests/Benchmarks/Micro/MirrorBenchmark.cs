using BenchmarkDotNet.Attributes;
using HmsOrleans.Grains.Fleet;
using HmsOrleans.Grains.Hosts;

namespace HmsOrleans.Benchmarks.Micro;

/// <summary>What news of a host costs the controller.</summary>
public class MirrorBenchmark
{
    private readonly HostMirror _mirror = new();
    private readonly HostContent _delta;

    public MirrorBenchmark()
    {
        var epoch = Guid.NewGuid();
        _mirror.Merge(new(epoch, 1, IsFull: true, Examples.Views(1000), [], Examples.Status));
        _delta = new(epoch, 2, IsFull: false, Examples.Views(100, restarts: 1), [], Examples.Status);
    }

    [Benchmark(Description = "merge 100 changed containers into 1000")]
    public void Merge() => _mirror.Merge(_delta);

    [Benchmark(Description = "the same, and show them in order")]
    public int MergeAndShow()
    {
        _mirror.Merge(_delta);
        return _mirror.Containers.Length;
    }
}
