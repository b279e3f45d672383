using HmsOrleans.Antagonist.Engine;
using HmsOrleans.Antagonist.Leases;

namespace HmsOrleans.Antagonist.Faults;

/// <summary>Cuts the host off from all that it reaches over an interface, both ways. Its engine and its containers go on.</summary>
internal sealed class CutFault(HostPrograms? programs) : IFault
{
    public bool OutlivesRestart => true;

    public Task<Lease> PrepareAsync(Lease lease, Victim victim, CancellationToken cancellationToken) => Task.FromResult(
        programs is null ? throw new FaultRefusedException("the agent was not told over which interface the others are")
            : lease with { Path = new("iptables", Environment.ProcessId, Processes.NetworkOf("self")!, [], [new(programs.Interface, 0, false)]) });

    public async Task InjectAsync(Lease lease, CancellationToken cancellationToken)
    {
        foreach (var (chain, way) in Ways)
        {
            (await RunAsync(lease, "-I", chain, way, cancellationToken)).OrThrow("the host is not cut off");
        }
    }

    public async Task<Cure> UndoAsync(Lease lease, bool wasInterrupted, CancellationToken cancellationToken)
    {
        foreach (var (chain, way) in Ways)
        {
            // Only while there is one: it may have been broken off between the two.
            while ((await RunAsync(lease, "-C", chain, way, cancellationToken)).ExitCode == 0)
            {
                (await RunAsync(lease, "-D", chain, way, cancellationToken)).OrThrow("the host stays cut off");
            }
        }
        return Cure.Here;
    }

    private static (string Chain, string Way)[] Ways => [("INPUT", "-i"), ("OUTPUT", "-o")];

    private static Task<Tool.Result> RunAsync(Lease lease, string action, string chain, string way, CancellationToken cancellationToken) => Tool.RunAsync(
        "iptables", ["-w", "3", action, chain, way, lease.Path!.Interfaces[0].Name, "-m", "comment", "--comment", ChaosMark.Of(lease.Id), "-j", "DROP"], cancellationToken);
}
