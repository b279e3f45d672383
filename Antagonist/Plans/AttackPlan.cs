using System.Globalization;
using HmsOrleans.Grains.Antagonist;

namespace HmsOrleans.Antagonist.Plans;

/// <summary>
/// The attacks of a scenario on a container, or on the host itself, a pure function of seed, scenario, host and name: each container has an attacker of its
/// own, as in the report. What the containers do, and how many there are, changes nothing in it.
/// </summary>
internal static class AttackPlan
{
    /// <summary>Standard deviation of the share of dropped packets, in percent points. The report gives the mean only.</summary>
    private const double LossDeviation = 5;

    /// <summary>What stands for the host itself in the place of a container's name.</summary>
    public const string HostItself = "";

    /// <summary>All attacks on a container, in their order, without end.</summary>
    public static IEnumerable<PlannedAttack> On(string host, string container, AttackScenario scenario)
    {
        var random = new SeededRandom(string.Create(CultureInfo.InvariantCulture, $"{scenario.Seed}\n{host}\n{container}"));
        var kinds = scenario.Kinds.Where(kind => kind.IsOfHost() == (container == HostItself)).Order().ToArray();
        var stopping = Array.FindAll(kinds, kind => kind.Stops());
        var impairing = Array.FindAll(kinds, kind => !kind.Stops());
        if (scenario.Heavy <= 0 || kinds.Length == 0)
        {
            yield break;
        }
        for (var now = 0.0; ;)
        {
            now += random.Exponential(scenario.Frequency);
            if (random.Uniform() * 100 >= scenario.Heavy)
            {
                continue;
            }
            var stops = random.Uniform() * 100 < scenario.Balance ? stopping.Length > 0 : impairing.Length == 0;
            var those = stops ? stopping : impairing;
            var kind = those[(int)(random.Uniform() * those.Length)];
            double? loss = kind == AttackKind.Loss ? Math.Round(Math.Clamp(random.Normal(scenario.Loss, LossDeviation), 0, 100), 1) : null;
            var length = stops ? 0 : random.Exponential(scenario.Duration);
            yield return new(container, Milliseconds(now), kind, loss, Milliseconds(length));
            now += length;
        }
    }

    /// <summary>The attacks of a host's containers in the order of their times.</summary>
    public static IEnumerable<PlannedAttack> On(string host, IEnumerable<string> containers, AttackScenario scenario, TimeSpan length) =>
        containers.Append(HostItself).Distinct()
            .SelectMany(container => On(host, container, scenario).TakeWhile(attack => attack.At < length))
            .OrderBy(attack => attack.At).ThenBy(attack => attack.Container, StringComparer.Ordinal);

    private static TimeSpan Milliseconds(double seconds) => TimeSpan.FromMilliseconds(Math.Round(seconds * 1000));
}
