using System.Collections.Immutable;
using HmsOrleans.Grains.Incidents;

namespace HmsOrleans.Api.Incidents;

/// <summary>How available a container was, or the containers of a host taken together.</summary>
/// <param name="Windows">The last hour, day, week and 30 days.</param>
public sealed record AvailabilityReply(ImmutableArray<AvailabilityWindowReply> Windows)
{
    internal static AvailabilityReply From(ImmutableArray<AvailabilityWindow> windows) => new([.. windows.Select(AvailabilityWindowReply.From)]);
}

/// <summary>A time that ends now.</summary>
/// <param name="Window">1h, 24h, 7d or 30d.</param>
/// <param name="Availability">Percent of the observed time in which it was not down; null where it was not observed.</param>
/// <param name="Observed">Seconds for which it was watched under supervision; those of several containers are added up.</param>
/// <param name="Down">Seconds of these in which it did not run, or ran and was no good.</param>
/// <param name="Incidents">That began in it, or had not ended before.</param>
/// <param name="Restarts">Starts and restarts that were carried out in it.</param>
/// <param name="TimeToHeal">Mean seconds from a fault to running again; null where nothing was to be healed.</param>
public sealed record AvailabilityWindowReply(string Window, double? Availability, double Observed, double Down, int Incidents, int Restarts, double? TimeToHeal)
{
    internal static AvailabilityWindowReply From(AvailabilityWindow window) => new(
        window.Length.TotalHours <= 24 ? FormattableString.Invariant($"{window.Length.TotalHours}h") : FormattableString.Invariant($"{window.Length.TotalDays}d"),
        window.Availability is { } percent ? Math.Round(percent, 4) : null,
        Math.Round(window.Watched.TotalSeconds, 3),
        Math.Round(window.Down.TotalSeconds, 3),
        window.Incidents,
        window.Restarts,
        window.TimeToHeal is { } time ? Math.Round(time.TotalSeconds, 3) : null);
}
