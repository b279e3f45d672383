using HmsOrleans.Grains.Fleet;

namespace HmsOrleans.Api.Settings;

/// <summary>What came of a threshold for the whole fleet.</summary>
/// <param name="Threshold">Percent that holds now.</param>
/// <param name="Hosts">What came of it on each host.</param>
public sealed record FleetThresholdReply(double Threshold, IEnumerable<HostOutcome> Hosts)
{
    internal static FleetThresholdReply From(FleetChange change) => new(
        change.Settings.Threshold, change.Hosts.Select(host => new HostOutcome(host.Key, host.Value is null, host.Value)));
}

/// <summary>What came of a change on one host.</summary>
/// <param name="Address">The host's address.</param>
/// <param name="Applied">It holds there.</param>
/// <param name="Reason">Why not yet; it will when the host is back.</param>
public sealed record HostOutcome(string Address, bool Applied, string? Reason);
