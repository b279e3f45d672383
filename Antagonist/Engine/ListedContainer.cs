using System.Collections.Immutable;
using System.Net;

namespace HmsOrleans.Antagonist.Engine;

/// <summary>A container, as the engine's list shows it.</summary>
/// <param name="Id">Its full id.</param>
/// <param name="Name">Its name.</param>
/// <param name="Labels">Its labels.</param>
/// <param name="IsRunning">It has a process; a paused one too.</param>
/// <param name="NetworkMode">As <see cref="Victim.NetworkMode"/>.</param>
/// <param name="Addresses">On all its networks.</param>
/// <param name="PublishedPorts">Ports of this host that lead to it.</param>
internal sealed record ListedContainer(
    string Id,
    string Name,
    ImmutableSortedDictionary<string, string> Labels,
    bool IsRunning,
    string NetworkMode,
    ImmutableArray<IPAddress> Addresses,
    ImmutableArray<int> PublishedPorts)
{
    private const string Shares = "container:";

    /// <summary>It has no network of its own, but that of another container.</summary>
    public bool IsGuestOf(ListedContainer owner) =>
        NetworkMode.StartsWith(Shares, StringComparison.Ordinal) && NetworkMode[Shares.Length..] is { Length: > 0 } named
        && (named == owner.Name || owner.Id.StartsWith(named, StringComparison.Ordinal));
}
