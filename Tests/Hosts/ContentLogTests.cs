using HmsOrleans.Grains.Containers;
using HmsOrleans.Grains.Health;
using HmsOrleans.Grains.Hosts;
using HmsOrleans.Tests.Api;
using Xunit;

namespace HmsOrleans.Tests.Hosts;

/// <summary>What a host keeps for a reader who comes back.</summary>
public sealed class ContentLogTests
{
    private readonly ContentLog _log = new();

    [Theory]
    [InlineData(10, 1, 1_000_000, false)]
    [InlineData(15, 2, 1_900_000, false)] // 5 points, twice the round trip, less than 1 MiB
    [InlineData(15.1, 1, 1_000_000, true)]
    [InlineData(4.9, 1, 1_000_000, true)]
    [InlineData(10, 2.1, 1_000_000, true)]
    [InlineData(10, 1, 2_100_000, true)]
    public void Noise_is_no_change(double loss, double rtt, long memory, bool told)
    {
        _log.Put(Web(10, 1, 1_000_000));
        Assert.Equal(told ? ContentChange.Measurement : ContentChange.None, _log.Put(Web(loss, rtt, memory)));
        Assert.Equal(told ? 2 : 1, _log.Version);
    }

    [Theory]
    [InlineData(95, 100)]
    [InlineData(5, 0)]
    public void That_nothing_or_all_is_lost_is_never_noise(double told, double now)
    {
        _log.Put(Web(told, 1, 1_000_000));

        Assert.Equal(ContentChange.Measurement, _log.Put(Web(now, 1, 1_000_000)));
        Assert.Equal(now, Assert.Single(_log.Views).PacketLoss);
        Assert.Equal(ContentChange.None, _log.Put(Web(told, 1, 1_000_000)));
    }

    [Fact]
    public void A_tenth_of_a_large_memory_and_twice_a_long_round_trip_are_noise()
    {
        _log.Put(Web(0, 20, 1L << 30));
        Assert.Equal(ContentChange.None, _log.Put(Web(0, 39, (1L << 30) + (100L << 20))));
        Assert.Equal(ContentChange.Measurement, _log.Put(Web(0, 41, 1L << 30)));
        Assert.Equal(ContentChange.Measurement, _log.Put(Web(0, 41, (1L << 30) + (110L << 20))));
    }

    [Fact]
    public void A_fall_is_told_like_a_rise()
    {
        _log.Put(Web(0, 17, 1L << 30));
        Assert.Equal(ContentChange.None, _log.Put(Web(0, 9, 1L << 30)));
        Assert.Equal(ContentChange.Measurement, _log.Put(Web(0, 0.05, 1L << 30)));
        Assert.Equal(ContentChange.None, _log.Put(Web(0, 1, 1L << 30)));
    }

    [Fact]
    public void Noise_does_not_creep_because_it_is_held_against_what_was_told()
    {
        _log.Put(Web(0, 1, null));
        Assert.Equal(ContentChange.None, _log.Put(Web(3, 1, null)));
        Assert.Equal(ContentChange.Measurement, _log.Put(Web(6, 1, null)));
    }

    [Fact]
    public void A_measurement_that_begins_or_ends_is_a_change_and_a_state_is_one_of_state()
    {
        Assert.Equal(ContentChange.State, _log.Put(Web(null, null, null)));
        Assert.Equal(ContentChange.Measurement, _log.Put(Web(0, null, null)));
        Assert.Equal(ContentChange.Measurement, _log.Put(Web(null, null, null)));
        Assert.Equal(ContentChange.State, _log.Put(Web(null, null, null) with { Health = HealthState.Suspect }));
        Assert.Equal(ContentChange.State, _log.Put(Web(null, null, null) with { Health = HealthState.Suspect, Addresses = ["172.17.0.9"] }));
    }

    [Fact]
    public void What_is_noise_stays_as_it_was_told_when_something_else_changes()
    {
        _log.Put(Web(0, 0.31, 1 << 20));
        Assert.Equal(ContentChange.Measurement, _log.Put(Web(80, 0.05, (1 << 20) + 9000)));
        Assert.Equal(ContentChange.State, _log.Put(Web(83, 0.06, (1 << 20) + 9000) with { Health = HealthState.Suspect }));
        Assert.Equal((80, 0.31, 1 << 20), _log.Find(Samples.Web.Id) is { } told ? (told.PacketLoss, told.Rtt, told.Memory) : default);
    }

