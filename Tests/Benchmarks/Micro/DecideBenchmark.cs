using BenchmarkDotNet.Attributes;
using HmsOrleans.Grains.Health;

namespace HmsOrleans.Benchmarks.Micro;

/// <summary>What a fact costs until it is decided.</summary>
public class DecideBenchmark
{
    private static readonly HealthPolicy s_policy = new();

    private readonly ContainerHealth _health = Examples.Healthy(s_policy);
    private readonly Observation _probed = Examples.Probed(Examples.Start.AddHours(2));
    private readonly Observation _died = new Observation.Died(Examples.Start.AddHours(2), 137);

    [Benchmark(Description = "decide a window of answered probes")]
    public Decision Probed() => HealthMachine.Decide(_health, _probed, s_policy);

    [Benchmark(Description = "decide a death")]
    public Decision Died() => HealthMachine.Decide(_health, _died, s_policy);
}
