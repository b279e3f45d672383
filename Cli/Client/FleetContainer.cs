using System.Text.Json;

namespace HmsOrleans.Cli.Client;

/// <summary>A container of the fleet.</summary>
/// <param name="View">What of it is shown in tables.</param>
/// <param name="Json">All of it, as it came.</param>
/// <param name="Blind">Why nothing on its host can be judged; null while it can.</param>
internal sealed record FleetContainer(Container View, JsonElement Json, string? Blind)
{
    /// <summary>Something is wrong with it, or nobody can know.</summary>
    public bool IsInTrouble =>
        View.Health is "suspect" or "restarting" or "backingOff" or "quarantined" || (Blind is not null && View.Health != Container.Ignored);

    /// <summary>Every container of an answer of GET /containers, by host and name.</summary>
    public static IEnumerable<FleetContainer> AllOf(Answer<Host[]> hosts) =>
        hosts.Value.Zip(hosts.Json.EnumerateArray(), (host, json) => host.Containers.Zip(
            json.GetProperty("containers").EnumerateArray(), (view, containerJson) => new FleetContainer(view, containerJson, host.Blind)))
            .SelectMany(containers => containers)
            .OrderBy(container => container.View.Host, StringComparer.Ordinal).ThenBy(container => container.View.Name, StringComparer.Ordinal);
}
