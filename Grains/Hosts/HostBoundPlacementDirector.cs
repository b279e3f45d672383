using Orleans.Runtime.Placement;

namespace HmsOrleans.Grains.Hosts;

/// <summary>Finds the silo of a host by its name. After a restart the old and the new silo may both be known for a while: the younger one is meant.</summary>
internal sealed class HostBoundPlacementDirector(ISiloStatusOracle silos) : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var host = HostBoundPlacement.HostOf(target.GrainIdentity.Key.ToString()!);
        var silo = context.GetCompatibleSilos(target)
            .Where(candidate => silos.TryGetSiloName(candidate, out var name) && name == host)
            .MaxBy(candidate => candidate.Generation);
        return silo is not null
            ? Task.FromResult(silo)
            : throw new HostUnavailableException(host, $"no silo named {host} is in the cluster");
    }
}
