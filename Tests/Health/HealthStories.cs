using HmsOrleans.Grains.Engine;
using HmsOrleans.Grains.Health;
using Xunit;
using static HmsOrleans.Grains.Health.HealthAction;
using static HmsOrleans.Grains.Health.HealthState;

namespace HmsOrleans.Tests.Health;

/// <summary>What happens to a container, and what is made of it.</summary>
public sealed class HealthStories
{
    // First sight

    [Fact]
    public void A_new_container_starts_and_becomes_healthy() => new HealthStory()
        .At(0.1).Seen().Then(Starting)
        .At(1).Probed(0, of: 5).Then(Starting)
        .TickedWhenDue().Then(Healthy);

    [Fact]
    public void One_that_has_run_for_long_is_healthy_at_first_sight() => new HealthStory()
        .At(3600).Seen().Then(Healthy);

    [Fact]
    public void An_event_of_a_container_never_described_says_nothing() => new HealthStory()
        .At(1).Died().Then(Unknown)
        .Started().Then(Unknown);

    [Fact]
    public void One_that_died_before_anybody_could_describe_it_is_healed() => new HealthStory()
        .At(1).Started().Then(Unknown)
        .Died(1).Then(Unknown)
        .After(2).Seen().Then(Restarting, Start).Blames(FaultCause.Died, "exit code 1");

    [Fact]
    public void A_created_container_is_left_alone_until_it_runs() => new HealthStory(container: engine => engine with { State = ContainerState.Created, StartedAt = null })
        .At(1).Seen().Then(Unknown)
        .After(60).Ticked().Then(Unknown)
        .Started().Then(Starting)
        .After(2).Ticked().Then(Healthy);

    [Fact]
    public void One_first_seen_exited_is_nobodys_business() => new HealthStory()
        .At(1).SeenExited().Then(Unknown)
        .After(60).Seen().Ticked().Then(Unknown);

    [Fact]
    public void One_first_seen_exited_that_was_cared_for_before_is_started() => new HealthStory(policy => policy with { Adopted = true })
        .At(1).SeenExited().Then(Restarting, Start).Blames(FaultCause.Stopped, "exit code 1")
        .Recovers().Then(Starting);

    [Fact]
    public void One_that_starts_after_being_seen_exited_comes_under_care() => new HealthStory()
        .At(1).SeenExited().Then(Unknown)
        .After(5).Started().Then(Starting)
        .After(60).Ticked().Died(1).Then(Restarting, Start);

    // Stops and deaths

    [Fact]
    public void A_stop_by_a_person_is_healed_at_once() => HealthStory.OfHealthy()
        .After(1).Signalled(15).Then(Healthy)
        .After(0.3).Died(0).Then(Restarting, Start).Blames(FaultCause.Stopped, "exit code 0")
        .After(0.5).Recovers().Then(Starting).Failed(0);

    [Fact]
    public void A_stop_that_ends_in_a_kill_is_still_a_stop() => HealthStory.OfHealthy()
        .Signalled(15).After(10).Signalled(9).After(0.1).Died(137).Then(Restarting, Start).Blames(FaultCause.Stopped);

    [Fact]
    public void A_signal_survived_does_not_excuse_a_later_death() => HealthStory.OfRecovering()
        .Signalled(15).After(60).Died(1).Blames(FaultCause.Died);

    [Theory, InlineData(1), InlineData(10), InlineData(12), InlineData(28)]
    public void A_signal_that_only_talks_does_not_excuse_a_death(int signal) => HealthStory.OfRecovering()
        .Signalled(signal).After(0.1).Died(1).Then(BackingOff).Blames(FaultCause.Died);

    [Fact]
    public void One_killed_from_outside_is_started_at_once_when_it_was_healthy() => HealthStory.OfHealthy()
        .After(1).Died(137).Then(Restarting, Start).Blames(FaultCause.Died, "exit code 137");

    [Fact]
    public void A_stop_that_only_the_list_tells_of_is_healed_at_once() => HealthStory.OfHealthy()
        .After(1).SeenExited(0).Then(Restarting, Start).Blames(FaultCause.Died, "exit code 0");

    [Fact]
    public void Want_of_memory_is_named_as_the_cause() => HealthStory.OfHealthy()
        .OutOfMemory().Then(Healthy)
        .Died(137).Then(Restarting, Start).Blames(FaultCause.OutOfMemory, "exit code 137, out of memory")
        .Recovers().After(20).Ticked().Then(Healthy)
        .Died(1).Then(Restarting, Start).Blames(FaultCause.Died);

    [Fact]
    public void Want_of_memory_that_a_description_has_overtaken_is_named_all_the_same() => HealthStory.OfHealthy()
        .At(3601).Seen().Then(Healthy)
        .At(3600.9).OutOfMemory().Again().Then(Healthy)
        .At(3601.1).Died(137).Then(Restarting, Start).Blames(FaultCause.OutOfMemory, "exit code 137, out of memory");

    [Fact]
    public void Want_of_memory_is_named_when_its_event_comes_after_the_death() => HealthStory.OfHealthy()
        .Died(137).Then(Restarting, Start).Blames(FaultCause.Died, "exit code 137")
        .OutOfMemory().Again().Then(Restarting).Blames(FaultCause.OutOfMemory, "exit code 137, out of memory")
        .Recovers().Then(Starting).Blames(FaultCause.OutOfMemory);

    [Fact]
    public void Want_of_memory_is_named_when_its_event_is_late_and_comes_after_the_death() => HealthStory.OfHealthy()
        .At(3601).Died(137).Then(Restarting, Start)
        .At(3600.9).OutOfMemory().Then(Restarting).Blames(FaultCause.OutOfMemory, "exit code 137, out of memory");

    [Fact]
    public void Want_of_memory_that_only_a_description_tells_of_is_named() => HealthStory.OfHealthy()
        .Died(137).Then(Restarting, Start).Blames(FaultCause.Died)
        .Seen(engine => engine with { OutOfMemory = true }).Then(Restarting).Blames(FaultCause.OutOfMemory, "exit code 137, out of memory");

    [Fact]
    public void Want_of_memory_that_was_told_holds_for_its_run_whatever_a_description_leaves_out() => HealthStory.OfHealthy()
        .OutOfMemory().Seen(engine => engine with { OutOfMemory = false }).Then(Healthy)
        .Died(137).Then(Restarting, Start).Blames(FaultCause.OutOfMemory);

