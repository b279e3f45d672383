using HmsOrleans.Grains.Hosts;
using HmsOrleans.Grains.Telemetry;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Runtime.Hosting;

namespace HmsOrleans.Grains;

/// <summary>What the grains need of their silo.</summary>
public static class GrainsExtensions
{
    /// <summary>Keeps the grains of a host on the silo that bears its address as its name (<c>SiloOptions.SiloName</c>).</summary>
    public static ISiloBuilder AddHostBoundGrains(this ISiloBuilder silo)
    {
        ArgumentNullException.ThrowIfNull(silo);
        silo.Services.TryAddSingleton<IHostSilos, HostSilos>();
        silo.Services.TryAddSingleton<StartsUnderWay>();
        silo.Services.TryAddSingleton<HostMetrics>();
        silo.Services.TryAddSingleton<ControllerMetrics>();
        silo.Services.TryAddSingleton<NotificationMetrics>();
        silo.Services.TryAddSingleton<AttackMetrics>();
        silo.AddPlacementDirector<HostBoundPlacement, HostBoundPlacementDirector>();
        silo.AddGrainDirectory(HostDirectory.Name, (services, _) => ActivatorUtilities.CreateInstance<HostDirectory>(services));
        return silo;
    }
}
