using HmsOrleans.Api.Fleet;
using HmsOrleans.Api.Hosts;
using HmsOrleans.Grains.Containers;
using Microsoft.AspNetCore.Http.HttpResults;

namespace HmsOrleans.Api.Containers;

/// <summary>The container that a path names, or why there is none.</summary>
internal readonly record struct ContainerLookup(ContainerView? Container, ProblemHttpResult? Problem)
{
    public static async Task<ContainerLookup> Find(string address, string container, FleetCalls fleet, CancellationToken cancellationToken)
    {
        if (ContainerProblems.IsMalformed(container))
        {
            return new(null, ContainerProblems.Malformed(container));
        }
        var (host, problem) = await HostLookup.Find(address, fleet, cancellationToken);
        if (host is null)
        {
            return new(null, problem);
        }
        return ContainerName.Resolve(host.Containers, container) switch
        {
            { Container: { } found } => new(found, null),
            { Kind: ContainerMatchKind.Ambiguous, Matches: var matches } => new(null, ContainerProblems.Ambiguous(host.Address, container, matches)),
            _ => new(null, host.IsListed ? ContainerProblems.NotFound(host.Address, container) : HostLookup.NotListed(host.Address)),
        };
    }
}