    [Fact]
    public void Want_of_memory_in_an_earlier_run_is_no_cause_of_a_later_death() => HealthStory.OfHealthy()
        .At(3601).OutOfMemory().Died(137).Then(Restarting, Start).Blames(FaultCause.OutOfMemory)
        .At(3602).Recovers().Then(Starting)
        .At(3601).OutOfMemory().Then(Starting)
        .At(3603).Died(137).Then(BackingOff).Blames(FaultCause.Died, "exit code 137")
        .At(3601).OutOfMemory().Then(BackingOff).Blames(FaultCause.Died, "exit code 137");

    [Fact]
    public void Want_of_memory_does_not_rename_the_fault_of_an_earlier_run() => HealthStory.OfRecovering().After(20).Ticked().Then(Healthy)
        .Under(policy => policy with { Restart = RestartMode.Never }).Died(137).Then(Unknown)
        .OutOfMemory().Then(Unknown).Blames(FaultCause.Died, "exit code 137");

    [Fact]
    public void A_stop_that_ends_in_a_kill_stays_a_stop_though_memory_was_short() => HealthStory.OfHealthy()
        .OutOfMemory().Signalled(15).After(0.3).Died(137).Then(Restarting, Start).Blames(FaultCause.Stopped)
        .OutOfMemory().Then(Restarting).Blames(FaultCause.Stopped);

    [Fact]
    public void A_container_that_removes_itself_is_let_go() => HealthStory.OfHealthy(container: engine => engine with { AutoRemove = true })
        .Died(0).Then(Unknown)
        .After(0.1).Removed().Then(Gone);

    [Fact]
    public void Nothing_is_said_of_one_that_is_gone() => HealthStory.OfHealthy()
        .Removed().Then(Gone)
        .Started().Seen().OutOfMemory().Lossy().Adopted().Ticked().Then(Gone);

    // Recovery, back-off, quarantine

    [Fact]
    public void A_crash_loop_backs_off_twice_as_long_each_time_and_ends_in_quarantine()
    {
        var story = HealthStory.OfHealthy().After(1).Died(1).Then(Restarting, Start);
        var failures = 0;
        foreach (var wait in new[] { 1, 2, 4, 8, 16, 32, 60, 60, 60 })
        {
            story.After(0.2).CrashesAtOnce().Then(BackingOff).Blames(FaultCause.Died, "exit code 1").Failed(++failures).WaitsFor(wait).RetriesWhenDue(Start);
        }
        story.After(0.2).CrashesAtOnce().Then(Quarantined).Failed(10)
            .After(3600).Ticked().Seen().Then(Quarantined);
        Assert.Null(HealthMachine.NextDeadline(story.Health, story.Policy));
    }

    [Fact]
    public void Slow_crashes_count_too_until_health_has_lasted() => HealthStory.OfRecovering()
        .TickedWhenDue().Then(Healthy)
        .After(5).Died(1).Then(BackingOff).Failed(1).RetriesWhenDue(Start)
        .Recovers().Then(Starting).TickedWhenDue().Then(Healthy).Failed(1)
        .After(5).Died(1).Then(BackingOff).Failed(2).WaitsFor(2);

    [Fact]
    public void Ten_failures_spread_over_more_than_the_window_are_no_quarantine()
    {
        var story = HealthStory.OfRecovering(policy => policy with { QuarantineWindow = TimeSpan.FromMinutes(3) });
        for (var failures = 1; failures <= 30; failures++)
        {
            story.After(0.2).Died(1).Then(BackingOff).Failed(failures).RetriesWhenDue(Start).Recovers().Then(Starting);
        }
        story.Failed(30);
    }

    [Fact]
    public void Ten_seconds_of_health_make_the_next_death_a_first_one() => HealthStory.OfRecovering()
        .Died(1).Then(BackingOff).RetriesWhenDue(Start).Recovers().Failed(1)
        .TickedWhenDue().Then(Healthy).Failed(1)
        .TickedWhenDue().Then(Healthy).Failed(0)
        .After(1).Died(1).Then(Restarting, Start).Recovers()
        .After(1).Died(1).Then(BackingOff).WaitsFor(1);

    [Fact]
    public void Health_just_short_of_ten_seconds_does_not_reset() => HealthStory.OfRecovering()
        .Died(1).Then(BackingOff).RetriesWhenDue(Start).Recovers()
        .After(9.9).Ticked().Then(Healthy).Failed(1).Died(1).Then(BackingOff).Failed(2);

    [Fact]
    public void A_stop_by_a_person_during_recovery_is_healed_at_once_and_not_blamed() => HealthStory.OfRecovering()
        .After(3).Ticked().Then(Healthy)
        .StoppedByPerson().Then(Restarting, Start).Failed(0).Blames(FaultCause.Stopped)
        .Recovers().After(1).StoppedByPerson().Then(Restarting, Start).Failed(0);

    [Fact]
    public void A_stop_by_a_person_while_a_start_is_under_way_is_healed_at_its_end() => HealthStory.OfHealthy()
        .Died(1).Then(Restarting, Start)
        .Started().StoppedByPerson().Then(Restarting)
        .Seen().Ended(RestartOutcome.Done).Then(Restarting, Start).Failed(0).Blames(FaultCause.Stopped);

    [Fact]
    public void A_stop_by_a_person_while_a_lossy_container_waits_is_healed_at_once_and_not_blamed() => HealthStory.OfRecovering()
        .After(3).Lossy().Then(BackingOff).Failed(1)
        .StoppedByPerson().Then(Restarting, Start).Failed(1).Blames(FaultCause.Stopped);

    [Fact]
    public void The_stop_within_our_own_restart_does_not_excuse_the_crash_after_it() => HealthStory.OfHealthy()
        .After(1).Lossy().Then(Restarting, Restart)
        .Signalled(15).After(0.2).Died(0).Then(Restarting)
        // The event of the start is lost; the description shows a run that is already over.
        .Seen(engine => engine with { StartedAt = engine.StartedAt + TimeSpan.FromHours(1.1), ExitCode = 1 })
        .Ended(RestartOutcome.Done).Then(BackingOff).Failed(1).Blames(FaultCause.Died);

    [Fact]
    public void A_start_by_a_person_ends_a_back_off() => HealthStory.OfRecovering()
        .Died(1).Then(BackingOff).Failed(1)
        .After(0.5).Started().Then(Starting)
        .After(2).Ticked().Then(Healthy).After(8).Ticked().Then(Healthy).Failed(0);

    [Fact]
    public void One_in_quarantine_that_a_person_starts_is_healthy_when_that_has_lasted() => HealthStory.OfRecovering(policy => policy with { QuarantineAfter = 1 })
        .Died(1).Then(Quarantined)
        .After(60).Started().Then(Quarantined)
        .TickedWhenDue().Then(Healthy).Failed(0)
        .Died(1).Then(Restarting, Start);

