using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using HmsOrleans.Grains.Antagonist;

namespace HmsOrleans.Antagonist.CommandLine;

/// <summary>A scenario on the command line.</summary>
internal static class ScenarioOptions
{
    private static readonly ImmutableArray<(ScenarioField Field, Option<double?> Option)> Fields =
    [
        .. ScenarioField.All.Select(field => (field, new Option<double?>($"--{field.Name}")
        {
            Description = string.Create(CultureInfo.InvariantCulture, $"{field.Min} to {field.Max} ({field.Unit})."),
            CustomParser = result => Numbers.Read($"--{field.Name}", result, value => value >= field.Min && value <= field.Max,
                string.Create(CultureInfo.InvariantCulture, $"a number from {field.Min} to {field.Max} ({field.Unit})")),
        })),
    ];

    private static readonly Option<AttackKind[]> Kinds = new("--kinds")
    {
        Description = "What is done: stop and loss, as in the report, or any others.",
        AllowMultipleArgumentsPerToken = true,
    };

    public static void AddTo(Command command)
    {
        command.Add(Kinds);
        foreach (var (_, option) in Fields)
        {
            command.Add(option);
        }
    }

    /// <summary>The default scenario with what was given.</summary>
    public static AttackScenario Of(ParseResult given)
    {
        var change = new ScenarioChange { Kinds = given.GetValue(Kinds) is { Length: > 0 } kinds ? [.. kinds.Distinct()] : null };
        foreach (var (field, option) in Fields)
        {
            change = given.GetValue(option) is { } value ? field.Set(change, value) : change;
        }
        return change.ApplyTo(new());
    }
}
