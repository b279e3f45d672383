using System.Collections.Immutable;
using HmsOrleans.Antagonist.Engine;
using HmsOrleans.Antagonist.Leases;

namespace HmsOrleans.Antagonist.Faults;

/// <summary>Cuts the host off from all that it reaches over an interface, both ways. Its engine and its containers go on.</summary>
internal sealed class CutFault(HostPrograms? programs) : IFault
{
    /// <summary>What iptables ends with when there is no such rule. Any other code tells nothing of it: that another program holds its lock, for one.</summary>
    private const int NoSuchRule = 1;

    private static readonly ImmutableArray<(string Chain, string Way)> Ways = [("INPUT", "-i"), ("OUTPUT", "-o")];

    public bool OutlivesRestart => true;

    public async Task<Lease> PrepareAsync(Lease lease, Victim victim, CancellationToken cancellationToken)
    {
        if (programs is null)
        {
            throw new FaultRefusedException("the agent was not told over which interface the others are");
        }
        // A kernel without IPv6 has nothing there that could be cut.
        var isBoth = (await Tool.RunAsync("ip6tables", ["-w", "3", "-S", "INPUT"], cancellationToken)).ExitCode == 0;
        return lease with
        {
            Path = new("iptables", Environment.ProcessId, Processes.NetworkOf("self")!, isBoth ? ["iptables", "ip6tables"] : ["iptables"], [new(programs.Interface, 0, false)]),
        };
    }

    public async Task InjectAsync(Lease lease, Victim victim, CancellationToken cancellationToken)
    {
        foreach (var (tables, chain, way) in Rules(lease))
        {
            (await RunAsync(lease, tables, "-I", chain, way, cancellationToken)).OrThrow("the host is not cut off");
        }
    }

    public async Task<Cure> UndoAsync(Lease lease, bool wasInterrupted, CancellationToken cancellationToken)
    {
        foreach (var (tables, chain, way) in Rules(lease))
        {
            // Only while there is one: it may have been broken off in between.
            while (await RunAsync(lease, tables, "-C", chain, way, cancellationToken) is var found && found.ExitCode != NoSuchRule)
            {
                found.OrThrow("the host may stay cut off");
                (await RunAsync(lease, tables, "-D", chain, way, cancellationToken)).OrThrow("the host stays cut off");
            }
        }
        return Cure.Here;
    }

    private static IEnumerable<(string Tables, string Chain, string Way)> Rules(Lease lease) =>
        lease.Path!.Tables.SelectMany(tables => Ways.Select(way => (tables, way.Chain, way.Way)));

    private static Task<Tool.Result> RunAsync(Lease lease, string tables, string action, string chain, string way, CancellationToken cancellationToken) => Tool.RunAsync(
        tables, ["-w", "3", action, chain, way, lease.Path!.Interfaces[0].Name, "-m", "comment", "--comment", ChaosMark.Of(lease.Id), "-j", "DROP"], cancellationToken);
}
