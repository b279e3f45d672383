using System.Globalization;

namespace HmsOrleans.Benchmarks.Reports;

/// <summary>What a figure has to be.</summary>
/// <param name="Text">In words, for the table.</param>
/// <param name="IsMet">Whether a figure is that.</param>
internal sealed record Target(string Text, Func<Figure, bool> IsMet)
{
    /// <summary>Median and 95th percentile at most so many times those of the floor.</summary>
    public static Target TimesFloor(double factor) => new(
        string.Create(CultureInfo.InvariantCulture, $"<= {factor} x floor"),
        figure => figure.MedianRatio <= factor && figure.P95Ratio <= factor);

    /// <summary>At most so much: the median, and the 95th percentile.</summary>
    public static Target Within(double median, double p95) => new(
        string.Create(CultureInfo.InvariantCulture, $"<= {median}, p95 {p95}"),
        figure => figure.Median <= median && figure.P95 <= p95);

    /// <summary>Never more than so much.</summary>
    public static Target AtMost(double most) => new(
        string.Create(CultureInfo.InvariantCulture, $"<= {most}"),
        figure => figure.Values.All(value => value <= most));

    /// <summary>Never less than so much.</summary>
    public static Target AtLeast(double least) => new(
        string.Create(CultureInfo.InvariantCulture, $">= {least}"),
        figure => figure.Values.All(value => value >= least));

    /// <summary>At most so much, the median.</summary>
    public static Target Median(double most) => new(
        string.Create(CultureInfo.InvariantCulture, $"median <= {most}"),
        figure => figure.Median <= most);

    /// <summary>Always exactly that.</summary>
    public static Target Exactly(double wanted) => new(
        string.Create(CultureInfo.InvariantCulture, $"{wanted}"),
        figure => figure.Values.All(value => value == wanted));
}
