using HmsOrleans.Grains.Settings;

namespace HmsOrleans.Grains.Fleet;

internal sealed class FleetStateGrain([PersistentState("fleet", StorageNames.Cluster)] IPersistentState<FleetState> state) : Grain, IFleetStateGrain
{
    public Task<FleetState> Load(CancellationToken cancellationToken) => Task.FromResult(state.State);

    public Task Save(FleetState next, CancellationToken cancellationToken)
    {
        state.State = next;
        return state.WriteStateAsync(cancellationToken);
    }
}
