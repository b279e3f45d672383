using System.Collections.Immutable;
using HmsOrleans.Grains.Antagonist;

namespace HmsOrleans.Antagonist.Campaigns;

/// <summary>The report's scenarios and what it measured in them (its figures 17 and 18).</summary>
/// <param name="Name">The report's name, without its <c>test_</c>.</param>
/// <param name="Heavy">Percent of the waits that an attack follows.</param>
/// <param name="Frequency">Mean wait in seconds.</param>
/// <param name="CalmFrequency">The same in the report's code, which differs from its text.</param>
/// <param name="Duration">Mean length of a loss in seconds.</param>
/// <param name="Measured">By aggregation window in seconds.</param>
internal sealed record ReportScenario(
    string Name, double Heavy, double Frequency, double CalmFrequency, double Duration, ImmutableSortedDictionary<double, ReportScenario.Values> Measured)
{
    private static readonly ImmutableArray<ReportScenario> All =
    [
        new("low_low", 25, 1, 5, 5, By(new(96, 6.675), new(73, 6.347), new(45.6, 6.247))),
        new("low_high", 25, 0.1, 1, 5, By(new(89.3, 9.214), new(65.2, 8.708), new(36.8, 8.585))),
        new("high_low", 90, 1, 5, 20, By(new(89.2, 7.759), new(66.8, 7.384), new(42.7, 7.303))),
        new("high_high", 90, 0.1, 1, 20, By(new(85.4, 10.455), new(57.8, 9.875), new(29.5, 9.621))),
    ];

    /// <summary>What the report did to the containers.</summary>
    public static ImmutableArray<AttackKind> Kinds { get; } = [AttackKind.Stop, AttackKind.Loss];

    /// <summary>In the report's order.</summary>
    public static ImmutableArray<string> Names { get; } = [.. All.Select(scenario => scenario.Name)];

    public static ReportScenario Of(string name) => All.First(scenario => scenario.Name == name);

    /// <summary>What the antagonists are told.</summary>
    public AttackScenario ToAttack(bool isCalm, long seed) => new()
    {
        Heavy = Heavy,
        Balance = 70,
        Loss = 80,
        Frequency = isCalm ? CalmFrequency : Frequency,
        Duration = Duration,
        Seed = seed,
        Kinds = Kinds,
    };

    private static ImmutableSortedDictionary<double, Values> By(Values tenth, Values one, Values twoAndAHalf) =>
        new Dictionary<double, Values> { [0.1] = tenth, [1] = one, [2.5] = twoAndAHalf }.ToImmutableSortedDictionary();

    /// <summary>What the report measured at one window.</summary>
    /// <param name="Availability">Percent.</param>
    /// <param name="Kbps">Thousand bits a second.</param>
    internal sealed record Values(double Availability, double Kbps);
}
