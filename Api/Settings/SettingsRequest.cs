using System.ComponentModel.DataAnnotations;

namespace HmsOrleans.Api.Settings;

/// <summary>Settings to change; what is left out stays as it is, but one has to be there.</summary>
public sealed record SettingsRequest
{
    /// <summary>Packet loss in percent above which a container is restarted. Overrides every host's own, not those of single containers.</summary>
    [Range(0, 100)]
    public double Threshold { get; init; }

    /// <summary>Seconds over which a host collects measurements before it tells of them; changes of state it tells at once.</summary>
    [Range(0.05, 60)]
    public double AggregationWindow { get; init; }
}

/// <summary>The threshold for the whole fleet.</summary>
/// <param name="Threshold">Packet loss in percent above which a container is restarted. Overrides every host's own, not those of single containers.</param>
public sealed record FleetThresholdRequest([property: Required, Range(0, 100)] double Threshold);
