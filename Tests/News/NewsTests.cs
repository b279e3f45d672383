using CsCheck;
using HmsOrleans.Grains.Containers;
using HmsOrleans.Grains.Engine;
using HmsOrleans.Grains.Fleet;
using HmsOrleans.Grains.Health;
using HmsOrleans.Grains.Hosts;
using HmsOrleans.Grains.News;
using HmsOrleans.Tests.Api;
using Xunit;

namespace HmsOrleans.Tests.News;

/// <summary>What a host writes, and what the controller makes of it, whichever way it comes.</summary>
public sealed class NewsTests
{
    private readonly ContentLog _log = new();
    private readonly NewsWriter _writer;
    private readonly NewsReader _reader = new(Samples.Address);
    private readonly HostMirror _mirror = new();

    public NewsTests() => _writer = new(_log);

    [Fact]
    public void Only_what_changed_travels()
    {
        _log.Put(Samples.Web);
        _log.Put(Samples.Db);
        var whole = Write();
        Assert.InRange(whole.Length, 64, 250);
        Read(whole);

        // Which container, that it is the loss, and how much; the head and the number of the news.
        _log.Put(Samples.Web with { PacketLoss = 70 });
        var news = Write();
        Assert.Equal(4 + 3, news.Length);
        Read(news);

        _log.Touch();
        Assert.Equal(4, Write().Length);
    }

    [Fact]
    public void A_sentence_is_sent_once_and_then_only_its_numbers()
    {
        foreach (var (lost, at) in new[] { (13, 1), (14, 4), (17, 7) })
        {
            var fault = new Grains.Health.Fault(FaultCause.PacketLoss, Samples.Noon.AddSeconds(at), $"{lost} of 19 probes lost to 172.17.0.2");
            _log.Put(Samples.Web with { Health = HealthState.Suspect, Details = "running" });
            ReadNext();
            _log.Put(Samples.Web with { Health = HealthState.Restarting, LastFault = fault, Details = $"loses packets ({fault.Evidence}); being restarted" });
            var news = Write();
            // State; cause, time, sentence and its numbers; the other sentence is the one that goes with that state.
            Assert.True(at == 1 || news.Length == 4 + 2 + 1 + 1 + 2 + 1 + 2, $"{news.Length}");
            Read(news);
        }
    }

    [Fact]
    public void What_comes_twice_or_late_changes_nothing()
    {
        _log.Put(Samples.Web);
        var first = Write();
        _log.Put(Samples.Web with { Restarts = 7 });
        var second = Write();
        _log.Remove(Samples.Web.Id);
        _log.Put(Samples.Db);
        var third = Write();

        Read(first);
        Read(second);
        Read(first);
        Read(second);
        Assert.Equal(7, _mirror.Containers.Single().Restarts);
        Read(third);
        Read(second);
        Read(first);
        Read(third);
        AssertSame();
    }

    [Fact]
    public void One_that_is_missed_is_noticed_and_everything_makes_it_good()
    {
        _log.Put(Samples.Web);
        ReadNext();
        _log.Put(Samples.Db);
        var lost = Write();
        _log.Put(Samples.Cache);
        Assert.Null(_reader.Read(Write()));

        _mirror.Merge(_reader.ReadAnswer(_writer.Whole(Samples.Status)));
        AssertSame();
        Read(lost); // late after all
        AssertSame();
        _log.Put(Samples.Web with { Restarts = 7 });
        ReadNext();
        AssertSame();
    }

    [Fact]
    public void After_news_of_which_it_is_not_known_whether_they_were_read_comes_everything()
    {
        _log.Put(Samples.Web);
        ReadNext();
        foreach (var wasRead in new[] { true, false })
        {
            _log.Put(Samples.Web with { Restarts = wasRead ? 8 : 9 });
            var unsure = Write();
            if (wasRead)
            {
                Read(unsure);
            }
            _writer.Forget();
            Assert.False(_writer.IsRead);
            _log.Put(Samples.Db with { Restarts = wasRead ? 8 : 9 });
            ReadNext();
            Assert.True(_writer.IsRead);
            AssertSame();
        }
    }

    [Fact]
    public void News_of_another_life_are_believed_only_when_they_were_asked_for()
    {
        _log.Put(Samples.Web);
        ReadNext();
        var other = new ContentLog();
        other.Put(Samples.Db);
        var writer = new NewsWriter(other);
        var whole = writer.Next(Samples.Status);
        Assert.Null(_reader.Read(whole));
        other.Put(Samples.Cache);
        var delta = writer.Next(Samples.Status);
        Assert.True(_reader.Read(delta) is null or { Changed: [], Removed: [] });

        Assert.Equal(other.Epoch, _reader.ReadAnswer(writer.Whole(Samples.Status)).Epoch);
        Assert.Empty(_reader.Read(whole)!.Changed);
    }

    [Fact]
    public void A_reader_that_knows_nothing_takes_everything_and_nothing_less()
    {
        _log.Put(Samples.Web);
        Write();
        _log.Put(Samples.Db);
        var delta = Write();
        Assert.Null(_reader.Read(delta));
        Assert.Throws<FormatException>(() => _reader.ReadAnswer(delta));
        Read(_writer.Whole(Samples.Status));
        _reader.Forget();
        _log.Put(Samples.Cache);
        Assert.Null(_reader.Read(Write()));
    }

