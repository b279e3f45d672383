using System.Collections.Immutable;
using HmsOrleans.Grains.Hosts;
using HmsOrleans.Grains.News;

namespace HmsOrleans.Grains.Fleet;

/// <summary>The fleet: it keeps the view of all hosts, and what holds for all of them. There is one; its key is <see cref="Key"/>.</summary>
[Alias("hms.IControllerGrain")]
public interface IControllerGrain : IGrainWithStringKey
{
    /// <summary>Key of the only one.</summary>
    const string Key = "fleet";

    /// <summary>A host tells what is new on it. Returns when the controller has that, be it that it had to ask for everything.</summary>
    /// <param name="host">Its address.</param>
    /// <param name="news">What it packed (<see cref="NewsWriter"/>): what is new since the update before, or everything.</param>
    /// <exception cref="InvalidOperationException">It could not take it, and could not ask.</exception>
    [Alias("Update")]
    Task Update(string host, [Immutable] byte[] news);

    /// <summary>A host says that it lives, and which word of the fleet it knows.</summary>
    /// <param name="host">Its address.</param>
    /// <param name="version">
    /// The version of its content when news of it may have been lost; null while it is telling them, and when all have arrived: an update that
    /// overtook this would look like one that was missed.
    /// </param>
    /// <param name="known">The word of the fleet that it knows.</param>
    /// <returns>What holds for the host now.</returns>
    [Alias("Heartbeat")]
    Task<FleetOrder> Heartbeat(string host, long? version, FleetOrder known);

    /// <summary>All hosts, by address. What the controller knows that it lacks is fetched first.</summary>
    [Alias("GetHosts")]
    Task<ImmutableArray<HostView>> GetHosts(CancellationToken cancellationToken);

    /// <summary>One host; null when the fleet has none of that address. What the controller knows that it lacks is fetched first.</summary>
    [Alias("GetHost")]
    Task<HostView?> GetHost(string address, CancellationToken cancellationToken);

    /// <summary>How far the view is from what the hosts have told. Fetches nothing, and so can be asked without changing what it tells.</summary>
    [Alias("GetFreshness")]
    Task<FleetFreshness> GetFreshness(CancellationToken cancellationToken);

    /// <summary>Waits for what is new to a reader that has seen a version, at most three seconds: then it answers without any. Fetches nothing by itself.</summary>
    /// <param name="epoch">The epoch of the last answer; an empty one to begin with everything.</param>
    /// <param name="after">The version of the last answer.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    [Alias("Watch")]
    Task<FleetNews> Watch(Guid epoch, long after, CancellationToken cancellationToken);

    /// <summary>Takes a host into the fleet. Idempotent.</summary>
    /// <exception cref="HostUnavailableException">No silo runs there.</exception>
    [Alias("AddHost")]
    Task<HostView> AddHost(string address, CancellationToken cancellationToken);

    /// <summary>Ends the supervision of a host; its silo goes on, idle.</summary>
    /// <returns>False when the fleet has no host of that address.</returns>
    [Alias("RemoveHost")]
    Task<bool> RemoveHost(string address, CancellationToken cancellationToken);

    /// <summary>What holds for all hosts.</summary>
    [Alias("GetSettings")]
    Task<FleetSettings> GetSettings(CancellationToken cancellationToken);

    /// <summary>Changes what holds for all hosts; what is null stays as it is. Setting the threshold overrides every host's own, not those of single containers.</summary>
    /// <param name="threshold">Percent, 0 to 100.</param>
    /// <param name="aggregationWindow">0.05 s to 60 s.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>What came of it on each host.</returns>
    [Alias("Change")]
    Task<FleetChange> Change(double? threshold, TimeSpan? aggregationWindow, CancellationToken cancellationToken);

    /// <summary>Waits until every setting made so far is saved.</summary>
    /// <returns>Null when all are; else why not. They hold all the same, and saving goes on.</returns>
    [Alias("WhenSaved")]
    Task<string?> WhenSaved(CancellationToken cancellationToken);
}

/// <summary>What holds for all hosts.</summary>
/// <param name="Threshold">Percent of packet loss above which a container is restarted.</param>
/// <param name="AggregationWindow">Time over which hosts collect measurements before they tell of them.</param>
/// <param name="Heartbeat">Time between two signs of life of a host.</param>
/// <param name="OfflineAfter">Time without a sign of life after which a host is shown as offline.</param>
[GenerateSerializer, Immutable, Alias("hms.FleetSettings")]
public sealed record FleetSettings(
    [property: Id(0)] double Threshold,
    [property: Id(1)] TimeSpan AggregationWindow,
    [property: Id(2)] TimeSpan Heartbeat,
    [property: Id(3)] TimeSpan OfflineAfter);

/// <summary>What came of a change for the whole fleet.</summary>
/// <param name="Settings">What holds now.</param>
/// <param name="Hosts">Per host: null when it has applied it, else why not yet; it will when it is back.</param>
[GenerateSerializer, Immutable, Alias("hms.FleetChange")]
public sealed record FleetChange(
    [property: Id(0)] FleetSettings Settings,
    [property: Id(1)] ImmutableSortedDictionary<string, string?> Hosts);