    // How an order ends

    [Fact]
    public void A_refused_start_backs_off_and_is_tried_again() => HealthStory.OfHealthy()
        .Died(1).Then(Restarting, Start)
        .Seen().Ended(RestartOutcome.Refused).Then(BackingOff).Failed(1).Blames(FaultCause.StartRefused, "port is taken").RetriesWhenDue(Start)
        .Seen().Ended(RestartOutcome.Refused).Then(BackingOff).Failed(2).WaitsFor(2);

    [Fact]
    public void A_refused_restart_leaves_a_running_container_until_the_back_off_is_over() => HealthStory.OfHealthy()
        .After(1).Lossy().Then(Restarting, Restart)
        .Seen().Ended(RestartOutcome.Refused).Then(BackingOff).Failed(1)
        .Lossy().Then(BackingOff).After(1).Lossy().Then(Restarting, Restart);

    [Fact]
    public void An_unanswered_order_is_silence_and_nobodys_failure() => HealthStory.OfHealthy()
        .Died(1).Then(Restarting, Start)
        .After(5).Ended(RestartOutcome.Unanswered).Then(Unknown).Failed(0)
        .After(5).Ticked().Then(Unknown)
        .After(5).Seen().Then(Restarting, Start).Failed(0);

    [Fact]
    public void An_unanswered_order_that_was_carried_out_after_all() => HealthStory.OfHealthy()
        .Died(1).Then(Restarting, Start)
        .After(5).Ended(RestartOutcome.Unanswered).Then(Unknown)
        .After(1).Started().Then(Starting).After(2).Ticked().Then(Healthy);

    [Fact]
    public void A_withdrawn_restart_is_no_failed_recovery() => HealthStory.OfHealthy()
        .After(1).Lossy().Then(Restarting, Restart)
        .After(2).Ended(RestartOutcome.Withdrawn).Then(Healthy)
        .After(1).Lossy().Then(Restarting, Restart).Failed(0);

    [Fact]
    public void A_withdrawn_start_is_ordered_anew_and_is_no_failed_recovery() => HealthStory.OfHealthy()
        .Died(1).Then(Restarting, Start)
        .After(2).Ended(RestartOutcome.Withdrawn).Then(Restarting, Start).Failed(0);

    [Fact]
    public void A_withdrawn_retry_is_neither_a_new_failure_nor_forgiveness() => HealthStory.OfRecovering()
        .Died(1).Then(BackingOff).Failed(1).RetriesWhenDue(Start)
        .Ended(RestartOutcome.Withdrawn).Then(Restarting, Start).Failed(1)
        .CrashesAtOnce().Then(BackingOff).Failed(2);

    [Fact]
    public void The_end_of_another_attempt_is_none_of_ours() => HealthStory.OfHealthy()
        .Died(1).Then(Restarting, Start)
        .Ended(RestartOutcome.Done, attempt: 0).Then(Restarting)
        .Ended(RestartOutcome.Refused, attempt: 2).Then(Restarting)
        .Recovers().Then(Starting).Again().Then(Starting);

    [Fact]
    public void Facts_during_a_restart_are_written_down_but_judged_at_its_end() => HealthStory.OfHealthy()
        .After(1).Lossy().Then(Restarting, Restart)
        .Signalled(15).Died(0).Then(Restarting)
        .Started().Died(1).Started().Died(1).Then(Restarting)
        .Seen().Ended(RestartOutcome.Done).Then(BackingOff).Failed(1);

    // Packet loss

    [Fact]
    public void A_burst_that_nothing_can_save_brings_a_restart() => HealthStory.OfHealthy()
        .After(1).Probed(13, of: 13).Then(Restarting, Restart).Blames(FaultCause.PacketLoss, "13 of 13 probes lost to 172.17.0.3");

    [Fact]
    public void A_burst_at_the_threshold_is_tolerated() => HealthStory.OfHealthy()
        .After(1).Probed(12, of: 20).Then(Healthy);

    [Fact]
    public void A_few_probes_prove_nothing_even_when_all_are_lost() => HealthStory.OfHealthy()
        .After(1).Probed(5, of: 5).Then(Healthy);

    [Fact]
    public void Loss_within_the_start_grace_is_not_held_against_it() => new HealthStory()
        .At(0.1).Seen().Then(Starting)
        .At(1).Lossy().Then(Starting)
        .At(1.9).Probed(20, of: 20).Then(Healthy)
        .At(2.2).Lossy().Then(Restarting, Restart);

    [Fact]
    public void Loss_gathered_over_too_long_a_window_proves_nothing_about_now() => HealthStory.OfHealthy()
        .After(1).Probed(20, of: 20, span: 1.1).Then(Healthy)
        .After(1).Probed(20, of: 20, span: 1).Then(Restarting, Restart);

    [Fact]
    public void Loss_of_an_earlier_run_proves_nothing() => HealthStory.OfHealthy()
        .After(1).Died().Then(Restarting, Start).Recovers().Then(Starting)
        .After(-1).Lossy().Then(Starting)
        .After(3).Ticked().Then(Healthy);

    [Fact]
    public void A_lossy_burst_that_arrives_late_proves_nothing() => HealthStory.OfHealthy()
        .After(10).Seen().Then(Healthy)
        .After(-5).Lossy().Then(Healthy);

    [Fact]
    public void After_noise_a_lossy_burst_needs_a_second_one() => HealthStory.OfHealthy()
        .After(1).Probed(4, of: 20).Then(Healthy)
        .After(1).Lossy().Then(Suspect)
        .After(0.3).Lossy().Then(Restarting, Restart).Blames(FaultCause.PacketLoss);

    [Fact]
    public void After_noise_a_lossy_burst_alone_was_chance() => HealthStory.OfHealthy()
        .After(1).Probed(4, of: 20).Then(Healthy)
        .After(1).Lossy().Then(Suspect)
        .After(0.3).Fine().Then(Healthy)
        .After(1).Lossy().Then(Suspect);

    [Fact]
    public void One_lost_probe_is_no_noise_and_noise_is_forgotten() => HealthStory.OfHealthy()
        .After(1).Probed(1, of: 20).Then(Healthy).After(1).Lossy().Then(Restarting, Restart)
        .Recovers().After(20).Ticked().Then(Healthy)
        .Probed(4, of: 20).After(61).Lossy().Then(Restarting, Restart);

