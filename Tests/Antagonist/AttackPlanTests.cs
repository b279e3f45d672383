using HmsOrleans.Antagonist.Plans;
using HmsOrleans.Grains.Antagonist;
using HmsOrleans.Tests.Engine;
using Xunit;

namespace HmsOrleans.Tests.Antagonist;

public sealed class AttackPlanTests
{
    private const string Host = "10.0.0.1";
    private const int Many = 20_000;

    private static readonly AttackScenario Scenario = new() { Seed = 7 };

    [Fact]
    public void The_same_seed_gives_the_same_plan_and_it_stays_so()
    {
        var plan = AttackPlan.On(Host, ["web", "db"], Scenario, TimeSpan.FromSeconds(30)).ToList();

        Assert.Equal(plan, AttackPlan.On(Host, ["db", "web", "web"], Scenario, TimeSpan.FromSeconds(30)));
        // Who wants to repeat a run of long ago needs the same numbers.
        Assert.Equal("1806 db Loss 80.6 7520, 9987 db Stop  0", string.Join(", ", plan.Take(2).Select(attack => FormattableString.Invariant(
            $"{attack.At.TotalMilliseconds} {attack.Container} {attack.Kind} {attack.Loss} {attack.Duration.TotalMilliseconds}"))));
    }

    [Fact]
    public async Task The_same_seed_prints_the_same_plan_to_the_byte()
    {
        Assert.Equal(await PrintAsync(), await PrintAsync());

        static async Task<string> PrintAsync()
        {
            var text = await Command.RunAsync(
                Path.Combine(AppContext.BaseDirectory, "HmsOrleans.Antagonist"), TestContext.Current.CancellationToken,
                "plan", "--host", Host, "--containers", "web", "db", "--seed", "7", "--frequency", "0.1", "--json");
            Assert.True(text.Split('\n').Length > 20, text);
            return text;
        }
    }

    [Fact]
    public void Another_seed_host_or_container_gives_another_plan()
    {
        var first = First(Host, "web", Scenario);

        Assert.DoesNotContain(first.At, (TimeSpan[])[First(Host, "web", Scenario with { Seed = 8 }).At, First("10.0.0.2", "web", Scenario).At, First(Host, "db", Scenario).At]);
    }

    [Fact]
    public void Another_container_beside_it_changes_nothing_for_a_container()
    {
        Assert.Equal(
            AttackPlan.On(Host, ["web"], Scenario, TimeSpan.FromMinutes(1)),
            AttackPlan.On(Host, ["db", "web"], Scenario, TimeSpan.FromMinutes(1)).Where(attack => attack.Container == "web"));
    }

    [Theory]
    [InlineData(25, 70, 1, 5)]
    [InlineData(90, 70, 0.1, 20)]
    [InlineData(100, 10, 5, 0.5)]
    public void In_the_long_run_it_is_as_the_scenario_says(double heavy, double balance, double frequency, double duration)
    {
        var scenario = Scenario with { Heavy = heavy, Balance = balance, Frequency = frequency, Duration = duration };
        var plan = AttackPlan.On(Host, "web", scenario).Take(Many).ToList();
        var losses = plan.FindAll(attack => attack.Kind == AttackKind.Loss);
        var between = plan.Zip(plan.Skip(1), (one, next) => (next.At - one.At - one.Duration).TotalSeconds).ToList();

        Near(balance / 100, 1 - losses.Count / (double)Many);
        Near(duration, losses.Average(attack => attack.Duration.TotalSeconds));
        Near(scenario.Loss, losses.Average(attack => attack.Loss!.Value));
        // As many waits as it takes until one is followed by an attack.
        Near(frequency * 100 / heavy, between.Average());
        Assert.All(plan, attack => Assert.True(attack.Kind == AttackKind.Loss ? attack.Loss is >= 0 and <= 100 : attack is { Loss: null, Duration.Ticks: 0 }));

        static void Near(double expected, double actual) => Assert.InRange(actual, expected * 0.95, expected * 1.05);
    }

    [Fact]
    public void Of_the_kinds_that_are_wanted_each_comes_in_its_turn()
    {
        var scenario = Scenario with { Kinds = [AttackKind.Kill, AttackKind.Stop, AttackKind.Pause, AttackKind.Freeze, AttackKind.Loss] };
        var counts = AttackPlan.On(Host, "web", scenario).Take(Many).CountBy(attack => attack.Kind).ToDictionary();

        Assert.Equal(scenario.Kinds.Order(), counts.Keys.Order());
        Assert.InRange(counts[AttackKind.Kill], 0.33 * Many, 0.37 * Many);
        Assert.InRange(counts[AttackKind.Pause], 0.09 * Many, 0.11 * Many);
    }

    [Fact]
    public void Kinds_of_one_sort_alone_are_all_there_is()
    {
        Assert.All(AttackPlan.On(Host, "web", Scenario with { Kinds = [AttackKind.Loss] }).Take(100), attack => Assert.Equal(AttackKind.Loss, attack.Kind));
        Assert.All(AttackPlan.On(Host, "web", Scenario with { Kinds = [AttackKind.Kill], Balance = 0 }).Take(100), attack => Assert.Equal(AttackKind.Kill, attack.Kind));
    }

    [Fact]
    public void The_host_itself_has_an_attacker_of_its_own_with_kinds_of_its_own()
    {
        var scenario = Scenario with { Kinds = [AttackKind.Stop, AttackKind.KillSilo, AttackKind.CutHost] };
        var plan = AttackPlan.On(Host, ["web"], scenario, TimeSpan.FromHours(1)).ToLookup(attack => attack.Container);

        Assert.All(plan["web"], attack => Assert.Equal(AttackKind.Stop, attack.Kind));
        Assert.Equal([AttackKind.KillSilo, AttackKind.CutHost], plan[AttackPlan.HostItself].Select(attack => attack.Kind).Distinct().Order());
        Assert.Empty(AttackPlan.On(Host, AttackPlan.HostItself, Scenario));
    }

    [Fact]
    public void Never_heavy_is_never()
    {
        Assert.Empty(AttackPlan.On(Host, "web", Scenario with { Heavy = 0 }));
    }

    private static PlannedAttack First(string host, string container, AttackScenario scenario) => AttackPlan.On(host, container, scenario).First();
}
