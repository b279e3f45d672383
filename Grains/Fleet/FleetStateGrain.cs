using HmsOrleans.Grains.Settings;

namespace HmsOrleans.Grains.Fleet;

internal sealed class FleetStateGrain([PersistentState("fleet", StorageNames.Cluster)] IPersistentState<FleetState> state) : Grain, IFleetStateGrain
{
    public Task<FleetState> Load(CancellationToken cancellationToken) => Task.FromResult(state.State);

    public async Task Save(FleetState next, CancellationToken cancellationToken)
    {
        var saved = state.State;
        if (next.Fleet == saved.Fleet && next.Revision < saved.Revision)
        {
            throw new InvalidOperationException("a newer controller has saved the fleet's settings already");
        }
        state.State = next;
        try
        {
            await state.WriteStateAsync(cancellationToken);
        }
        catch
        {
            state.State = saved; // what is not saved must not be loaded as if it were
            throw;
        }
    }
}
