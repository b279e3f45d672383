using Orleans.Runtime.Placement;

namespace HmsOrleans.Grains.Hosts;

/// <summary>Puts the grains of a host on its silo, and nowhere else.</summary>
internal sealed class HostBoundPlacementDirector(IHostSilos silos) : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var host = HostBoundPlacement.HostOf(target.GrainIdentity.Key.ToString()!);
        return silos.Find(host) is { } silo
            ? Task.FromResult(silo)
            : throw new HostUnavailableException(host, $"no silo named {host} is in the cluster");
    }
}
