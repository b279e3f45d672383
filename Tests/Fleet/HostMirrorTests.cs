using System.Collections.Immutable;
using HmsOrleans.Grains.Containers;
using HmsOrleans.Grains.Fleet;
using HmsOrleans.Grains.Health;
using HmsOrleans.Grains.Hosts;
using HmsOrleans.Tests.Api;
using Xunit;

namespace HmsOrleans.Tests.Fleet;

/// <summary>The controller's copy of a host, whatever order the host's words arrive in.</summary>
public sealed class HostMirrorTests
{
    private static readonly Guid _life = Guid.NewGuid();

    private readonly HostMirror _mirror = new();

    [Fact]
    public void Deltas_bring_it_up_to_date()
    {
        Assert.Equal((-1, null), (_mirror.Version, _mirror.Status));
        _mirror.Merge(Full(_life, 3, Samples.Web, Samples.Db));
        _mirror.Merge(Delta(4, [Samples.Cache, Samples.Web with { Health = HealthState.Suspect }], []));
        _mirror.Merge(Delta(5, [], [Samples.Db.Id]));

        Assert.Equal([("cache", HealthState.Healthy), ("web", HealthState.Suspect)], _mirror.Containers.Select(view => (view.Name, view.Health)));
        Assert.Equal((5, _life), (_mirror.Version, _mirror.Epoch));
        Assert.NotNull(_mirror.Status);
    }

    [Fact]
    public void An_older_word_changes_nothing_and_the_same_one_twice_neither()
    {
        _mirror.Merge(Full(_life, 5, Samples.Web));
        _mirror.Merge(Delta(4, [Samples.Db], [Samples.Web.Id]));
        _mirror.Merge(Full(_life, 3, Samples.Db));
        Assert.Equal(["web"], _mirror.Containers.Select(view => view.Name));

        _mirror.Merge(Delta(6, [Samples.Db], []));
        _mirror.Merge(Delta(6, [Samples.Db], []));
        Assert.Equal(["db", "web"], _mirror.Containers.Select(view => view.Name));
    }

    [Fact]
    public void It_says_what_is_different()
    {
        Assert.Equal((2, 0, true), Told(_mirror.Merge(Full(_life, 3, Samples.Web, Samples.Db))));
        Assert.Equal((0, 0, false), Told(_mirror.Merge(Full(_life, 4, Samples.Web, Samples.Db))));
        Assert.Equal((1, 1, false), Told(_mirror.Merge(Full(_life, 5, Samples.Web, Samples.Cache))));
        Assert.Equal((1, 0, false), Told(_mirror.Merge(Delta(6, [Samples.Web, Samples.Cache with { Restarts = 3 }], [Samples.Db.Id]))));
        Assert.Equal((0, 0, false), Told(_mirror.Merge(Delta(5, [Samples.Db], [Samples.Web.Id]))));
        Assert.Equal((0, 1, true), Told(_mirror.Merge(Delta(7, [], [Samples.Web.Id]) with { Status = Samples.Status with { Threshold = 61 } })));

        static (int, int, bool) Told(MirrorChange change) => (change.Changed.Length, change.Removed.Length, change.StatusChanged);
    }

    [Fact]
    public void A_full_content_drops_what_is_not_in_it()
    {
        _mirror.Merge(Full(_life, 5, Samples.Web, Samples.Db));
        _mirror.Merge(Full(_life, 9, Samples.Cache));
        Assert.Equal(["cache"], _mirror.Containers.Select(view => view.Name));
    }

    [Fact]
    public void A_new_life_of_the_host_counts_anew()
    {
        _mirror.Merge(Full(_life, 500, Samples.Web));
        var next = Guid.NewGuid();
        _mirror.Merge(Full(next, 2, Samples.Db));
        Assert.Equal((2, next), (_mirror.Version, _mirror.Epoch));
        Assert.Equal(["db"], _mirror.Containers.Select(view => view.Name));
    }

    private static HostContent Full(Guid epoch, long version, params ImmutableArray<ContainerView> views) => new(epoch, version, true, views, [], Samples.Status);

    private static HostContent Delta(long version, ImmutableArray<ContainerView> changed, ImmutableArray<string> removed) =>
        new(_life, version, false, changed, removed, Samples.Status);
}
