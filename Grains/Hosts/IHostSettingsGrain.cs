namespace HmsOrleans.Grains.Hosts;

/// <summary>A host's settings in its store. A grain of its own, so that a slow store never holds up the host's grain. Keyed by the host's address.</summary>
[Alias("hms.IHostSettingsGrain")]
internal interface IHostSettingsGrain : IGrainWithStringKey
{
    [Alias("Load")]
    Task<HostSettings> Load(CancellationToken cancellationToken);

    [Alias("Save")]
    Task Save(HostSettings settings, CancellationToken cancellationToken);
}
