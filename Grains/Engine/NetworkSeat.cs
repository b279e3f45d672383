using System.Collections.Immutable;

namespace HmsOrleans.Grains.Engine;

/// <summary>A container's place on a network: what has to be said to get it back.</summary>
/// <param name="Network">Id of the network.</param>
/// <param name="Name">Its name.</param>
/// <param name="Aliases">Names there, without the one that the engine itself gives.</param>
/// <param name="Links">Legacy links.</param>
/// <param name="Address">Static IPv4 address, where one was asked for.</param>
/// <param name="Address6">Static IPv6 address, where one was asked for.</param>
/// <param name="LinkLocal">Static link-local addresses, where some were asked for.</param>
/// <param name="Options">Options of the network's driver.</param>
[GenerateSerializer, Immutable, Alias("hms.NetworkSeat")]
public sealed record NetworkSeat(
    [property: Id(0)] string Network,
    [property: Id(1)] string Name,
    [property: Id(2)] ImmutableArray<string> Aliases,
    [property: Id(3)] ImmutableArray<string> Links,
    [property: Id(4)] string? Address,
    [property: Id(5)] string? Address6,
    [property: Id(6)] ImmutableArray<string> LinkLocal,
    [property: Id(7)] ImmutableSortedDictionary<string, string> Options)
{
    /// <summary>The network that every engine has, with another id after each start of it.</summary>
    private const string Default = "bridge";

    /// <summary>What the engine finds the network by.</summary>
    public string Reference => Name == Default ? Default : Network;

    /// <summary>The same names, addresses and options on the same network.</summary>
    public bool Equals(NetworkSeat? other) =>
        other is not null && (Reference, Address, Address6) == (other.Reference, other.Address, other.Address6)
        && Aliases.ToHashSet().SetEquals(other.Aliases) && Links.ToHashSet().SetEquals(other.Links) && LinkLocal.ToHashSet().SetEquals(other.LinkLocal)
        && Options.SequenceEqual(other.Options);

    public override int GetHashCode() => Reference.GetHashCode(StringComparison.Ordinal);
}
