namespace HmsOrleans.Grains.Fleet;

/// <summary>The fleet's state in the cluster's store. A grain of its own, so that a slow store never holds up the controller. Keyed as the controller is.</summary>
[Alias("hms.IFleetStateGrain")]
internal interface IFleetStateGrain : IGrainWithStringKey
{
    [Alias("Load")]
    Task<FleetState> Load(CancellationToken cancellationToken);

    [Alias("Save")]
    Task Save(FleetState state, CancellationToken cancellationToken);
}