    [Fact]
    public void Lossy_again_after_its_restart_it_backs_off_then_is_restarted_again() => HealthStory.OfHealthy()
        .After(1).Lossy().Then(Restarting, Restart).Recovers().Then(Starting)
        .After(3).Lossy().Then(BackingOff).Failed(1).WaitsFor(1)
        .Lossy().Then(BackingOff)
        .After(1).Ticked().Then(BackingOff)
        .Lossy().Then(Restarting, Restart).Failed(1).Recovers()
        .After(3).Lossy().Then(BackingOff).Failed(2).WaitsFor(2);

    [Fact]
    public void Loss_that_goes_away_by_itself_during_a_back_off_needs_no_restart() => HealthStory.OfRecovering()
        .After(3).Lossy().Then(BackingOff).Failed(1)
        .After(1).Fine().After(3).Ticked().Then(Healthy).Failed(1)
        .After(10).Ticked().Then(Healthy).Failed(0);

    [Fact]
    public void Loss_that_comes_and_goes_is_one_failure_per_recovery_and_ends_no_back_off()
    {
        // 65 % of loss: every other burst is lossy, the ones between are not.
        var story = HealthStory.OfRecovering().After(3).Lossy().Then(BackingOff).Failed(1);
        for (var i = 0; i < 2; i++)
        {
            story.After(0.1).Probed(12, of: 20).Lossy().Failed(1);
            Assert.NotEqual(Restarting, story.Health.State);
        }
        story.After(1).Probed(12, of: 20).Lossy().Lossy().Then(Restarting, Restart).Failed(1);
    }

    [Fact]
    public void One_lossy_address_of_several_is_enough() => HealthStory.OfHealthy()
        .After(1).Fine().Fine(HealthStory.Side).Then(Healthy)
        .After(1).Fine().Lossy(HealthStory.Side).Then(Restarting, Restart).Blames(FaultCause.PacketLoss, "13 of 13 probes lost to 10.1.0.3");

    [Fact]
    public void A_healthy_address_does_not_excuse_a_lossy_one() => HealthStory.OfHealthy()
        .After(1).Probed(4, of: 20, HealthStory.Side).Lossy(HealthStory.Side).Then(Suspect)
        .Fine().Then(Suspect)
        .Lossy(HealthStory.Side).Then(Restarting, Restart);

    [Fact]
    public void A_healthy_address_does_not_end_the_back_off_of_a_lossy_one() => HealthStory.OfRecovering()
        .After(3).Lossy(HealthStory.Side).Then(BackingOff).Failed(1)
        .Fine().Then(BackingOff)
        .Lossy(HealthStory.Side).Then(BackingOff).Failed(1);

    [Fact]
    public void An_address_that_it_has_left_no_longer_speaks_against_it()
    {
        var story = HealthStory.OfHealthy().After(1).Probed(4, of: 20, HealthStory.Side).Lossy(HealthStory.Side).Then(Suspect)
            .Fine().Seen(engine => engine with { Addresses = engine.Addresses[..1] })
            .Fine().Then(Healthy);
        Assert.Equal(0, story.Health.PacketLoss);
    }

    [Fact]
    public void A_prober_in_doubt_is_no_fault_of_the_container() => HealthStory.OfHealthy()
        .After(1).Probed(20, of: 20, span: 1.5).NotProbed().Then(Healthy)
        .After(60).Ticked().Then(Healthy);

    [Fact]
    public void A_burst_from_before_the_prober_doubted_itself_is_not_taken_twice() => HealthStory.OfHealthy()
        .After(1).Probed(4, of: 20).Lossy().Then(Suspect)
        .NotProbed().Then(Healthy)
        .After(-0.5).Lossy().Then(Healthy);

    [Fact]
    public void Threshold_0_tolerates_no_loss() => HealthStory.OfHealthy(policy => policy with { Threshold = 0 })
        .After(1).Probed(0, of: 20).Then(Healthy)
        .After(1).Probed(1, of: 1).Then(Restarting, Restart);

    [Fact]
    public void Threshold_100_switches_loss_off_but_not_the_rest() => HealthStory.OfHealthy(policy => policy with { Threshold = 100 })
        .After(1).Probed(20, of: 20).Probed(20, of: 20).Then(Healthy)
        .Died(1).Then(Restarting, Start);

    // Its own health check

    [Fact]
    public void One_whose_health_check_fails_is_restarted() => HealthStory.OfHealthy(container: Checked(HealthCheck.Healthy))
        .Checked(HealthCheck.Unhealthy).Then(Restarting, Restart).Blames(FaultCause.Unhealthy)
        .Recovers().Then(Starting)
        .Checked(HealthCheck.Healthy).Then(Starting).After(2).Ticked().Then(Healthy);

    [Fact]
    public void It_is_starting_until_its_health_check_passes()
    {
        var story = new HealthStory(container: Checked(HealthCheck.Starting))
            .At(60).Seen().Ticked().Then(Starting);
        Assert.Null(HealthMachine.NextDeadline(story.Health, story.Policy));
        story.Checked(HealthCheck.Healthy).Then(Healthy);
    }

    [Fact]
    public void One_that_stays_unhealthy_backs_off_and_is_restarted_when_that_is_over() => HealthStory.OfHealthy(container: Checked(HealthCheck.Healthy))
        .Checked(HealthCheck.Unhealthy).Then(Restarting, Restart).Recovers()
        .After(5).Checked(HealthCheck.Unhealthy).Then(BackingOff).Failed(1).WaitsFor(1)
        .Fine().Then(BackingOff)
        .RetriesWhenDue(Restart);

    [Fact]
    public void Answered_pings_do_not_excuse_a_failing_health_check() => HealthStory.OfHealthy(policy => policy with { QuarantineAfter = 1 }, Checked(HealthCheck.Healthy))
        .Checked(HealthCheck.Unhealthy).Then(Restarting, Restart).Recovers()
        .After(5).Checked(HealthCheck.Unhealthy).Then(Quarantined)
        .Fine().After(30).Fine().Ticked().Then(Quarantined);

    [Fact]
    public void A_passing_health_check_does_not_excuse_lost_pings() => HealthStory.OfRecovering(container: Checked(HealthCheck.Healthy))
        .Checked(HealthCheck.Healthy).After(3).Lossy().Then(BackingOff).Failed(1)
        .Checked(HealthCheck.Healthy).Then(BackingOff)
        .Lossy().Then(BackingOff).Failed(1);

    // Pause

    [Fact]
    public void A_paused_container_is_not_judged() => HealthStory.OfHealthy()
        .After(1).Paused().Then(Unknown)
        .After(1).Lossy().Then(Unknown)
        .After(60).Ticked().Seen().Then(Unknown)
        .Resumed().Then(Starting)
        .After(2).Ticked().Then(Healthy);

