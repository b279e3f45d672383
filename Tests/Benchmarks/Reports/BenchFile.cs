using System.Runtime.InteropServices;
using System.Text.Json;

namespace HmsOrleans.Benchmarks.Reports;

/// <summary>The figures for programs: with every single value, and the machine they come from.</summary>
internal static class BenchFile
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static Task WriteAsync(string path, Run run, DateTimeOffset began) => File.WriteAllTextAsync(path, JsonSerializer.Serialize(
        new
        {
            Began = began,
            Seconds = run.Elapsed.TotalSeconds,
            run.Quick,
            Machine = new
            {
                Cores = Environment.ProcessorCount,
                Kernel = Environment.OSVersion.VersionString,
                Architecture = $"{RuntimeInformation.OSArchitecture}",
                Runtime = RuntimeInformation.FrameworkDescription,
                MemoryBytes = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
            },
            Figures = run.Figures.Select(figure => new
            {
                figure.Row,
                figure.What,
                figure.Unit,
                Count = figure.Values.Count,
                Median = Known(figure.Median),
                P95 = Known(figure.P95),
                figure.FloorMedian,
                figure.FloorP95,
                MedianRatio = Known(figure.MedianRatio),
                P95Ratio = Known(figure.P95Ratio),
                Target = figure.Target?.Text,
                figure.IsMet,
                figure.Note,
                figure.Values,
                figure.Floor,
            }),
        }, Options));

    /// <summary>JSON has no word for "not a number".</summary>
    private static double? Known(double? value) => value is { } number && double.IsFinite(number) ? number : null;
}