    [Fact]
    public void Numbers_that_begin_anew_are_in_order_too()
    {
        _log.Put(Samples.Web);
        ReadNext();
        for (var i = 0; i < 1000; i++)
        {
            _log.Touch();
            Write(); // lost
        }
        Assert.Null(_reader.Read(_writer.Next(Samples.Status)));
        Read(_writer.Whole(Samples.Status));
        AssertSame();
    }

    [Fact]
    public void Sentences_that_never_come_again_do_not_fill_the_memory()
    {
        for (var i = 0; i < 2 * NewsBook.MaxTexts; i++)
        {
            _log.Put(Samples.Web with { Details = $"word{Word(i)}" });
            ReadNext();
        }
        AssertSame();

        static string Word(int i) => string.Concat(i.ToString(System.Globalization.CultureInfo.InvariantCulture).Select(digit => (char)('a' + digit - '0')));
    }

    [Fact]
    public void Every_state_can_be_told()
    {
        foreach (var container in Enum.GetValues<ContainerState>())
        {
            foreach (var service in Enum.GetValues<ServiceState>())
            {
                foreach (var health in Enum.GetValues<HealthState>())
                {
                    _log.Put(Samples.Web with { ContainerState = container, ServiceState = service, Health = health });
                    ReadNext();
                    AssertSame();
                }
            }
        }
    }

    [Fact]
    public void A_property_that_is_new_has_to_be_told_as_well()
    {
        Assert.Equal(
            ["Addresses", "ContainerState", "Details", "Health", "Host", "Id", "Image", "LastFault", "Memory", "Name", "PacketLoss", "Restarts", "Rtt", "ServiceState", "ShortId", "StaleSince", "Threshold"],
            typeof(ContainerView).GetProperties().Select(property => property.Name).Order(StringComparer.Ordinal));
        Assert.Equal(
            ["EngineAnswers", "EngineSilence", "EngineSince", "NoEvents", "Prober", "Ready", "Supervised", "Threshold", "UnsavedBecause"],
            typeof(HostStatus).GetProperties().Select(property => property.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Whatever_happens_on_a_host_and_whatever_is_lost_on_the_way_the_controller_has_it_in_the_end() => NewsWalk.Any.Sample(
        walk =>
        {
            var (log, mirror, reader) = (new ContentLog(), new HostMirror(), new NewsReader(Samples.Address));
            var writer = new NewsWriter(log);
            var status = Samples.Status;
            var late = new List<byte[]>();
            foreach (var step in walk)
            {
                status = step.Do(log, status);
                var news = writer.Next(status);
                switch (step.Way)
                {
                    case NewsWay.Lost:
                        writer.Forget();
                        break;
                    case NewsWay.LostUnnoticed:
                        break;
                    case NewsWay.Late:
                        late.Add(news);
                        break;
                    default:
                        Take(news);
                        break;
                }
                if (step.Way == NewsWay.Twice)
                {
                    Take(news);
                }
                if (step.Way == NewsWay.ReaderMoved)
                {
                    (mirror, reader) = (new(), new(Samples.Address));
                }
                if (step.Way == NewsWay.WithLate)
                {
                    late.ForEach(Take);
                    late.Clear();
                }
            }
            Take(writer.Next(status));
            Assert.Equal((log.Epoch, log.Version, status), (mirror.Epoch, mirror.Version, mirror.Status));
            Assert.Equal(log.Views.OrderBy(view => view.Id, StringComparer.Ordinal), mirror.Containers.OrderBy(view => view.Id, StringComparer.Ordinal));

            void Take(byte[] news) => mirror.Merge(reader.Read(news) ?? reader.ReadAnswer(writer.Whole(status)));
        },
        iter: 3000,
        threads: 1);

    [Fact]
    public void What_cannot_be_read_is_an_exception_and_forgotten() => Gen.Select(NewsWalk.Any, Gen.Int[0, 1_000_000], Gen.Byte).Sample(
        (walk, where, what) =>
        {
            var (log, reader, status) = (new ContentLog(), new NewsReader(Samples.Address), Samples.Status);
            var writer = new NewsWriter(log);
            foreach (var step in walk)
            {
                status = step.Do(log, status);
                var packed = writer.Next(status);
                packed = where % 2 == 0 ? packed[..(where / 2 % packed.Length)] : [.. packed[..(where / 2 % packed.Length)], what, .. packed[(where / 2 % packed.Length + 1)..]];
                try
                {
                    _ = reader.Read(packed);
                }
                catch (FormatException)
                {
                    Assert.Null(reader.Read([0, 0, 0, 0]));
                    return;
                }
            }
        },
        iter: 3000,
        threads: 1);

    private byte[] Write() => _writer.Next(Samples.Status);

    private void Read(byte[] news) => _mirror.Merge(Assert.IsType<HostContent>(_reader.Read(news)));

    private void ReadNext() => Read(Write());

    private void AssertSame()
    {
        Assert.Equal((_log.Epoch, _log.Version), (_mirror.Epoch, _mirror.Version));
        Assert.Equal(_log.Views.OrderBy(view => view.Id, StringComparer.Ordinal), _mirror.Containers.OrderBy(view => view.Id, StringComparer.Ordinal));
    }
}
