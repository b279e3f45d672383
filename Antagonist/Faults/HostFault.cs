using System.Globalization;
using HmsOrleans.Antagonist.Engine;
using HmsOrleans.Antagonist.Leases;
using HmsOrleans.Grains.Antagonist;

namespace HmsOrleans.Antagonist.Faults;

/// <summary>Kills the host's node or its engine, as a crash would: whoever looks after them is to start them again.</summary>
internal sealed class HostFault(HostPrograms? programs) : IFault
{
    public bool OutlivesRestart => true;

    public Task<Lease> PrepareAsync(Lease lease, Victim victim, CancellationToken cancellationToken)
    {
        var (file, name) = lease.Kind == AttackKind.KillSilo ? (programs?.Silo, "HmsOrleans.Silo") : (programs?.Engine, "dockerd");
        if (file is null || !int.TryParse(Processes.TextOf(file).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var pid)
            || Processes.MarkOf(pid) is not { } process || !Processes.TextOf($"/proc/{pid}/cmdline").Contains(name, StringComparison.Ordinal))
        {
            throw new FaultRefusedException($"{file} names no process of {name}");
        }
        return Task.FromResult(lease with { Process = process });
    }

    public Task InjectAsync(Lease lease, Victim victim, CancellationToken cancellationToken) =>
        Processes.Signal(lease.Process!, Processes.Kill) ? Task.CompletedTask : throw new FaultFailedException("it has just ended");

    public Task<Cure> UndoAsync(Lease lease, bool wasInterrupted, CancellationToken cancellationToken) => Task.FromResult(Cure.Here);
}
