using HmsOrleans.Grains.Settings;
using Orleans.GrainDirectory;

namespace HmsOrleans.Grains.Hosts;

[HostBound, GrainDirectory(HostDirectory.Name)]
internal sealed class HostSettingsGrain([PersistentState("settings", StorageNames.Host)] IPersistentState<HostSettings> state) : Grain, IHostSettingsGrain
{
    public Task<HostSettings> Load(CancellationToken cancellationToken) => Task.FromResult(state.State);

    public Task Save(HostSettings settings, CancellationToken cancellationToken)
    {
        state.State = settings;
        return state.WriteStateAsync(cancellationToken);
    }
}
