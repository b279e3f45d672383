using HmsOrleans.Antagonist.Engine;
using HmsOrleans.Antagonist.Leases;

namespace HmsOrleans.Antagonist.Faults;

/// <summary>Stops a container's main process with SIGSTOP, which it cannot catch and of which its engine sees nothing.</summary>
internal sealed class FreezeFault : IFault
{
    public bool OutlivesRestart => false;

    public Task<Lease> PrepareAsync(Lease lease, Victim victim, CancellationToken cancellationToken)
    {
        var process = Processes.MainOf(victim);
        return Processes.StateOf(process) is 'T' or 't'
            ? throw new FaultRefusedException($"the main process of {victim.Name} is stopped already")
            : Task.FromResult(lease with { Process = process });
    }

    public Task InjectAsync(Lease lease, Victim victim, CancellationToken cancellationToken) =>
        Processes.Signal(lease.Process!, Processes.Stop) ? Task.CompletedTask : throw new FaultFailedException($"{lease.Container} has just ended");

    public Task<Cure> UndoAsync(Lease lease, bool wasInterrupted, CancellationToken cancellationToken)
    {
        var state = Processes.StateOf(lease.Process!);
        return Task.FromResult(Processes.Signal(lease.Process!, Processes.Continue)
            ? state is 'T' or 't' ? Cure.Here : new Cure(Why: "somebody else resumed it")
            : Cure.Ended);
    }
}
