namespace HmsOrleans.Grains.Notifications;

/// <summary>Nothing is told of a container.</summary>
/// <param name="Host">Address of its host.</param>
/// <param name="Container">Its name or its full id: who has the name next is muted as well.</param>
/// <param name="Until">Until when (UTC); null for good.</param>
[GenerateSerializer, Immutable, Alias("hms.Mute")]
public sealed record Mute([property: Id(0)] string Host, [property: Id(1)] string Container, [property: Id(2)] DateTimeOffset? Until)
{
    internal bool Holds(NoticeIncident incident) =>
        Host == incident.Host && !incident.IsOfHost && (Container == incident.Container || Container == incident.ContainerId);
}