    [Fact]
    public void Loss_during_a_pause_is_not_held_against_it() => HealthStory.OfHealthy()
        .After(1).Paused().Then(Unknown).After(60).Resumed().Then(Starting)
        .After(-0.5).Lossy().Then(Starting)
        .After(-0.1).Lossy().Then(Starting);

    [Fact]
    public void A_resume_that_only_the_list_tells_of_begins_with_the_same_grace() => HealthStory.OfHealthy()
        .After(1).Paused().Then(Unknown)
        .After(60).Seen(engine => engine with { State = ContainerState.Running }).Then(Starting)
        .After(-0.3).Lossy().Then(Starting)
        .After(3).Seen().Then(Healthy);

    [Fact]
    public void Time_in_a_pause_is_not_time_in_health() => HealthStory.OfRecovering()
        .Died(1).Then(BackingOff).RetriesWhenDue(Start).Recovers().Failed(1)
        .After(3).Ticked().Then(Healthy)
        .Paused().Then(Unknown).After(60).Resumed().After(2).Ticked().Then(Healthy).Failed(1)
        .After(8).Ticked().Then(Healthy).Failed(0);

    [Fact]
    public void A_stop_of_a_paused_container_is_a_stop() => HealthStory.OfRecovering()
        .After(3).Ticked().Then(Healthy).Paused().Then(Unknown)
        // The engine wakes it so that it can meet the signal.
        .Signalled(15).Resumed().Died(0).Then(Restarting, Start).Failed(0).Blames(FaultCause.Stopped);

    // The engine's own restart policy

    [Fact]
    public void The_engine_restarts_its_own_and_we_wait() => HealthStory.OfHealthy(container: engine => engine with { RestartPolicy = "always" })
        .Died(1).Then(BackingOff)
        .SeenRestarting().Then(BackingOff)
        .After(60).Ticked().Then(BackingOff)
        .Started().Then(Starting)
        .TickedWhenDue().Then(Healthy).TickedWhenDue().Then(Healthy);

    [Fact]
    public void An_engine_that_gives_up_leaves_the_container_to_us() => HealthStory.OfHealthy(container: engine => engine with { RestartPolicy = "on-failure" })
        .Died(1).Then(BackingOff).Failed(0)
        .After(5).SeenExited(1).Then(BackingOff).Failed(1).RetriesWhenDue(Start);

    [Fact]
    public void An_exit_that_the_engine_does_not_restart_is_ours() => HealthStory.OfHealthy(container: engine => engine with { RestartPolicy = "on-failure" })
        .Died(0).Then(Restarting, Start);

    [Fact]
    public void A_stop_by_a_person_is_ours_whatever_the_engines_policy() => HealthStory.OfHealthy(container: engine => engine with { RestartPolicy = "unless-stopped" })
        .StoppedByPerson().Then(Restarting, Start);

    // Networks

    [Fact]
    public void One_that_is_taken_off_its_networks_gets_them_back_and_runs_on() => HealthStory.OfHealthy()
        .Disconnected("bridge", "side").Then(Healthy)
        .After(0.4).Ticked().Then(Healthy)
        .TickedWhenDue().Then(Restarting, Connect).Blames(FaultCause.Disconnected, "it was on bridge and side").Loses("bridge", "side")
        .SeenConnected("bridge", "side").Ended(RestartOutcome.Done).Then(Healthy).Loses()
        .After(10).Ticked().Then(Healthy).Failed(0).Restarted(0);

    [Fact]
    public void One_that_is_moved_to_another_network_is_left_there() => HealthStory.OfHealthy()
        .Disconnected("bridge", "side").After(0.4).SeenConnected("other").Then(Healthy)
        .After(60).Ticked().Then(Healthy)
        .Disconnected("other").TickedWhenDue().Then(Restarting, Connect).Loses("other");

    [Fact]
    public void One_that_keeps_a_network_misses_nothing() => HealthStory.OfHealthy()
        .Disconnected("bridge").After(1).Seen().Then(Healthy)
        .After(60).Fine(HealthStory.Side).Then(Healthy);

    [Fact]
    public void Probes_that_were_under_way_when_it_was_taken_off_are_no_reason_to_restart_it() => HealthStory.OfHealthy()
        .Disconnected("bridge", "side").Lossy().Then(Healthy).After(0.2).Lossy().Then(Restarting, Connect);

    [Fact]
    public void One_that_was_on_no_network_when_it_was_first_seen_is_left_so()
    {
        var story = HealthStory.OfHealthy(container: engine => engine with { Networks = [], Addresses = [] });
        Assert.Null(HealthMachine.NextDeadline(story.Health, story.Policy));
        story.After(60).Ticked().Then(Healthy);
    }

    [Fact]
    public void One_on_the_host_s_network_is_on_none_of_its_own() => HealthStory.OfHealthy(container: engine => engine with { NetworkMode = "host" })
        .Seen(engine => engine with { Networks = [], Addresses = [] }).After(60).Ticked().Then(Healthy);

    [Fact]
    public void Networks_that_are_not_given_back_are_tried_again_later_and_in_the_end_no_more() => HealthStory.OfHealthy(policy => policy with { QuarantineAfter = 2 })
        .Disconnected("bridge", "side").TickedWhenDue().Then(Restarting, Connect)
        .Ended(RestartOutcome.Refused).Then(BackingOff).Failed(1).Blames(FaultCause.Disconnected, "port is taken")
        .RetriesWhenDue(Connect)
        .Ended(RestartOutcome.Refused).Then(Quarantined).Failed(2);

    [Fact]
    public void One_network_that_is_gone_is_no_failure_where_another_was_given_back() => HealthStory.OfHealthy()
        .Disconnected("bridge", "side").TickedWhenDue().Then(Restarting, Connect)
        .SeenConnected("side").Ended(RestartOutcome.Refused).Then(Healthy).Failed(0)
        .TickedWhenDue().Then(Healthy);

    [Fact]
    public void What_was_lost_long_ago_does_not_come_back_with_a_start() => HealthStory.OfHealthy()
        .Disconnected("bridge").After(60).Died(1).Then(Restarting, Start).Started().Seen().Ended(RestartOutcome.Done).Then(Starting).Loses("bridge")
        .After(5).Disconnected("side").TickedWhenDue().Then(BackingOff).Loses("side");

