using System.Collections.Immutable;
using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using HmsOrleans.Api.Bodies;
using HmsOrleans.Grains.Antagonist;
using Microsoft.AspNetCore.Http;

namespace HmsOrleans.Api.Antagonist;

/// <summary>How containers are attacked; what is left out stays as it is.</summary>
public sealed record ScenarioRequest
{
    private static readonly NumberField[] Numbers =
        [.. ScenarioField.All.Select(field => new NumberField(field.Name, field.Min, field.Max, field.Unit, Optional: true))];

    private static readonly WordListField KindList = new("kinds", [.. Enum.GetValues<AttackKind>().Select(NameOf)]);

    /// <inheritdoc cref="AttackScenario.Heavy"/>
    [Range(0, 100)]
    public double Heavy { get; init; }

    /// <inheritdoc cref="AttackScenario.Balance"/>
    [Range(0, 100)]
    public double Balance { get; init; }

    /// <inheritdoc cref="AttackScenario.Loss"/>
    [Range(0, 100)]
    public double Loss { get; init; }

    /// <inheritdoc cref="AttackScenario.Frequency"/>
    [Range(0.01, 86_400)]
    public double Frequency { get; init; }

    /// <inheritdoc cref="AttackScenario.Duration"/>
    [Range(0.1, 3_600)]
    public double Duration { get; init; }

    /// <inheritdoc cref="AttackScenario.Seed"/>
    [Range(0, 9_007_199_254_740_991)]
    public long Seed { get; init; }

    /// <inheritdoc cref="AttackScenario.Kinds"/>
    public ImmutableArray<AttackKind> Kinds { get; init; }

    /// <summary>Reads a body of that form.</summary>
    internal static async Task<(CommandBody Body, ScenarioChange Change)> Read(HttpRequest request, bool isOptional, CancellationToken cancellationToken)
    {
        var body = await CommandBody.Read(request, Numbers, KindList, isOptional, cancellationToken);
        var change = new ScenarioChange { Kinds = body.Words?.Select(word => Enum.Parse<AttackKind>(word, ignoreCase: true)).ToImmutableArray() };
        foreach (var (number, field) in Numbers.Zip(ScenarioField.All))
        {
            change = body[number] is { } value ? field.Set(change, value) : change;
        }
        return (body, change);
    }

    private static string NameOf(AttackKind kind) => JsonNamingPolicy.CamelCase.ConvertName(kind.ToString());
}
