using System.ComponentModel.DataAnnotations;

namespace HmsOrleans.Api.Containers;

/// <summary>A threshold for a single host or container.</summary>
/// <param name="Threshold">Packet loss in percent above which containers are restarted; null removes it, so that what stands above decides again.</param>
public sealed record OwnThresholdRequest([property: Required, Range(0, 100)] double? Threshold);