    [Fact]
    public void A_network_that_has_another_id_is_the_same() => HealthStory.OfHealthy()
        .Seen(engine => engine with { Networks = [.. engine.Networks.Select(seat => seat with { Network = $"new {seat.Network}" })] }).Then(Healthy).Loses();

    [Fact]
    public void One_that_is_taken_off_again_and_again_backs_off() => HealthStory.OfHealthy()
        .Disconnected("bridge", "side").TickedWhenDue().Then(Restarting, Connect).SeenConnected("bridge", "side").Ended(RestartOutcome.Done).Then(Healthy)
        .After(1).Disconnected("bridge", "side").TickedWhenDue().Then(BackingOff).Failed(1)
        .RetriesWhenDue(Connect)
        .SeenConnected("bridge", "side").Ended(RestartOutcome.Done).Then(Healthy)
        .TickedWhenDue().Then(Healthy).Failed(0);

    [Fact]
    public void One_that_is_connected_by_somebody_else_during_a_back_off_is_well() => HealthStory.OfRecovering()
        .After(5).Disconnected("bridge", "side").TickedWhenDue().Then(BackingOff)
        .After(0.2).SeenConnected("bridge").Then(Healthy);

    [Fact]
    public void A_run_without_networks_gets_those_of_the_run_before() => HealthStory.OfHealthy()
        .Disconnected("bridge", "side").Died(1).Then(Restarting, Start).After(0.3)
        .Started().Ended(RestartOutcome.Done).Then(Starting)
        .Seen().Then(Starting).TickedWhenDue().Then(BackingOff).Blames(FaultCause.Disconnected)
        .RetriesWhenDue(Connect).Loses("bridge", "side");

    [Fact]
    public void What_the_engine_tells_at_the_end_of_a_run_is_no_loss() => HealthStory.OfHealthy()
        .Died(1).Then(Restarting, Start).Disconnected().Tells(at => new Observation.Disconnected(at, "id of bridge"))
        .Recovers().Then(Starting).Loses();

    [Fact]
    public void New_addresses_have_their_grace() => HealthStory.OfHealthy()
        .Disconnected("bridge", "side").TickedWhenDue().Then(Restarting, Connect).SeenConnected("bridge").Ended(RestartOutcome.Done).Then(Healthy)
        .Lossy().Then(Healthy).After(1.9).Lossy().Then(BackingOff);

    [Fact]
    public void One_that_is_never_to_be_touched_is_not_connected() => HealthStory.OfHealthy(policy => policy with { Restart = RestartMode.Never })
        .Disconnected("bridge", "side").TickedWhenDue().Then(Suspect).After(1).Seen().Then(Suspect)
        .SeenConnected("bridge").Then(Healthy);

    // Silence

    [Fact]
    public void Nothing_is_decided_in_silence() => HealthStory.OfHealthy()
        .Silenced().Then(Healthy)
        .After(1).Lossy().Lossy().Ticked().Adopted().NotProbed().Then(Healthy)
        .Seen().Then(Healthy);

    [Fact]
    public void A_stop_during_a_silence_is_healed_after_it_and_not_blamed() => HealthStory.OfRecovering()
        .Silenced().After(30).SeenExited().Then(Restarting, Start).Failed(0).Blames(FaultCause.Stopped);

    [Fact]
    public void A_death_that_is_told_of_one_that_is_only_not_described_is_blamed() => HealthStory.OfRecovering()
        .Silenced().After(1).Died(1).Then(BackingOff).Failed(1);

    [Fact]
    public void What_was_asked_before_it_was_heard_of_is_no_silence() => Assert.Null(HealthStory.OfHealthy().After(10).Seen().Silenced(ago: 1).Health.Silence);

    [Fact]
    public void A_back_off_that_ends_in_silence_is_tried_when_the_engine_is_back()
    {
        var story = HealthStory.OfRecovering().Died(1).Then(BackingOff).Silenced();
        Assert.Null(HealthMachine.NextDeadline(story.Health, story.Policy));
        story.After(30).Ticked().Then(BackingOff)
            .Seen().Then(Restarting, Start);
    }

    [Fact]
    public void An_order_ended_in_silence_is_judged_when_the_engine_is_back() => HealthStory.OfHealthy()
        .Died(1).Then(Restarting, Start)
        .Silenced().Ended(RestartOutcome.Done).Then(Starting)
        .After(9).Ticked().Then(Starting)
        .Seen(engine => engine with { State = ContainerState.Running, StartedAt = engine.StartedAt + TimeSpan.FromHours(1.001) }).Then(Healthy);

    // What people want

    [Fact]
    public void An_ignored_container_is_not_touched() => HealthStory.OfHealthy()
        .Under(policy => policy with { Supervised = false }).Died(1).Then(Ignored)
        .Started().Lossy().Ticked().Then(Ignored);

    [Fact]
    public void Ignoring_it_during_a_restart_forgets_the_restart() => HealthStory.OfHealthy()
        .Died(1).Then(Restarting, Start)
        .Under(policy => policy with { Supervised = false }).Ticked().Then(Ignored)
        .Recovers().Then(Ignored)
        .Under(policy => policy with { Supervised = true }).After(3).Ticked().Then(Healthy);

    [Fact]
    public void Ignoring_it_forgives_its_failures() => HealthStory.OfRecovering(policy => policy with { QuarantineAfter = 1 })
        .Died(1).Then(Quarantined)
        .Under(policy => policy with { Supervised = false }).Ticked().Then(Ignored).Failed(0)
        .Under(policy => policy with { Supervised = true }).Ticked().Then(Restarting, Start);

    [Fact]
    public void Asking_for_its_care_ends_a_quarantine_and_starts_it() => HealthStory.OfRecovering(policy => policy with { QuarantineAfter = 2 })
        .Died(1).Then(BackingOff).RetriesWhenDue(Start).CrashesAtOnce().Then(Quarantined)
        .After(600).Adopted().Then(Restarting, Start).Failed(0);

    [Fact]
    public void Asking_for_its_care_ends_a_back_off_and_starts_it() => HealthStory.OfRecovering()
        .Died(1).Then(BackingOff).Adopted().Then(Restarting, Start).Failed(0);

    [Fact]
    public void Asking_for_its_care_starts_one_that_was_never_seen_running() => new HealthStory()
        .At(1).SeenExited().Then(Unknown)
        .Adopted().Then(Restarting, Start);

    [Fact]
    public void Asking_for_its_care_during_a_restart_orders_no_second_one() => HealthStory.OfHealthy()
        .Died(1).Then(Restarting, Start).Adopted().Then(Restarting).Recovers().Then(Starting);

