using HmsOrleans.Grains.Fleet;

namespace HmsOrleans.Api.Settings;

/// <summary>What holds for all hosts.</summary>
/// <param name="Threshold">Packet loss in percent above which a container is restarted.</param>
/// <param name="AggregationWindow">Seconds over which a host collects measurements before it tells of them; changes of state it tells at once.</param>
/// <param name="Heartbeat">Seconds between two signs of life of a host (read-only; <c>Hms:Controller:Heartbeat</c>).</param>
/// <param name="OfflineAfter">Seconds without a sign of life after which a host is shown as offline (read-only; <c>Hms:Controller:OfflineAfter</c>).</param>
public sealed record SettingsReply(double Threshold, double AggregationWindow, double Heartbeat, double OfflineAfter)
{
    internal static SettingsReply From(FleetSettings settings) => new(
        settings.Threshold, settings.AggregationWindow.TotalSeconds, settings.Heartbeat.TotalSeconds, settings.OfflineAfter.TotalSeconds);
}
