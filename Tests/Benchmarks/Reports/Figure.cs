namespace HmsOrleans.Benchmarks.Reports;

/// <summary>Something that was measured.</summary>
/// <param name="Row">Of the table.</param>
/// <param name="What">What was measured, in words.</param>
/// <param name="Unit">Of the values.</param>
/// <param name="Values">All of them; empty when it could not be measured, and <see cref="Note"/> then says why.</param>
internal sealed record Figure(string Row, string What, string Unit, IReadOnlyList<double> Values)
{
    /// <summary>The best that is possible, measured in the same run and in the same way; null where there is no such thing.</summary>
    public IReadOnlyList<double>? Floor { get; init; }

    /// <summary>What it has to be; null for what is only to be known.</summary>
    public Target? Target { get; init; }

    /// <summary>What a reader has to know of it.</summary>
    public string Note { get; init; } = "";

    public double Median => Percentile(Values, 0.5);

    public double P95 => Percentile(Values, 0.95);

    public double? FloorMedian => Floor is { Count: > 0 } ? Percentile(Floor, 0.5) : null;

    public double? FloorP95 => Floor is { Count: > 0 } ? Percentile(Floor, 0.95) : null;

    public double? MedianRatio => Median / FloorMedian;

    public double? P95Ratio => P95 / FloorP95;

    /// <summary>Null where nothing is asked of it.</summary>
    public bool? IsMet => Target is null ? null : Values.Count > 0 && Target.IsMet(this);

    /// <summary>What could not be measured.</summary>
    public static Figure Failed(string row, string what, string why) => new(row, what, "", []) { Target = new("measured", _ => false), Note = why };

    /// <summary>Of what was measured, nothing in between: the smallest value that a share of all do not exceed.</summary>
    private static double Percentile(IReadOnlyList<double> values, double share) =>
        values.Count == 0 ? double.NaN : values.Order().ElementAt((int)Math.Ceiling(share * values.Count) - 1);
}
