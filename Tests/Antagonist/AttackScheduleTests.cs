using HmsOrleans.Antagonist.Plans;
using HmsOrleans.Grains.Antagonist;
using Xunit;

namespace HmsOrleans.Tests.Antagonist;

public sealed class AttackScheduleTests
{
    private const string Host = "10.0.0.1";

    private static readonly DateTimeOffset Start = new(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);
    private static readonly AttackScenario Scenario = new() { Seed = 7, Frequency = 0.2 };

    [Fact]
    public void What_is_due_is_the_plan_piece_by_piece()
    {
        var schedule = new AttackSchedule(Host, Scenario, Start);
        var due = new List<PlannedAttack>();
        for (var now = TimeSpan.Zero; now <= TimeSpan.FromMinutes(1); now += TimeSpan.FromMilliseconds(20))
        {
            due.AddRange(schedule.Due(["web", "db"], Start + now));
        }

        Assert.Equal(AttackPlan.On(Host, ["web", "db"], Scenario, TimeSpan.FromMinutes(1)), due);
    }

    [Fact]
    public void A_moment_of_delay_loses_nothing_and_a_long_one_what_is_past()
    {
        var plan = AttackPlan.On(Host, ["web"], Scenario, TimeSpan.FromMinutes(1)).ToList();

        Assert.Equal(plan[..1], new AttackSchedule(Host, Scenario, Start).Due(["web"], Start + plan[0].At + TimeSpan.FromMilliseconds(1)));
        Assert.False(new AttackSchedule(Host, Scenario, Start).IsLate(plan[0], Start + plan[0].At + AttackSchedule.Late));
        Assert.True(new AttackSchedule(Host, Scenario, Start).IsLate(plan[0], Start + plan[0].At + AttackSchedule.Late + TimeSpan.FromTicks(1)));
        var late = Start + plan[^1].At + AttackSchedule.Late / 2;
        Assert.Equal(plan.FindAll(attack => Start + attack.At >= late - AttackSchedule.Late), new AttackSchedule(Host, Scenario, Start).Due(["web"], late));
    }

    [Fact]
    public void A_container_that_comes_late_meets_its_plan_where_that_is_by_then()
    {
        var schedule = new AttackSchedule(Host, Scenario, Start);
        schedule.Due(["web"], Start);
        var there = Start + TimeSpan.FromSeconds(30);
        schedule.Due(["web", "db"], there);

        var due = schedule.Due(["web", "db"], there + TimeSpan.FromSeconds(30)).Where(attack => attack.Container == "db");

        Assert.Equal(
            AttackPlan.On(Host, ["db"], Scenario, TimeSpan.FromMinutes(1)).Where(attack => attack.At > TimeSpan.FromSeconds(30)), due);
    }

    [Fact]
    public void Never_heavy_is_never()
    {
        Assert.Empty(new AttackSchedule(Host, new() { Heavy = 0 }, Start).Due(["web"], Start.AddDays(1)));
    }
}
