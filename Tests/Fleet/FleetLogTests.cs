using HmsOrleans.Grains.Containers;
using HmsOrleans.Grains.Fleet;
using HmsOrleans.Grains.Health;
using HmsOrleans.Grains.Hosts;
using HmsOrleans.Tests.Api;
using Xunit;

namespace HmsOrleans.Tests.Fleet;

/// <summary>What a reader of the fleet's news gets, wherever it stands.</summary>
public sealed class FleetLogTests
{
    private readonly FleetLog _log = new();

    [Fact]
    public void The_first_question_is_answered_with_everything()
    {
        _log.Put(Host("host1", Samples.Web, Samples.Db));
        _log.Put(Host("host2"));

        var news = _log.Since(Guid.Empty, 0);

        Assert.True(news.IsFull);
        Assert.Equal((_log.Epoch, _log.Version), (news.Epoch, news.Version));
        Assert.Equal(["host1", "host2"], news.Hosts.Select(host => host.Address));
        Assert.All(news.Hosts, host => Assert.Empty(host.Containers));
        Assert.Equal(["web", "db"], news.Changed.Select(view => view.Name));
        Assert.False(_log.HasNews(news.Epoch, news.Version));
    }

    [Fact]
    public void A_reader_gets_each_container_that_changed_once_as_it_is_now()
    {
        var seen = Put(Samples.Web, Samples.Db);
        Put(Samples.Web with { Health = HealthState.Suspect }, Samples.Db);
        Put(Samples.Web with { Health = HealthState.Restarting }, Samples.Db);

        Assert.True(_log.HasNews(_log.Epoch, seen));
        var news = _log.Since(_log.Epoch, seen);
        Assert.Equal((false, HealthState.Restarting), (news.IsFull, Assert.Single(news.Changed).Health));
        Assert.Empty(news.Hosts);
        Assert.Empty(news.Removed);
    }

    [Fact]
    public void What_is_put_again_is_no_news()
    {
        var seen = Put(Samples.Web);

        Assert.Equal(seen, Put(Samples.Web with { Details = Samples.Web.Details }));
        Assert.False(_log.HasNews(_log.Epoch, seen));
    }

    [Fact]
    public void A_container_that_is_gone_is_told_and_one_that_came_back_is_not()
    {
        var seen = Put(Samples.Web, Samples.Db);
        Put(Samples.Db);
        Assert.Equal([new ContainerKey(Samples.Address, Samples.Web.Id)], _log.Since(_log.Epoch, seen).Removed);

        Put(Samples.Web, Samples.Db);
        var news = _log.Since(_log.Epoch, seen);
        Assert.Empty(news.Removed);
        Assert.Equal("web", Assert.Single(news.Changed).Name);
    }

    [Fact]
    public void A_host_is_told_when_its_state_or_status_changes()
    {
        var seen = Put(Samples.Web);
        _log.Put(Host(Samples.Address, Samples.Web) with { Status = Samples.Status with { EngineAnswers = false } });
        Assert.False(Assert.Single(_log.Since(_log.Epoch, seen).Hosts).Status!.EngineAnswers);

        seen = _log.Version;
        var stale = Samples.Web with { StaleSince = Samples.Noon };
        _log.Put(Host(Samples.Address, stale) with { State = HostState.Offline, Status = Samples.Status with { EngineAnswers = false } });
        var news = _log.Since(_log.Epoch, seen);
        Assert.Equal(HostState.Offline, Assert.Single(news.Hosts).State);
        Assert.Equal(Samples.Noon, Assert.Single(news.Changed).StaleSince);
    }

    [Fact]
    public void A_sign_of_life_is_told_once_a_minute_if_nothing_else_is()
    {
        var seen = Put(Samples.Web);
        var host = Host(Samples.Address, Samples.Web);
        _log.Put(host with { LastHeartbeat = Samples.Noon.AddSeconds(59) });
        Assert.False(_log.HasNews(_log.Epoch, seen));

        Assert.True(_log.IsNews(host.Address, host.State, Samples.Noon.AddSeconds(60)));
        _log.Put(host with { LastHeartbeat = Samples.Noon.AddSeconds(60) });
        Assert.Equal(Samples.Noon.AddSeconds(60), Assert.Single(_log.Since(_log.Epoch, seen).Hosts).LastHeartbeat);
    }

    [Fact]
    public void After_a_host_has_left_everybody_gets_everything()
    {
        Put(Samples.Web);
        _log.Put(Host("other", Samples.Db with { Host = "other" }));
        var seen = _log.Version;
        _log.Remove("other");

        var news = _log.Since(_log.Epoch, seen);
        Assert.True(news.IsFull);
        Assert.Equal(Samples.Address, Assert.Single(news.Hosts).Address);
        Assert.Equal("web", Assert.Single(news.Changed).Name);
        Assert.False(_log.Since(_log.Epoch, news.Version).IsFull);
    }

    [Fact]
    public void One_that_is_too_far_behind_or_of_another_life_gets_everything()
    {
        var seen = Put(Samples.Web, Samples.Db);
        for (var i = 0; i < 1001; i++)
        {
            Put(Samples.Web);
            Put(Samples.Web, Samples.Db);
        }

        Assert.True(_log.Since(_log.Epoch, seen).IsFull);
        Assert.True(_log.Since(Guid.NewGuid(), _log.Version).IsFull);
        Assert.True(_log.Since(_log.Epoch, _log.Version + 1).IsFull);
        Assert.False(_log.Since(_log.Epoch, _log.Version - 1).IsFull);
    }

    private long Put(params ContainerView[] containers)
    {
        _log.Put(Host(Samples.Address, containers));
        return _log.Version;
    }

    private static HostView Host(string address, params ContainerView[] containers) =>
        new(address, HostState.Updated, Samples.Noon, Samples.Status, [.. containers]);
}
