namespace HmsOrleans.Grains.Notifications;

/// <summary>A time in which nothing is told; what is still broken at its end is told then.</summary>
/// <param name="Id">Names it in the API.</param>
/// <param name="Host">Address of the host that it is for; null for all.</param>
/// <param name="From">Its begin (UTC).</param>
/// <param name="Until">Its end (UTC).</param>
[GenerateSerializer, Immutable, Alias("hms.MaintenanceWindow")]
public sealed record MaintenanceWindow(
    [property: Id(0)] string Id, [property: Id(1)] string? Host, [property: Id(2)] DateTimeOffset From, [property: Id(3)] DateTimeOffset Until)
{
    internal bool Holds(NoticeIncident incident, DateTimeOffset now) => (Host is null || Host == incident.Host) && From <= now && now < Until;
}