    [Fact]
    public void One_that_runs_is_restarted_on_demand_and_not_blamed()
    {
        var story = HealthStory.OfHealthy()
            .After(1).RestartAsked().Then(Restarting, Restart)
            .Signalled(15).Died(0).Then(Restarting)
            .Recovers().Then(Starting)
            .After(2).Ticked().Then(Healthy).Failed(0);
        Assert.Null(story.Health.LastFault);
    }

    [Fact]
    public void A_restart_on_demand_is_no_recovery_so_that_a_fault_right_after_it_is_healed_at_once() => HealthStory.OfHealthy()
        .RestartAsked().Then(Restarting, Restart).Recovers()
        .After(1).Died(1).Then(Restarting, Start).Failed(0);

    [Fact]
    public void One_that_stands_still_is_started_on_demand_and_comes_under_care() => new HealthStory()
        .At(1).SeenExited().Then(Unknown)
        .RestartAsked().Then(Restarting, Start).Recovers().Then(Starting)
        .After(60).Ticked().Died(1).Then(Restarting, Start);

    [Fact]
    public void One_that_was_never_started_is_started_on_demand() => new HealthStory(container: engine => engine with { State = ContainerState.Created, StartedAt = null })
        .At(1).Seen().RestartAsked().Then(Restarting, Start);

    [Fact]
    public void A_demand_during_a_restart_orders_no_second_one() => HealthStory.OfHealthy()
        .Died(1).Then(Restarting, Start).RestartAsked().RestartAsked().Then(Restarting).Recovers().Then(Starting);

    [Fact]
    public void A_demand_does_not_wait_for_a_back_off_and_forgives_nothing() => HealthStory.OfRecovering()
        .Died(1).Then(BackingOff).Failed(1)
        .RestartAsked().Then(Restarting, Start).Failed(1)
        .CrashesAtOnce().Then(BackingOff).Failed(2).WaitsFor(2);

    [Fact]
    public void A_demand_tries_once_more_out_of_quarantine() => HealthStory.OfRecovering(policy => policy with { QuarantineAfter = 2 })
        .Died(1).Then(BackingOff).RetriesWhenDue(Start).CrashesAtOnce().Then(Quarantined)
        .After(60).RestartAsked().Then(Restarting, Start)
        .CrashesAtOnce().Then(Quarantined).Failed(3)
        .After(60).RestartAsked().Then(Restarting, Start).Recovers().After(2).Ticked().Then(Healthy)
        .After(10).Ticked().Then(Healthy).Failed(0);

    [Fact]
    public void A_demand_restarts_one_that_the_engine_keeps_restarting_and_one_that_nothing_else_may_touch()
    {
        HealthStory.OfHealthy().SeenRestarting().Then(BackingOff).RestartAsked().Then(Restarting, Restart);
        HealthStory.OfHealthy(policy => policy with { Restart = RestartMode.Never }).RestartAsked().Then(Restarting, Restart);
    }

    [Fact]
    public void A_demand_does_nothing_to_one_that_is_ignored_paused_gone_or_out_of_reach()
    {
        HealthStory.OfHealthy().Under(policy => policy with { Supervised = false }).RestartAsked().Then(Ignored);
        HealthStory.OfHealthy().Paused().RestartAsked().Then(Unknown);
        HealthStory.OfHealthy().Removed().RestartAsked().Then(Gone);
        HealthStory.OfHealthy().Silenced().RestartAsked().Then(Healthy);
        HealthStory.OfHealthy(container: engine => engine with { AutoRemove = true }).Died(0).Then(Unknown).RestartAsked().Then(Unknown);
    }

    [Fact]
    public void Restart_never_is_watched_and_never_touched()
    {
        var story = HealthStory.OfHealthy(policy => policy with { Restart = RestartMode.Never }, Checked(HealthCheck.Healthy))
            .After(1).Lossy().Lossy().Checked(HealthCheck.Unhealthy);
        Assert.Equal(100, story.Health.PacketLoss);
        story.Died(1).Then(Unknown).Adopted().After(60).Seen().Ticked().Then(Unknown);
    }

    [Fact]
    public void Restart_on_failure_heals_failures_only() => HealthStory.OfHealthy(policy => policy with { Restart = RestartMode.OnFailure })
        .Died(0).Then(Unknown)
        .Started().After(20).Ticked().Then(Healthy)
        .StoppedByPerson().Then(Unknown)
        .After(60).Ticked().Seen().Then(Unknown)
        .Started().After(20).Ticked().Then(Healthy)
        .Died(1).Then(Restarting, Start).Recovers().After(20).Ticked().Then(Healthy)
        .Lossy().Then(Restarting, Restart);

    [Fact]
    public void Restart_on_failure_leaves_one_that_a_person_stopped_however_it_ended_and_however_long_ago() => HealthStory.OfHealthy(policy => policy with { Restart = RestartMode.OnFailure })
        .Signalled(15).After(0.2).Died(143).Then(Unknown)
        .After(60).Ticked().Seen().Then(Unknown);

    [Fact]
    public void Restart_on_failure_heals_a_failure_that_fell_into_a_silence_of_the_engine() => HealthStory.OfHealthy(policy => policy with { Restart = RestartMode.OnFailure })
        .Died(1).Then(Restarting, Start)
        .After(5).Ended(RestartOutcome.Unanswered).Then(Unknown)
        .After(5).Seen().Then(Restarting, Start).Failed(0);

    [Fact]
    public void Restart_on_failure_lets_a_lossy_container_go_when_a_person_stops_it() => HealthStory.OfRecovering(policy => policy with { Restart = RestartMode.OnFailure })
        .After(3).Lossy().Then(BackingOff)
        .Signalled(15).After(0.2).Died(143).Then(Unknown)
        .After(60).Ticked().Then(Unknown);

    [Fact]
    public void A_lossy_container_that_removes_itself_is_let_go_from_its_back_off() => HealthStory.OfHealthy(container: engine => engine with { AutoRemove = true })
        .Lossy().Then(Restarting, Restart).Recovers().After(3).Lossy().Then(BackingOff)
        .After(0.1).Died(1).Then(Unknown)
        .After(60).Ticked().Then(Unknown);

    [Fact]
    public void A_death_during_a_back_off_is_what_is_healed_next() => HealthStory.OfRecovering()
        .After(3).Lossy().Then(BackingOff)
        .After(0.1).Died(7).Then(BackingOff).Blames(FaultCause.Died, "exit code 7").Failed(1)
        .RetriesWhenDue(Start);

    // Order of facts

