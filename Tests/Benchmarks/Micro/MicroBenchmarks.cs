using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.NoEmit;
using HmsOrleans.Benchmarks.Reports;

namespace HmsOrleans.Benchmarks.Micro;

/// <summary>Single operations, by BenchmarkDotNet; and the prober's cost, which only the kernel knows.</summary>
internal static class MicroBenchmarks
{
    private const string Row = "micro";

    public static async Task RunAsync(Run run, CancellationToken token)
    {
        await ProberCost.MeasureAsync(run, Row, token);

        var work = Directory.CreateTempSubdirectory("hms-bench-micro-");
        try
        {
            foreach (var type in (Type[])[typeof(DecideBenchmark), typeof(MirrorBenchmark), typeof(ContentLogBenchmark)])
            {
                // It cannot be cancelled: an interrupted run leaves its thread behind, and ends.
                var running = Task.Factory.StartNew(
                    () => BenchmarkRunner.Run(type, Config(run, work.FullName)), token, TaskCreationOptions.LongRunning, TaskScheduler.Default);
                foreach (var report in (await running.WaitAsync(token)).Reports)
                {
                    run.Add(FigureOf(report));
                }
            }
        }
        finally
        {
            work.Delete(recursive: true);
        }
    }

    private static Figure FigureOf(BenchmarkReport report)
    {
        var what = report.BenchmarkCase.Descriptor.WorkloadMethodDisplayInfo.Trim('\'');
        return report.ResultStatistics is { } times
            ? new(Row, what, "ns", times.OriginalValues) { Note = $"{report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase)} B allocated" }
            : Figure.Failed(Row, what, "BenchmarkDotNet has no result");
    }

    /// <summary>In this process: there is no network here, which building another program would need.</summary>
    private static ManualConfig Config(Run run, string work) => ManualConfig.CreateEmpty()
        .AddJob((run.Quick ? Job.ShortRun : Job.MediumRun.WithLaunchCount(1)).WithToolchain(InProcessNoEmitToolchain.Instance))
        .AddDiagnoser(MemoryDiagnoser.Default)
        .AddColumnProvider(DefaultColumnProviders.Instance)
        .AddLogger(new ProgressLogger(run))
        .WithOptions(ConfigOptions.DisableLogFile)
        .WithArtifactsPath(work);
}
