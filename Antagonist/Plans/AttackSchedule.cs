using HmsOrleans.Grains.Antagonist;

namespace HmsOrleans.Antagonist.Plans;

/// <summary>Which attacks of a plan are due, for containers that come and go. One that comes late meets its plan where that is by then.</summary>
/// <param name="host">Address of the host.</param>
/// <param name="order">The order whose plan it is.</param>
internal sealed class AttackSchedule(string host, AttackOrder order)
{
    private readonly Dictionary<string, IEnumerator<PlannedAttack>> _plans = [];

    /// <summary>The attacks that have become due since it was last asked, in the order of their times.</summary>
    /// <param name="containers">Names of the containers that there are.</param>
    /// <param name="now">The time (UTC).</param>
    public IReadOnlyList<PlannedAttack> Due(IEnumerable<string> containers, DateTimeOffset now)
    {
        var elapsed = now - order.Since;
        var due = new List<PlannedAttack>();
        foreach (var container in containers)
        {
            if (!_plans.TryGetValue(container, out var plan))
            {
                _plans[container] = plan = AttackPlan.On(host, container, order.Scenario).SkipWhile(attack => attack.At < elapsed).GetEnumerator();
                if (!plan.MoveNext())
                {
                    _plans[container] = plan = Enumerable.Empty<PlannedAttack>().GetEnumerator();
                }
            }
            while (plan.Current is { } next && next.At <= elapsed)
            {
                due.Add(next);
                plan.MoveNext();
            }
        }
        due.Sort((one, other) => one.At.CompareTo(other.At));
        return due;
    }
}
