using HmsOrleans.Antagonist.Plans;
using HmsOrleans.Grains.Antagonist;
using Xunit;

namespace HmsOrleans.Tests.Antagonist;

public sealed class AttackScheduleTests
{
    private const string Host = "10.0.0.1";

    private static readonly DateTimeOffset Start = new(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);
    private static readonly AttackOrder Order = new(1, true, new() { Seed = 7, Frequency = 0.2 }, Start);

    [Fact]
    public void What_is_due_is_the_plan_piece_by_piece()
    {
        var schedule = new AttackSchedule(Host, Order);
        var due = new List<PlannedAttack>();
        for (var now = TimeSpan.Zero; now <= TimeSpan.FromMinutes(1); now += TimeSpan.FromMilliseconds(20))
        {
            due.AddRange(schedule.Due(["web", "db"], Start + now));
        }

        Assert.Equal(AttackPlan.On(Host, ["web", "db"], Order.Scenario, TimeSpan.FromMinutes(1)), due);
    }

    [Fact]
    public void An_order_that_takes_a_moment_to_arrive_loses_nothing_and_one_that_takes_long_loses_what_is_past()
    {
        var plan = AttackPlan.On(Host, ["web"], Order.Scenario, TimeSpan.FromMinutes(1)).ToList();

        Assert.Equal(plan[..1], new AttackSchedule(Host, Order).Due(["web"], Start + plan[0].At + TimeSpan.FromMilliseconds(1)));
        var late = Start + plan[^1].At + AttackSchedule.Late / 2;
        Assert.Equal(plan.FindAll(attack => Start + attack.At >= late - AttackSchedule.Late), new AttackSchedule(Host, Order).Due(["web"], late));
    }

    [Fact]
    public void A_container_that_comes_late_meets_its_plan_where_that_is_by_then()
    {
        var schedule = new AttackSchedule(Host, Order);
        schedule.Due(["web"], Start);
        var there = Start + TimeSpan.FromSeconds(30);
        schedule.Due(["web", "db"], there);

        var due = schedule.Due(["web", "db"], there + TimeSpan.FromSeconds(30)).Where(attack => attack.Container == "db");

        Assert.Equal(
            AttackPlan.On(Host, ["db"], Order.Scenario, TimeSpan.FromMinutes(1)).Where(attack => attack.At > TimeSpan.FromSeconds(30)), due);
    }

    [Fact]
    public void Never_heavy_is_never()
    {
        Assert.Empty(new AttackSchedule(Host, Order with { Scenario = new() { Heavy = 0 } }).Due(["web"], Start.AddDays(1)));
    }
}
