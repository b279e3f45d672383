namespace HmsOrleans.Cli.Client;

/// <summary>How much of the time a container or a host was well.</summary>
internal sealed record Availability(AvailabilityWindow[] Windows);

/// <summary>The same, over one stretch of time until now.</summary>
/// <param name="Window">1h, 24h, 7d or 30d.</param>
/// <param name="Availability">Percent; null where nothing was observed.</param>
/// <param name="Observed">Seconds.</param>
/// <param name="Down">Seconds.</param>
/// <param name="Incidents">How many began.</param>
/// <param name="Restarts">How many were made.</param>
/// <param name="TimeToHeal">Mean, in seconds; null where nothing was healed.</param>
internal sealed record AvailabilityWindow(
    string Window, double? Availability, double Observed, double Down, int Incidents, int Restarts, double? TimeToHeal);
