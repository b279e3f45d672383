using HmsOrleans.Antagonist.Campaigns;
using HmsOrleans.Grains.Antagonist;
using HmsOrleans.Grains.Engine;
using HmsOrleans.Grains.Health;
using Xunit;

namespace HmsOrleans.Tests.Antagonist.Campaigns;

public sealed class FaultOutcomeTests
{
    private static FaultOutcome Only(HistoryBuilder builder)
    {
        var history = builder.Build();
        return Assert.Single(FaultOutcome.Of(history, ContainerLife.Of(history)));
    }

    [Fact]
    public void A_stop_is_noticed_when_the_host_tells_of_it_and_healed_by_the_start()
    {
        var outcome = Only(new HistoryBuilder().View(0, HealthState.Healthy)
            .Begun(5, AttackKind.Stop, 1).Engine(5.2, "die").View(5.3, HealthState.Restarting, ContainerState.Exited, FaultCause.Stopped, 5.2).Engine(6.2, "start"));

        Assert.Equal(FaultVerdict.Detected, outcome.Verdict);
        Assert.Equal((0.1, 1.0), (Math.Round(outcome.Detected!.Value, 6), Math.Round(outcome.Healed!.Value, 6)));
    }

    [Fact]
    public void A_stop_that_only_the_antagonist_undoes_is_missed()
    {
        var outcome = Only(new HistoryBuilder().View(0, HealthState.Healthy)
            .Begun(5, AttackKind.Stop, 1).Engine(5.2, "die").Engine(12, "start").Ended(12, AttackKind.Stop, 1));

        Assert.Equal(FaultVerdict.Missed, outcome.Verdict);
        Assert.Null(outcome.Healed);
    }

    [Fact]
    public void A_loss_is_noticed_by_what_the_host_tells_and_healed_when_the_container_is_well_after_it()
    {
        var outcome = Only(new HistoryBuilder().View(0, HealthState.Healthy)
            .Begun(5, AttackKind.Loss, 1, 80).View(5.5, HealthState.Restarting, cause: FaultCause.PacketLoss, faultAt: 5.4)
            .Engine(5.6, "kill").Engine(5.7, "die").Engine(6, "start").Ended(8, AttackKind.Loss, 1).View(8.5, HealthState.Healthy));

        Assert.Equal((FaultVerdict.Detected, 0.5, 0.5, 0.5), (outcome.Verdict, outcome.Detected, outcome.DetectedOnceVisible, outcome.Healed));
    }

    [Fact]
    public void A_pause_may_be_told_before_it_is_written_down()
    {
        var outcome = Only(new HistoryBuilder().View(0, HealthState.Healthy)
            .View(4.98, HealthState.Unknown, ContainerState.Paused).Begun(5, AttackKind.Pause, 1).Ended(8, AttackKind.Pause, 1).View(8.1, HealthState.Healthy));

        Assert.Equal((FaultVerdict.Detected, 0.0), (outcome.Verdict, outcome.Detected));
    }

    [Fact]
    public void A_loss_within_the_grace_after_a_start_is_timed_from_its_end_too()
    {
        var history = new HistoryBuilder().View(0, HealthState.Healthy)
            .Begun(3, AttackKind.Stop, 1).Engine(3.5, "die").Engine(4, "start")
            .Begun(5, AttackKind.Loss, 2, 80).View(6.25, HealthState.Restarting, cause: FaultCause.PacketLoss, faultAt: 6.2).Ended(9, AttackKind.Loss, 2).Build();

        var outcome = FaultOutcome.Of(history, ContainerLife.Of(history)).Single(outcome => outcome.Kind == AttackKind.Loss);

        Assert.Equal((1.25, 0.25), (outcome.Detected, outcome.DetectedOnceVisible));
    }

    [Theory]
    [InlineData(80, 5, 5.9, nameof(FaultVerdict.TooShort))]
    [InlineData(80, 5, 6.1, nameof(FaultVerdict.Missed))]
    [InlineData(55, 5, 9.0, nameof(FaultVerdict.BelowThreshold))]
    [InlineData(80, 19.5, null, nameof(FaultVerdict.CutShort))]
    public void A_loss_that_is_not_noticed_is_missed_only_where_it_could_have_been(double loss, double from, double? to, string expected)
    {
        var builder = new HistoryBuilder(length: 20).View(0, HealthState.Healthy).Begun(from, AttackKind.Loss, 1, loss);

        Assert.Equal(expected, $"{Only(to is { } end ? builder.Ended(end, AttackKind.Loss, 1) : builder).Verdict}");
    }

    [Fact]
    public void A_loss_in_a_container_that_is_down_is_hidden()
    {
        var history = new HistoryBuilder().View(0, HealthState.Healthy)
            .Begun(4.8, AttackKind.Kill, 1).Engine(4.9, "die").Begun(5, AttackKind.Loss, 2, 80).Engine(8, "start").Ended(10.5, AttackKind.Loss, 2).Build();

        Assert.Equal(FaultVerdict.TooShort, FaultOutcome.Of(history, ContainerLife.Of(history)).Single(outcome => outcome.Kind == AttackKind.Loss).Verdict);
    }

    [Fact]
    public void A_loss_in_a_container_under_back_off_is_known() =>
        Assert.Equal(FaultVerdict.KnownBefore, Only(new HistoryBuilder().View(0, HealthState.BackingOff).Begun(5, AttackKind.Loss, 1, 80).Ended(9, AttackKind.Loss, 1)).Verdict);
}
