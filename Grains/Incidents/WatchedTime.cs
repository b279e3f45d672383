namespace HmsOrleans.Grains.Incidents;

/// <summary>A time in which a container was watched under supervision without a break. It grows; what was told of it before is part of it.</summary>
/// <param name="ContainerId">Its full id.</param>
/// <param name="Container">Its name.</param>
/// <param name="From">Its beginning (UTC).</param>
/// <param name="To">How far it has come (UTC).</param>
/// <param name="HasEnded">It does not grow any more.</param>
[GenerateSerializer, Immutable, Alias("hms.WatchedTime")]
public readonly record struct WatchedTime(
    [property: Id(0)] string ContainerId,
    [property: Id(1)] string Container,
    [property: Id(2)] DateTimeOffset From,
    [property: Id(3)] DateTimeOffset To,
    [property: Id(4)] bool HasEnded = false);
