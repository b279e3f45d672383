using System.Collections.Immutable;
using HmsOrleans.Antagonist.Engine;
using HmsOrleans.Antagonist.Leases;
using HmsOrleans.Grains.Antagonist;

namespace HmsOrleans.Antagonist.Faults;

/// <summary>Drops or delays packets towards a container, by the best of the ways that the kernel has.</summary>
internal sealed class PacketFault : IFault
{
    /// <summary>In the order of preference.</summary>
    private readonly ImmutableArray<IPacketBackend> _backends = [new NetemBackend(), new IptablesBackend(), new BpfBackend()];

    public bool OutlivesRestart => true;

    /// <summary>The one in use; null when there is none.</summary>
    public IPacketBackend? Backend { get; private set; }

    /// <summary>Takes the first way that works.</summary>
    /// <param name="wanted">The only one to try; null: all.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>Why the others do not.</returns>
    public async Task<ImmutableArray<string>> ProbeAsync(string? wanted, CancellationToken cancellationToken)
    {
        Backend = null;
        var reasons = ImmutableArray.CreateBuilder<string>();
        foreach (var backend in _backends.Where(backend => wanted is null || backend.Name == wanted))
        {
            if (await FailureOf(backend, cancellationToken) is { } reason)
            {
                reasons.Add(reason);
                continue;
            }
            Backend = backend;
            break;
        }
        return reasons.ToImmutable();
    }

    public async Task<Lease> PrepareAsync(Lease lease, Victim victim, CancellationToken cancellationToken)
    {
        if (!victim.HasOwnNetwork)
        {
            throw new FaultRefusedException($"{victim.Name} has no network of its own (it is on: {victim.NetworkMode})");
        }
        if (lease is { Kind: AttackKind.Loss, Loss: not (> 0 and <= 100) })
        {
            throw new FaultRefusedException("a loss is above 0 and at most 100 percent");
        }
        var process = Processes.MainOf(victim);
        return lease with
        {
            Process = process,
            Loss = lease.Kind == AttackKind.Loss ? lease.Loss : null,
            Path = await Backend!.LocateAsync(victim.Name, process, cancellationToken),
        };
    }

    public Task InjectAsync(Lease lease, Victim victim, CancellationToken cancellationToken) => Of(lease).ApplyAsync(lease, cancellationToken);

    public async Task<Cure> UndoAsync(Lease lease, bool wasInterrupted, CancellationToken cancellationToken) =>
        await Of(lease).RemoveAsync(lease, cancellationToken) ? Cure.Here : Cure.Ended;

    private static async Task<string?> FailureOf(IPacketBackend backend, CancellationToken cancellationToken)
    {
        try
        {
            return await backend.TryAsync(cancellationToken);
        }
        catch (FaultFailedException e)
        {
            return $"{backend.Name}: {e.Message}";
        }
    }

    /// <summary>The way that it was done, whatever is in use now.</summary>
    private IPacketBackend Of(Lease lease) =>
        _backends.FirstOrDefault(backend => backend.Name == lease.Path?.Backend) ?? throw new FaultFailedException($"'{lease.Path?.Backend}' is no known way to lose packets");
}
