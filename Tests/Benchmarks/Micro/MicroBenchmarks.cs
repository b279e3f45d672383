using HmsOrleans.Benchmarks.Reports;

namespace HmsOrleans.Benchmarks.Micro;

internal static class MicroBenchmarks
{
    public static Task RunAsync(Run run, CancellationToken token) => Task.CompletedTask;
}
