using System.Collections.Concurrent;
using Orleans.GrainDirectory;

namespace HmsOrleans.Grains.Hosts;

/// <summary>
/// The grain directory of the grains that are bound to this host, kept in this silo alone. Orleans' own is spread over all silos:
/// cut off from the others, a host could not make the grains of new containers, and would lose those that others' deaths unsettle.
/// </summary>
/// <remarks>Other silos find nothing here, and so ask the placement, which knows the one place where these grains can be.</remarks>
internal sealed class HostDirectory(ILocalSiloDetails silo) : IGrainDirectory
{
    public const string Name = "host";

    private readonly ConcurrentDictionary<GrainId, GrainAddress> _activations = new();

    public Task<GrainAddress?> Register(GrainAddress address) =>
        silo.SiloAddress.Equals(address.SiloAddress)
            ? Task.FromResult<GrainAddress?>(_activations.GetOrAdd(address.GrainId, address))
            : throw new InvalidOperationException($"{address.GrainId} of {address.SiloAddress} does not belong into the directory of {silo.SiloAddress}");

    public Task<GrainAddress?> Lookup(GrainId grainId) => Task.FromResult(_activations.GetValueOrDefault(grainId));

    public Task Unregister(GrainAddress address)
    {
        if (_activations.TryGetValue(address.GrainId, out var known) && known.ActivationId == address.ActivationId)
        {
            _activations.TryRemove(new(address.GrainId, known));
        }
        return Task.CompletedTask;
    }

    /// <remarks>No other silo's grains are in here.</remarks>
    public Task UnregisterSilos(List<SiloAddress> siloAddresses) => Task.CompletedTask;
}
