namespace HmsOrleans.Grains.Incidents;

/// <summary>How available containers were in a time that ends now.</summary>
/// <param name="Length">How long that time is; of one that is longer than what is remembered, only that counts.</param>
/// <param name="Watched">For how much of it they were watched; that of several containers is added up.</param>
/// <param name="Down">For how much of that they were down.</param>
/// <param name="Incidents">That began in it, or had not ended before.</param>
/// <param name="Restarts">Starts and restarts that the engine carried out in it.</param>
/// <param name="TimeToHeal">Mean time from a fault to running again, of the incidents that came so far; null where none did.</param>
[GenerateSerializer, Immutable, Alias("hms.AvailabilityWindow")]
public sealed record AvailabilityWindow(
    [property: Id(0)] TimeSpan Length,
    [property: Id(1)] TimeSpan Watched,
    [property: Id(2)] TimeSpan Down,
    [property: Id(3)] int Incidents,
    [property: Id(4)] int Restarts,
    [property: Id(5)] TimeSpan? TimeToHeal)
{
    /// <summary>Percent of the watched time in which they were not down; null where they were not watched.</summary>
    public double? Availability => Watched <= TimeSpan.Zero ? null : 100 * (1 - Down / Watched);
}
