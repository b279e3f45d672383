using System.Collections.Immutable;
using HmsOrleans.Grains.Commands;
using HmsOrleans.Grains.Containers;
using HmsOrleans.Grains.News;
using Orleans.Concurrency;

namespace HmsOrleans.Grains.Hosts;

/// <summary>One Docker host: it takes in facts, lets its containers decide, carries out what they decide, and keeps the content for the controller. Keyed by the host's address; lives on the silo of that name.</summary>
[Alias("hms.IHostManagerGrain")]
public interface IHostManagerGrain : IGrainWithStringKey
{
    /// <summary>Takes in facts from the host's watcher.</summary>
    /// <returns>The life of this grain; a watcher that sees a new one tells everything again.</returns>
    [Alias("Observe")]
    Task<Guid> Observe(HostFacts facts, CancellationToken cancellationToken);

    /// <summary>What changed since a version of an epoch; everything, when they do not meet.</summary>
    [Alias("GetContent"), AlwaysInterleave]
    Task<HostContent> GetContent(Guid epoch, long since, CancellationToken cancellationToken);

    /// <summary>Everything, for a controller that lacks the news before: what the host tells from then on builds on it.</summary>
    /// <returns>Packed, see <see cref="NewsWriter"/>.</returns>
    [Alias("GetNews"), AlwaysInterleave]
    Task<byte[]> GetNews(CancellationToken cancellationToken);

    /// <summary>What the host says of itself.</summary>
    [Alias("GetStatus"), AlwaysInterleave]
    Task<HostStatus> GetStatus(CancellationToken cancellationToken);

    /// <summary>Why a container is in its state.</summary>
    /// <param name="container">Full id, unique prefix of it, or name.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    [Alias("Explain"), AlwaysInterleave]
    Task<ContainerExplanationResult> Explain(string container, CancellationToken cancellationToken);

    /// <summary>Puts a container on the ignored list. Idempotent.</summary>
    /// <param name="container">Full id, unique prefix of it, or name.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    [Alias("Ignore")]
    Task<ContainerCommandResult> Ignore(string container, CancellationToken cancellationToken);

    /// <summary>Puts a container (back) under supervision: earlier failures are forgiven, and it is started if it is stopped. Idempotent.</summary>
    /// <param name="container">Full id, unique prefix of it, or name.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    [Alias("Supervise")]
    Task<ContainerCommandResult> Supervise(string container, CancellationToken cancellationToken);

    /// <summary>Restarts a container now, or starts it, without waiting for a fault or a back-off. One that is being restarted already is not restarted again.</summary>
    /// <param name="container">Full id, unique prefix of it, or name.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>The container with its restart under way, or why it is not restarted.</returns>
    [Alias("Restart")]
    Task<ContainerCommandResult> Restart(string container, CancellationToken cancellationToken);

    /// <summary>Sets the threshold of one container; null lets the label, host or fleet decide again.</summary>
    /// <param name="container">Full id, unique prefix of it, or name.</param>
    /// <param name="threshold">Percent, 0 to 100.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    [Alias("SetContainerThreshold")]
    Task<ContainerCommandResult> SetThreshold(string container, double? threshold, CancellationToken cancellationToken);

    /// <summary>Sets the threshold of the host; null lets the fleet decide again.</summary>
    /// <param name="threshold">Percent, 0 to 100.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    [Alias("SetThreshold")]
    Task<HostStatus> SetThreshold(double? threshold, CancellationToken cancellationToken);

    /// <summary>Carries out the changes that programs outside ask of this host, one after another, each once (see <see cref="CommandMark"/>).</summary>
    /// <param name="commands">Changes of this host and its containers.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>What came of each about a container; null for each about the host.</returns>
    [Alias("CarryOut")]
    Task<ImmutableArray<ContainerCommandResult?>> CarryOut(ImmutableArray<ExternalCommand> commands, CancellationToken cancellationToken);

    /// <summary>The controller's word on what holds for the whole fleet; the host keeps it, so that it knows while it is alone.</summary>
    /// <param name="fleet">The fleet's wishes; older ones than those it has of the same fleet are dropped.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>What holds now: that, or what was newer.</returns>
    [Alias("Apply")]
    Task<FleetOrder> Apply(FleetOrder fleet, CancellationToken cancellationToken);

    /// <summary>How long measurements are collected before the controller is told of them; a change of state is told at once.</summary>
    [Alias("SetWindow"), AlwaysInterleave]
    Task SetWindow(TimeSpan window, CancellationToken cancellationToken);

    /// <summary>Waits until every setting made so far is saved.</summary>
    /// <returns>Null when all are; else why not. They hold all the same, and saving goes on.</returns>
    [Alias("WhenSaved"), AlwaysInterleave]
    Task<string?> WhenSaved(CancellationToken cancellationToken);
}

/// <summary>What holds for a host because the fleet says so.</summary>
/// <param name="Revision">Grows with each change.</param>
/// <param name="Threshold">Percent; null where the fleet has no wish of its own.</param>
/// <param name="Supervised">False once the host was removed from the fleet.</param>
/// <param name="ThresholdRevision">The revision at which the threshold was last set for all hosts; a host's own one from before no longer holds.</param>
/// <param name="Fleet">Which fleet says so; revisions of another mean nothing.</param>
/// <param name="SupervisedRevision">The revision at which the host was last taken into the fleet or removed.</param>
[GenerateSerializer, Immutable, Alias("hms.FleetOrder")]
public sealed record FleetOrder(
    [property: Id(0)] long Revision,
    [property: Id(1)] double? Threshold,
    [property: Id(2)] bool Supervised,
    [property: Id(3)] long ThresholdRevision,
    [property: Id(4)] Guid Fleet = default,
    [property: Id(5)] long SupervisedRevision = 0)
{
    /// <summary>No word of the fleet: any other is newer.</summary>
    public static FleetOrder None => new(-1, null, true, 0);
}

/// <summary>The answer to a command about a container: the container, or why none was found.</summary>
/// <param name="View">The container after the command.</param>
/// <param name="Matches">Containers whose id or name the given one fits, when it fits several; empty when it fits none.</param>
/// <param name="Refusal">Why the command was not carried out although the container was found; null when it was.</param>
[GenerateSerializer, Immutable, Alias("hms.ContainerCommandResult")]
public sealed record ContainerCommandResult(
    [property: Id(0)] ContainerView? View,
    [property: Id(1)] ImmutableArray<string> Matches,
    [property: Id(2)] string? Refusal = null);