    [Fact]
    public void Facts_twice_or_late_change_nothing() => HealthStory.OfHealthy()
        .Died(1).Then(Restarting, Start).Again().Then(Restarting)
        .Recovers().Then(Starting)
        .After(-1).Died(1).Then(Starting).Removed().Then(Starting);

    private static Func<EngineContainer, EngineContainer> Checked(HealthCheck verdict) => engine => engine with { HealthCheck = verdict };

    // What is known of it when nobody told of its beginning, or not in order

    [Fact]
    public void One_first_seen_paused_is_alive_and_its_death_a_fault() => new HealthStory()
        .At(60).Seen(engine => engine with { State = ContainerState.Paused }).Then(Unknown)
        .After(5).Died().Then(Restarting, Start);

    [Fact]
    public void One_first_seen_between_two_runs_of_the_engines_is_ours_when_the_engine_gives_up() => new HealthStory(container: engine => engine with { RestartPolicy = "on-failure" })
        .At(60).SeenRestarting().Then(BackingOff)
        .After(5).SeenExited().Then(BackingOff).WaitsFor(1);

    [Fact]
    public void A_run_whose_beginning_was_not_told_has_its_own_grace() => HealthStory.OfHealthy()
        .After(60).Seen(engine => engine with { StartedAt = engine.StartedAt!.Value.AddSeconds(3660) }).Then(Starting)
        .Lossy().Then(Starting)
        .After(2).Ticked().Then(Healthy);

    [Fact]
    public void A_stop_from_before_this_run_is_told_too_late() => HealthStory.OfHealthy()
        // Asked for at 3700, answered when it had been killed and started again; the events come after the answer.
        .At(3700).Seen(engine => engine with { StartedAt = engine.StartedAt!.Value.AddSeconds(3700.5) }).Then(Starting)
        .At(3700.3).Signalled(9).Died().Then(Starting)
        .At(3701).Died(1).Then(Restarting, Start).Blames(FaultCause.Died);

    [Fact]
    public void Want_of_memory_of_a_child_is_no_cause_of_a_later_death() => HealthStory.OfHealthy()
        .OutOfMemory().Then(Healthy)
        .After(3600).Died(1).Then(Restarting, Start).Blames(FaultCause.Died, "exit code 1");

    [Fact]
    public void A_stop_by_a_person_while_the_engine_waits_is_healed_at_once() => HealthStory.OfHealthy(container: engine => engine with { RestartPolicy = "always" })
        .Died(1).Then(BackingOff)
        .After(1).Signalled(15).Seen().Then(Restarting, Start).Blames(FaultCause.Stopped).Failed(0);

    [Fact]
    public void Doubt_does_not_pass_a_health_check_that_is_still_starting() => new HealthStory(container: Checked(HealthCheck.Starting))
        .At(10).Seen().Probed(8, of: 20).Then(Starting)
        .Lossy().Then(Suspect)
        .Fine().Then(Starting);

    [Fact]
    public void One_in_quarantine_that_a_person_starts_is_not_healthy_before_its_health_check_is() =>
        HealthStory.OfRecovering(policy => policy with { QuarantineAfter = 1 }, Checked(HealthCheck.Healthy))
        .Died(1).Then(Quarantined)
        .After(60).Started().Then(Quarantined)
        .After(30).Ticked().Then(Quarantined)
        .Checked(HealthCheck.Healthy).Then(Quarantined)
        .TickedWhenDue().Then(Healthy).Failed(0);

    [Fact]
    public void A_health_check_that_passes_again_in_the_list_alone_ends_the_wait() => HealthStory.OfHealthy(container: Checked(HealthCheck.Healthy))
        .Checked(HealthCheck.Unhealthy).Then(Restarting, Restart)
        .Ended(RestartOutcome.Refused).Then(BackingOff)
        .After(2).Seen(Checked(HealthCheck.Healthy)).Then(Healthy)
        .TickedWhenDue().Then(Healthy).Failed(0);

    [Fact]
    public void A_verdict_that_is_told_late_is_no_health_from_before_the_last_fault() => HealthStory.OfHealthy(container: Checked(HealthCheck.Healthy))
        .At(3610).Lossy().Then(Restarting, Restart).Recovers().Then(Starting)
        .At(3614).Lossy().Then(BackingOff).Failed(1)
        .At(3613).Checked(HealthCheck.Healthy).Then(BackingOff)
        .At(3615).Fine().Then(Healthy)
        .At(3613.5).Checked(HealthCheck.Healthy).Then(Healthy)
        .At(3624).Ticked().Then(Healthy).Failed(1)
        .TickedWhenDue().Then(Healthy).Failed(0);

    [Fact]
    public void One_never_to_be_touched_is_shown_as_it_is() => HealthStory.OfHealthy(policy => policy with { Restart = RestartMode.Never }, Checked(HealthCheck.Healthy))
        .Lossy().Then(Suspect).Fine().Then(Healthy)
        .Checked(HealthCheck.Unhealthy).Then(Suspect).Fine().Then(Suspect)
        .Checked(HealthCheck.Healthy).Then(Healthy);

    [Fact]
    public void A_lossy_one_whose_wait_is_over_is_not_ticked_for_nothing()
    {
        var story = HealthStory.OfRecovering().After(3).Lossy().Then(BackingOff).After(2).Ticked().Then(BackingOff);
        Assert.Null(HealthMachine.NextDeadline(story.Health, story.Policy));
    }

    // Clocks

    [Theory]
    [InlineData(-7200)]
    [InlineData(7200)]
    public void A_clock_that_is_set_keeps_nobody_from_being_healed(double seconds) => HealthStory.OfHealthy()
        .ClockSet(seconds).Then(Healthy)
        .After(5).Died(1).Then(Restarting, Start).Recovers().Then(Starting);

    [Fact]
    public void A_description_that_is_older_than_the_clock_now_says_takes_nothing_away() => HealthStory.OfHealthy()
        .ClockSet(-7200).Seen().Then(Starting)
        .After(3).Lossy().Then(Restarting, Restart);

    [Theory]
    [InlineData(-7200)]
    [InlineData(7200)]
    public void A_back_off_lasts_as_long_as_it_should_whatever_the_clock_says(double seconds) => HealthStory.OfRecovering()
        .After(1).Died(1).Then(BackingOff).WaitsFor(1)
        .ClockSet(seconds).Then(BackingOff)
        .RetriesWhenDue(Start);

    [Fact]
    public void A_jump_of_the_clock_is_no_sustained_health() => HealthStory.OfRecovering()
        .After(3).Ticked().Then(Healthy)
        .ClockSet(7200).Ticked().Died(1).Then(BackingOff);
}
