using HmsOrleans.Antagonist.Campaigns;
using HmsOrleans.Grains.Antagonist;
using HmsOrleans.Grains.Health;
using Xunit;

namespace HmsOrleans.Tests.Antagonist.Campaigns;

public sealed class ContainerLifeTests
{
    [Fact]
    public void Shares_of_time_are_those_of_the_engines_events_and_the_antagonists_log()
    {
        // Down from 5 to 7; under loss from 6 to 10; the other down from 8 to 9.
        var history = new HistoryBuilder(length: 20)
            .Begun(4.9, AttackKind.Stop, 1).Engine(5, "die").Engine(7, "start").Ended(7, AttackKind.Stop, 1, "somebody else started it")
            .Begun(6, AttackKind.Loss, 2, 80).Ended(10, AttackKind.Loss, 2)
            .Begun(8, AttackKind.Kill, 3, container: "db").Engine(8, "die", "db").Engine(9, "start", "db")
            .Build();

        var time = UpTime.Of(ContainerLife.Of(history), 20, bareLoop: 0.5);

        Assert.Equal(100 * 37 / 40.0, time.Running, 6);
        Assert.Equal(100 * 39 / 40.0, time.RunningAtBest, 6);
        Assert.Equal(100 * 34 / 40.0, time.Good, 6);
        Assert.Equal(100 * 35 / 40.0, time.GoodAtBest, 6);
        Assert.Equal(100 * 17 / 20.0, time.AllRunning, 6);
        Assert.Equal(100 * 15 / 20.0, time.AllGood, 6);
    }

    [Fact]
    public void A_death_that_was_not_told_is_put_at_its_signal()
    {
        var history = new HistoryBuilder().View(0, HealthState.Healthy)
            .Begun(3, AttackKind.Stop, 1).Engine(3.1, "kill").Engine(3.6, "stop").Engine(5, "start").Build();

        var life = Assert.Single(ContainerLife.Of(history));

        Assert.Equal([(0, 3.1), (5, 20)], life.Runs.All);
        Assert.Equal(HistoryBuilder.Id(1), Assert.Single(life.Deaths).Fault);
        Assert.Empty(RestartAccount.Of([life]).Wrong);
    }

    [Fact]
    public void A_stop_that_is_told_after_the_next_start_ends_nothing()
    {
        var history = new HistoryBuilder().Begun(3, AttackKind.Stop, 1).Engine(3.1, "kill").Engine(3.2, "die").Engine(3.5, "start").Engine(3.6, "stop").Build();

        Assert.Equal([(0, 3.2), (3.5, 20)], Assert.Single(ContainerLife.Of(history)).Runs.All);
    }

    [Fact]
    public void A_restart_is_wrong_when_no_fault_is_behind_it()
    {
        var history = new HistoryBuilder(length: 60)
            // By the antagonist.
            .Begun(1, AttackKind.Stop, 1).Engine(1.1, "kill").Engine(1.2, "die").Engine(2, "start")
            // By the monitor: under loss, 1.9 s after it, and 2.1 s after it.
            .Begun(5, AttackKind.Loss, 2, 80).Engine(6, "kill").Engine(6.1, "die").Engine(6.5, "start").Ended(10, AttackKind.Loss, 2)
            .Engine(11.8, "kill").Engine(11.9, "die").Engine(12.5, "start")
            .Begun(20, AttackKind.Loss, 3, 80).Ended(21, AttackKind.Loss, 3).Engine(23, "kill").Engine(23.1, "die").Engine(24, "start")
            // By itself.
            .Engine(40, "die").Engine(41, "start")
            .Build();

        var account = RestartAccount.Of(ContainerLife.Of(history));

        Assert.Equal((1, 2, 1), (account.AfterStop, account.UnderImpairment, account.AfterOwnEnd));
        Assert.Equal(24, Assert.Single(account.Wrong).At);
    }

    [Fact]
    public void Stretches_are_joined_cut_and_taken_away()
    {
        var some = Stretches.Of([(5, 6), (1, 3), (2, 4), (9, 9)]);

        Assert.Equal([(1, 4), (5, 6)], some.All);
        Assert.Equal([(3, 4), (5, 5.5)], some.Within(Stretches.Of(3, 5.5)).All);
        Assert.Equal([(1, 2), (5.5, 6)], some.Without(Stretches.Of(2, 5.5)).All);
        Assert.Equal((4, 3), (some.Length, some.Longest));
    }
}
