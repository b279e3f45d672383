namespace HmsOrleans.Antagonist.Campaigns;

/// <summary>The little that is needed of it.</summary>
internal static class Statistics
{
    /// <summary>97.5th percentile of Student's t, by degrees of freedom from 1.</summary>
    private static readonly double[] StudentT =
    [
        12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
        2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
    ];

    /// <summary>The smallest of the values that a share of all do not exceed: always one that was measured.</summary>
    /// <returns>Null where there is none.</returns>
    public static double? Percentile(IReadOnlyCollection<double> values, double share) =>
        values.Count == 0 ? null : values.Order().ElementAt(Math.Max(0, (int)Math.Ceiling(share * values.Count) - 1));

    /// <summary>Mean of values and half the width of its 95 % confidence interval.</summary>
    public static Estimate Mean(IReadOnlyCollection<double> values)
    {
        if (values.Count == 0)
        {
            return new(double.NaN, null);
        }
        var mean = values.Average();
        if (values.Count == 1)
        {
            return new(mean, null);
        }
        var deviation = Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Count - 1));
        var freedom = values.Count - 1;
        // Beyond the table by Fisher's first term: within 0.001.
        var t = freedom <= StudentT.Length ? StudentT[freedom - 1] : 1.96 + 2.4 / freedom;
        return new(mean, t * deviation / Math.Sqrt(values.Count));
    }

    /// <param name="Mean">Of what was measured.</param>
    /// <param name="Margin">Half the width of the 95 % confidence interval; null where one value is all there is.</param>
    internal sealed record Estimate(double Mean, double? Margin);
}
