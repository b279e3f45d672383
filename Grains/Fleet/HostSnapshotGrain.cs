using HmsOrleans.Grains.Settings;

namespace HmsOrleans.Grains.Fleet;

internal sealed class HostSnapshotGrain([PersistentState("snapshot", StorageNames.Cluster)] IPersistentState<HostSnapshot> state) : Grain, IHostSnapshotGrain
{
    public Task<HostSnapshot?> Load(CancellationToken cancellationToken) => Task.FromResult(state.RecordExists ? state.State : null);

    public Task Save(HostSnapshot snapshot, CancellationToken cancellationToken)
    {
        state.State = snapshot;
        return state.WriteStateAsync(cancellationToken);
    }
}
