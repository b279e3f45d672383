using HmsOrleans.Grains.Antagonist;
using HmsOrleans.Grains.Fleet;
using HmsOrleans.Grains.Hosts;
using HmsOrleans.Grains.Incidents;
using HmsOrleans.Grains.Notifications;

namespace HmsOrleans.Tests.Api;

/// <summary>A fleet in memory in the place of a cluster's grains.</summary>
internal sealed class FakeFleet : IGrainFactory
{
    public FakeFleet() => Controller = new FakeController(this);

    public FakeController Controller { get; }

    /// <summary>Null: the cluster has none.</summary>
    public FakeHistory? History { get; set; }

    public FakeNotifications Notifications { get; } = new();

    /// <summary>Hosts with a silo, by address, whether under supervision or not.</summary>
    public SortedDictionary<string, FakeHost> Hosts { get; } = new(StringComparer.Ordinal);

    /// <summary>The fleet that most tests use: one host with three containers, two of whose ids begin with the same digits.</summary>
    public static FakeFleet WithOneHost()
    {
        var fleet = new FakeFleet();
        fleet.Hosts.Add(Samples.Address, new FakeHost(Samples.Address, Samples.Web, Samples.Db, Samples.Cache));
        return fleet;
    }

    /// <summary>The fleet whose grains are given in the place of this one's: a server outlives the tests' fleets.</summary>
    public FakeFleet? Deputy { get; set; }

    public FakeHost Host => Hosts[Samples.Address];

    public TGrainInterface GetGrain<TGrainInterface>(string primaryKey, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithStringKey => Deputy is not null ? Deputy.GetGrain<TGrainInterface>(primaryKey) : (TGrainInterface)(typeof(TGrainInterface).Name switch
        {
            nameof(IControllerGrain) when primaryKey == IControllerGrain.Key => (object)Controller,
            nameof(INotificationGrain) when primaryKey == INotificationGrain.Key => Notifications,
            nameof(IHostManagerGrain) => Hosts.TryGetValue(primaryKey, out var host) ? host : new FakeHost(primaryKey) { Gate = Faults.NoSilo(primaryKey) },
            nameof(IAntagonistGrain) => Hosts[primaryKey].Antagonist,
            nameof(IHistoryGrain) when History is not null => History,
            var other => throw new NotSupportedException(other),
        });

    public TGrainInterface GetGrain<TGrainInterface>(Guid primaryKey, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithGuidKey => throw new NotSupportedException();

    public TGrainInterface GetGrain<TGrainInterface>(long primaryKey, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithIntegerKey => throw new NotSupportedException();

    public TGrainInterface GetGrain<TGrainInterface>(Guid primaryKey, string keyExtension, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithGuidCompoundKey => throw new NotSupportedException();

    public TGrainInterface GetGrain<TGrainInterface>(long primaryKey, string keyExtension, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithIntegerCompoundKey => throw new NotSupportedException();

    public TGrainObserverInterface CreateObjectReference<TGrainObserverInterface>(IGrainObserver obj)
        where TGrainObserverInterface : IGrainObserver => throw new NotSupportedException();

    public void DeleteObjectReference<TGrainObserverInterface>(IGrainObserver obj)
        where TGrainObserverInterface : IGrainObserver => throw new NotSupportedException();

    public IGrain GetGrain(Type grainInterfaceType, Guid grainPrimaryKey) => throw new NotSupportedException();

    public IGrain GetGrain(Type grainInterfaceType, long grainPrimaryKey) => throw new NotSupportedException();

    public IGrain GetGrain(Type grainInterfaceType, string grainPrimaryKey) => throw new NotSupportedException();

    public IGrain GetGrain(Type grainInterfaceType, Guid grainPrimaryKey, string keyExtension) => throw new NotSupportedException();

    public IGrain GetGrain(Type grainInterfaceType, long grainPrimaryKey, string keyExtension) => throw new NotSupportedException();

    public TGrainInterface GetGrain<TGrainInterface>(GrainId grainId)
        where TGrainInterface : IAddressable => throw new NotSupportedException();

    public IAddressable GetGrain(Type interfaceType, IdSpan grainKey) => throw new NotSupportedException();

    public IAddressable GetGrain(Type interfaceType, IdSpan grainKey, string grainClassNamePrefix) => throw new NotSupportedException();

    public IAddressable GetGrain(GrainId grainId) => throw new NotSupportedException();

    public IAddressable GetGrain(GrainId grainId, GrainInterfaceType interfaceType) => throw new NotSupportedException();
}
