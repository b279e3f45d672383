using System.Collections.Immutable;
using BenchmarkDotNet.Attributes;
using HmsOrleans.Grains.Containers;
using HmsOrleans.Grains.Hosts;

namespace HmsOrleans.Benchmarks.Micro;

/// <summary>What it costs a host to know what is new to whom.</summary>
public class ContentLogBenchmark
{
    private const int Size = 1000;
    private const int Changed = 100;

    private readonly ContentLog _log = new();
    private readonly ImmutableArray<ContainerView> _views = Examples.Views(Size);
    private readonly ContainerView _other = Examples.Views(1, restarts: 1)[0];
    private readonly long _before;
    private bool _turn;

    public ContentLogBenchmark()
    {
        foreach (var view in _views)
        {
            _log.Put(view);
        }
        _before = _log.Version;
        foreach (var view in Examples.Views(Changed, restarts: 2))
        {
            _log.Put(view);
        }
    }

    [Benchmark(Description = "note a container that has not changed, of 1000")]
    public bool PutSame() => _log.Put(_views[^1]) == ContentChange.None;

    [Benchmark(Description = "note a container that has changed, of 1000")]
    public bool PutChanged() => _log.Put((_turn = !_turn) ? _other : _views[0]) == ContentChange.None;

    [Benchmark(Description = "what is new to a reader: 100 of 1000")]
    public int Since() => _log.Since(_log.Epoch, _before, Examples.Status).Changed.Length;
}
