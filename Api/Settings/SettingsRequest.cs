using System.ComponentModel.DataAnnotations;

namespace HmsOrleans.Api.Settings;

/// <summary>Settings to change; what is left out stays as it is, but one has to be there.</summary>
/// <param name="Threshold">Packet loss in percent above which a container is restarted. Overrides every host's own, not those of single containers.</param>
/// <param name="AggregationWindow">Seconds over which the controller collects updates before it fetches them.</param>
internal sealed record SettingsRequest(
    [property: Range(0, 100)] double Threshold = 60, [property: Range(0.05, 60)] double AggregationWindow = 0.5);

/// <summary>The threshold for the whole fleet.</summary>
/// <param name="Threshold">Packet loss in percent above which a container is restarted. Overrides every host's own, not those of single containers.</param>
internal sealed record FleetThresholdRequest([property: Required, Range(0, 100)] double Threshold);
