using System.Collections.Immutable;
using Docker.DotNet.Models;
using HmsOrleans.Grains.Engine;

namespace HmsOrleans.Silo.Docker;

/// <summary>Places on networks as the engine writes them.</summary>
internal static class NetworkSeats
{
    private const int ShortId = 12;

    /// <summary>Those of a container, by the names of the networks.</summary>
    public static ImmutableArray<NetworkSeat> Of(ContainerInspectResponse container) =>
    [
        .. (container.NetworkSettings?.Networks ?? new Dictionary<string, EndpointSettings>()).OrderBy(network => network.Key, StringComparer.Ordinal)
            .Select(network => Seat(container.ID, network.Key, network.Value)),
    ];

    /// <summary>What the engine is told to give a container a place back.</summary>
    public static NetworkConnectParameters Connection(string containerId, NetworkSeat seat) => new()
    {
        Container = containerId,
        EndpointConfig = new()
        {
            Aliases = [.. seat.Aliases],
            Links = [.. seat.Links],
            DriverOpts = new Dictionary<string, string>(seat.Options),
            IPAMConfig = seat is { Address: null, Address6: null, LinkLocal: [] } ? null : new()
            {
                IPv4Address = seat.Address ?? "",
                IPv6Address = seat.Address6 ?? "",
                LinkLocalIPs = [.. seat.LinkLocal],
            },
        },
    };

    private static NetworkSeat Seat(string containerId, string name, EndpointSettings settings) => new(
        settings.NetworkID is { Length: > 0 } id ? id : name,
        name,
        // The engine adds the short id by itself, and engine 20.10 shows it among those that were asked for.
        [.. (settings.Aliases ?? []).Where(alias => alias != containerId[..Math.Min(ShortId, containerId.Length)])],
        [.. settings.Links ?? []],
        settings.IPAMConfig?.IPv4Address is { Length: > 0 } address ? address : null,
        settings.IPAMConfig?.IPv6Address is { Length: > 0 } address6 ? address6 : null,
        [.. settings.IPAMConfig?.LinkLocalIPs ?? []],
        settings.DriverOpts?.ToImmutableSortedDictionary(StringComparer.Ordinal) ?? ImmutableSortedDictionary<string, string>.Empty);
}
