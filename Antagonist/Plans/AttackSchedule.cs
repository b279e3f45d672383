using HmsOrleans.Grains.Antagonist;

namespace HmsOrleans.Antagonist.Plans;

/// <summary>Which attacks of a plan are due, for containers that come and go. One that comes late meets its plan where that is by then.</summary>
/// <param name="host">Address of the host.</param>
/// <param name="scenario">Whose plan it is.</param>
/// <param name="start">When that begins (UTC).</param>
internal sealed class AttackSchedule(string host, AttackScenario scenario, DateTimeOffset start)
{
    /// <summary>An attack that is later than this is not carried out: the machine slept, or the process did.</summary>
    public static readonly TimeSpan Late = TimeSpan.FromSeconds(1);

    /// <summary>By container, each at its next attack; null where there is none.</summary>
    private readonly Dictionary<string, IEnumerator<PlannedAttack>?> _plans = [];

    /// <summary>An attack is too late.</summary>
    public bool IsLate(PlannedAttack attack, DateTimeOffset now) => now - (start + attack.At) > Late;

    /// <summary>The attacks that have become due since it was last asked, in the order of their times.</summary>
    /// <param name="containers">Names of the containers that there are.</param>
    /// <param name="now">The time (UTC).</param>
    public IReadOnlyList<PlannedAttack> Due(IEnumerable<string> containers, DateTimeOffset now)
    {
        var elapsed = now - start;
        var due = new List<PlannedAttack>();
        foreach (var container in containers)
        {
            if (!_plans.TryGetValue(container, out var plan))
            {
                plan = AttackPlan.On(host, container, scenario).SkipWhile(attack => attack.At < elapsed - Late).GetEnumerator();
                _plans[container] = plan = plan.MoveNext() ? plan : null;
            }
            while (plan is not null && plan.Current.At <= elapsed)
            {
                due.Add(plan.Current);
                plan.MoveNext(); // there is always another
            }
        }
        due.Sort((one, other) => one.At.CompareTo(other.At));
        return due;
    }
}
