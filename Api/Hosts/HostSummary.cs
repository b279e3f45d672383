using HmsOrleans.Grains.Health;
using HmsOrleans.Grains.Hosts;

namespace HmsOrleans.Api.Hosts;

/// <summary>A Docker host without its containers.</summary>
/// <param name="Address">The host's address, its name in every path.</param>
/// <param name="State">How fresh the controller's knowledge of it is.</param>
/// <param name="LastHeartbeat">When it last gave a sign of life (UTC); null before the first.</param>
/// <param name="Status">What it says of itself; null before it was first asked.</param>
/// <param name="Containers">How many containers it has, by health.</param>
public sealed record HostSummary(
    string Address, HostState State, DateTimeOffset? LastHeartbeat, HostStatusReply? Status, HealthCounts Containers)
{
    internal static HostSummary From(HostView host) => new(
        host.Address, host.State, host.LastHeartbeat, HostStatusReply.From(host.Status),
        HealthCounts.Of(host.Containers.Select(container => container.Health)));
}

/// <summary>How many containers are in each state of health.</summary>
public sealed record HealthCounts(
    int Total, int Unknown, int Starting, int Healthy, int Suspect, int Restarting, int BackingOff, int Quarantined, int Ignored)
{
    internal static HealthCounts Of(IEnumerable<HealthState> states)
    {
        var counts = states.CountBy(state => state).ToDictionary();
        int Count(HealthState state) => counts.GetValueOrDefault(state);
        return new(
            counts.Values.Sum() - Count(HealthState.Gone), Count(HealthState.Unknown), Count(HealthState.Starting),
            Count(HealthState.Healthy), Count(HealthState.Suspect), Count(HealthState.Restarting),
            Count(HealthState.BackingOff), Count(HealthState.Quarantined), Count(HealthState.Ignored));
    }
}
