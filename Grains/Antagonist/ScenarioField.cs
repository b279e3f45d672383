using System.Collections.Immutable;

namespace HmsOrleans.Grains.Antagonist;

/// <summary>A number in a scenario, as all ways in take it.</summary>
/// <param name="Name">Its name in JSON and on the command line.</param>
/// <param name="Min">Least value.</param>
/// <param name="Max">Greatest value.</param>
/// <param name="Unit">What is counted.</param>
/// <param name="Set">Puts it into a change.</param>
public sealed record ScenarioField(string Name, double Min, double Max, string Unit, Func<ScenarioChange, double, ScenarioChange> Set)
{
    /// <summary>All of them: those of the report in its order, and the seed.</summary>
    public static ImmutableArray<ScenarioField> All { get; } =
    [
        new("heavy", 0, 100, "percent", (change, value) => change with { Heavy = value }),
        new("balance", 0, 100, "percent", (change, value) => change with { Balance = value }),
        new("loss", 0, 100, "percent", (change, value) => change with { Loss = value }),
        new("frequency", 0.01, 86_400, "seconds", (change, value) => change with { Frequency = value }),
        new("duration", 0.1, 3_600, "seconds", (change, value) => change with { Duration = value }),
        // JSON's numbers are doubles to most programs: larger ones would not arrive as they were sent.
        new("seed", 0, 9_007_199_254_740_991, "a whole number", (change, value) => change with { Seed = (long)value }),
    ];
}