    [Fact]
    public void Measurements_are_told_no_more_exactly_than_they_mean_something()
    {
        _log.Put(Web(68.42, 0.04567, 466_000) with { LastFault = new(FaultCause.Died, Samples.Noon.AddTicks(12_345), "exit code 1") });
        var told = _log.Find(Samples.Web.Id)!;
        Assert.Equal((68, 0.046, 466_944, Samples.Noon.AddMilliseconds(1)), (told.PacketLoss, told.Rtt, told.Memory, told.LastFault!.At));
    }

    [Fact]
    public void Versions_of_states_are_counted_apart_from_those_of_measurements()
    {
        _log.Put(Samples.Web);
        _log.Put(Samples.Web with { PacketLoss = 50 });
        Assert.Equal((2, 1), Versions());
        _log.Put(Samples.Web with { PacketLoss = 50, Restarts = 9 });
        _log.Put(Samples.Web with { PacketLoss = 90, Restarts = 9 });
        Assert.Equal((4, 3), Versions());
        _log.Touch();
        _log.Remove(Samples.Web.Id);
        Assert.Equal((6, 6), Versions());

        (long, long) Versions() => Read(_log.Epoch, 0) is var content ? (content.Version, content.StateVersion) : default;
    }

    [Fact]
    public void A_reader_gets_only_what_is_new_to_it()
    {
        _log.Put(Samples.Web);
        var first = Read(Guid.Empty, -1);
        Assert.True(first.IsFull);
        Assert.Equal([Samples.Web], first.Changed);

        _log.Put(Samples.Db);
        var second = Read(first.Epoch, first.Version);
        Assert.False(second.IsFull);
        Assert.Equal([Samples.Db], second.Changed);

        _log.Remove(Samples.Web.Id);
        _log.Touch();
        var third = Read(second.Epoch, second.Version);
        Assert.Equal((false, _log.Version), (third.IsFull, third.Version));
        Assert.Empty(third.Changed);
        Assert.Equal([Samples.Web.Id], third.Removed);
        Assert.Empty(Read(third.Epoch, third.Version).Removed);
    }

    [Fact]
    public void One_that_was_removed_and_came_back_is_not_gone()
    {
        _log.Put(Samples.Web);
        var seen = _log.Version;
        Assert.Equal(ContentChange.State, _log.Remove(Samples.Web.Id));
        Assert.Equal(ContentChange.None, _log.Remove(Samples.Web.Id));
        _log.Put(Samples.Web);

        var content = Read(_log.Epoch, seen);
        Assert.Equal([Samples.Web], content.Changed);
        Assert.Empty(content.Removed);
    }

    [Theory]
    [InlineData(true, 0)]
    [InlineData(false, 1)] // a version that was never given out: of a life before
    public void A_reader_whose_version_means_nothing_here_gets_everything(bool otherEpoch, long ahead)
    {
        _log.Put(Samples.Web);
        Assert.True(Read(otherEpoch ? Guid.NewGuid() : _log.Epoch, _log.Version + ahead).IsFull);
    }

    [Fact]
    public void A_reader_who_missed_more_removals_than_are_remembered_gets_everything()
    {
        _log.Put(Samples.Web);
        var seen = _log.Version;
        for (var i = 0; i < 1001; i++)
        {
            var view = Samples.Container($"{i:x4}", $"c{i}");
            _log.Put(view);
            _log.Remove(view.Id);
        }

        Assert.True(Read(_log.Epoch, seen).IsFull);
        Assert.False(Read(_log.Epoch, _log.Version - 10).IsFull);
    }

    private static ContainerView Web(double? loss, double? rtt, long? memory) => Samples.Web with { PacketLoss = loss, Rtt = rtt, Memory = memory };

    private HostContent Read(Guid epoch, long since) => _log.Since(epoch, since, Samples.Status);
}
