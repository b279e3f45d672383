using System.Collections.Immutable;
using HmsOrleans.Grains.Hosts;

namespace HmsOrleans.Antagonist.Campaigns;

/// <summary>
/// Availability as the report's code samples it: four times a second, the share of samples at which no host has an update that the
/// controller has not fetched. A host that is offline, and a controller that does not answer, count against it.
/// </summary>
/// <param name="Percent">Over the whole cell.</param>
/// <param name="Blocks">In each ten seconds.</param>
/// <param name="Missed">Samples without an answer.</param>
internal sealed record Availability(double Percent, ImmutableArray<double> Blocks, int Missed)
{
    private const double SamplePeriod = 0.25;
    private const double BlockLength = 10;

    public static Availability Of(CellHistory history)
    {
        var every = Math.Max(1, (int)Math.Round(SamplePeriod / history.Info.SamplePeriod));
        var samples = history.Samples.Where((_, i) => i % every == 0).ToList();
        return new(
            Share(samples),
            [.. samples.GroupBy(sample => (int)(sample.At / BlockLength)).Where(block => block.Count() >= BlockLength / SamplePeriod / 2).Select(Share)],
            samples.Count(sample => !sample.IsAnswered));
    }

    private static double Share(IEnumerable<CellHistory.Sample> samples) =>
        samples.Average(sample => sample.IsAnswered && sample.Hosts.All(host => host.State == HostState.Updated) ? 100.0 : 0);
}
