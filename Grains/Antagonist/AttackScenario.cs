using System.Collections.Immutable;
using System.Globalization;

namespace HmsOrleans.Grains.Antagonist;

/// <summary>
/// How containers are attacked: for each of them, again and again, an exponential wait, and then with some probability an attack. The names are
/// those of the report; its four scenarios differ in <see cref="Heavy"/>, <see cref="Frequency"/> and <see cref="Duration"/>.
/// </summary>
[GenerateSerializer, Immutable, Alias("hms.AttackScenario")]
public sealed record AttackScenario
{
    /// <summary>Percent of the waits that an attack follows, 0 to 100.</summary>
    [Id(0)] public double Heavy { get; init; } = 25;

    /// <summary>Percent of the attacks that end the container, 0 to 100; the others impair it.</summary>
    [Id(1)] public double Balance { get; init; } = 70;

    /// <summary>Mean share of dropped packets in percent, 0 to 100.</summary>
    [Id(2)] public double Loss { get; init; } = 80;

    /// <summary>Mean wait in seconds, 0.01 to 86,400.</summary>
    [Id(3)] public double Frequency { get; init; } = 1;

    /// <summary>Mean length in seconds of an attack that impairs, 0.1 to 3,600.</summary>
    [Id(4)] public double Duration { get; init; } = 5;

    /// <summary>The same seed, scenario and containers give the same attacks.</summary>
    [Id(5)] public long Seed { get; init; }

    /// <summary>What is done, each in its own right: one of those that end a container, or one of the others, as <see cref="Balance"/> says.</summary>
    [Id(6)] public ImmutableArray<AttackKind> Kinds { get; init; } = [AttackKind.Stop, AttackKind.Loss];

    public bool Equals(AttackScenario? other) =>
        other is not null && (Heavy, Balance, Loss, Frequency, Duration, Seed) == (other.Heavy, other.Balance, other.Loss, other.Frequency, other.Duration, other.Seed)
        && Kinds.SequenceEqual(other.Kinds);

    public override int GetHashCode() => HashCode.Combine(Heavy, Balance, Loss, Frequency, Duration, Seed);

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"heavy {Heavy} %, balance {Balance} %, loss {Loss} %, frequency {Frequency} s, duration {Duration} s, seed {Seed}, {string.Join(" and ", Kinds)}");
}

/// <summary>What is to be different in a scenario; null stays as it is.</summary>
[GenerateSerializer, Immutable, Alias("hms.ScenarioChange")]
public sealed record ScenarioChange
{
    /// <inheritdoc cref="AttackScenario.Heavy"/>
    [Id(0)] public double? Heavy { get; init; }

    /// <inheritdoc cref="AttackScenario.Balance"/>
    [Id(1)] public double? Balance { get; init; }

    /// <inheritdoc cref="AttackScenario.Loss"/>
    [Id(2)] public double? Loss { get; init; }

    /// <inheritdoc cref="AttackScenario.Frequency"/>
    [Id(3)] public double? Frequency { get; init; }

    /// <inheritdoc cref="AttackScenario.Duration"/>
    [Id(4)] public double? Duration { get; init; }

    /// <inheritdoc cref="AttackScenario.Seed"/>
    [Id(5)] public long? Seed { get; init; }

    /// <inheritdoc cref="AttackScenario.Kinds"/>
    [Id(6)] public ImmutableArray<AttackKind>? Kinds { get; init; }

    /// <summary>The scenario with the change.</summary>
    public AttackScenario ApplyTo(AttackScenario scenario) => scenario with
    {
        Heavy = Heavy ?? scenario.Heavy,
        Balance = Balance ?? scenario.Balance,
        Loss = Loss ?? scenario.Loss,
        Frequency = Frequency ?? scenario.Frequency,
        Duration = Duration ?? scenario.Duration,
        Seed = Seed ?? scenario.Seed,
        Kinds = Kinds ?? scenario.Kinds,
    };
}
