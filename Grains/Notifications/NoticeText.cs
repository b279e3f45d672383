using System.Collections.Immutable;
using System.Globalization;
using HmsOrleans.Grains.Incidents;

namespace HmsOrleans.Grains.Notifications;

/// <summary>The words of a message.</summary>
internal static class NoticeText
{
    /// <summary>As many names as can be read at a glance.</summary>
    private const int MaxNames = 5;

    /// <summary>Title and text of a message about incidents of one kind: all of hosts, or all of containers.</summary>
    /// <param name="kind">What is told of them.</param>
    /// <param name="incidents">At least one, oldest first; of several of one container the last is told.</param>
    /// <param name="alsoDown">Containers that are down with a host.</param>
    public static (string Title, string Text) Of(NoticeKind kind, ImmutableArray<NoticeIncident> incidents, int alsoDown) =>
        OfEach(kind, [.. incidents.GroupBy(incident => (incident.Host, incident.ContainerId)).Select(same => same.Last())], alsoDown);

    private static (string Title, string Text) OfEach(NoticeKind kind, ImmutableArray<NoticeIncident> incidents, int alsoDown) => incidents switch
    {
        [{ IsOfHost: true } host] => (HostTitle(kind, host), HostText(kind, host) + AlsoDown(alsoDown)),
        [var container] => ($"{container.Container} on {container.Host} {Is(kind, container)}", ContainerText(kind, container)),
        [{ IsOfHost: true }, ..] => ($"{incidents.Length} hosts {(kind == NoticeKind.Opened ? "are down" : "are back")}", Names(incidents, host => host.Host) + AlsoDown(alsoDown)),
        _ => ($"{incidents.Length} containers on {Hosts(incidents)} {Are(kind)}", Names(incidents, container => HasOneHost(incidents) ? container.Container! : $"{container.Container} on {container.Host}")),
    };

    /// <summary>A note about messages that were lost before this one; empty when there were none.</summary>
    public static string Missed(int count) => count switch
    {
        0 => "",
        1 => "One message before this one could not be delivered.",
        _ => string.Create(CultureInfo.InvariantCulture, $"{count} messages before this one could not be delivered."),
    };

    private static string HostTitle(NoticeKind kind, NoticeIncident host) => (kind, host.Cause) switch
    {
        (NoticeKind.Opened, IncidentCause.EngineSilent) => $"The engine of {host.Host} does not answer",
        (NoticeKind.Opened, _) => $"{host.Host} is offline",
        (NoticeKind.Recovered, IncidentCause.EngineSilent) => $"The engine of {host.Host} answers again",
        (NoticeKind.Recovered, _) => $"{host.Host} is back",
        _ => $"{host.Host} is not supervised any more",
    };

    private static string HostText(NoticeKind kind, NoticeIncident host) => kind switch
    {
        NoticeKind.Opened => $"{Sentence(host.Evidence)} Since {Time(host.DownSince ?? host.FaultAt)}.",
        _ => $"It was away{For(host)}.",
    };

    private static string ContainerText(NoticeKind kind, NoticeIncident container)
    {
        var cause = $"{Words(container.Cause)}: {container.Evidence}";
        return kind switch
        {
            NoticeKind.Opened when container.RunningAgainAt is not null => $"{Sentence(cause)} It ran again{(Duration(container) is { } time ? $" after {time}" : "")}.",
            NoticeKind.Opened => $"{Sentence(cause)} Since {Time(container.DownSince ?? container.FaultAt)}, {Attempts(container.Attempts)} so far.",
            NoticeKind.Recovered => $"It was down{For(container)}. {Sentence(cause)}",
            NoticeKind.Quarantined => $"{Sentence(cause)} {Attempts(container.Attempts, capital: true)} did not help. Look at it, then put it back under supervision: PUT /containers/{container.Host}/{container.Container}",
            _ => container.Outcome == IncidentOutcome.Removed ? "It was removed." : "It was put on the ignored list.",
        };
    }

    private static string Is(NoticeKind kind, NoticeIncident container) => kind switch
    {
        NoticeKind.Opened => container.RunningAgainAt is null ? "is down" : "was down",
        NoticeKind.Recovered => "is well again",
        NoticeKind.Quarantined => "was given up",
        _ => "is not supervised any more",
    };

    private static string Are(NoticeKind kind) => kind switch
    {
        NoticeKind.Opened => "are down",
        NoticeKind.Recovered => "are well again",
        NoticeKind.Quarantined => "were given up",
        _ => "are not supervised any more",
    };

    private static string Words(IncidentCause cause) => cause switch
    {
        IncidentCause.Stopped => "stopped",
        IncidentCause.Died => "died",
        IncidentCause.OutOfMemory => "out of memory",
        IncidentCause.PacketLoss => "packet loss",
        IncidentCause.Unhealthy => "unhealthy",
        IncidentCause.StartRefused => "does not start",
        IncidentCause.Disconnected => "off its network",
        IncidentCause.EngineSilent => "engine silent",
        _ => "host offline",
    };

    private static string Hosts(ImmutableArray<NoticeIncident> incidents) =>
        HasOneHost(incidents) ? incidents[0].Host : $"{incidents.Select(incident => incident.Host).Distinct().Count()} hosts";

    private static bool HasOneHost(ImmutableArray<NoticeIncident> incidents) => incidents.All(incident => incident.Host == incidents[0].Host);

    private static string Names(ImmutableArray<NoticeIncident> incidents, Func<NoticeIncident, string> name)
    {
        var names = incidents.Select(name).Distinct().ToList();
        return string.Join(", ", names.Take(MaxNames)) + (names.Count > MaxNames ? $" and {names.Count - MaxNames} more." : ".");
    }

    private static string AlsoDown(int count) => count switch
    {
        0 => "",
        1 => " One container there is in trouble, too.",
        _ => $" {count} containers there are in trouble, too.",
    };

    private static string Attempts(int count, bool capital = false) => count switch
    {
        0 => capital ? "No attempt to heal it" : "no attempt to heal it",
        1 => capital ? "One attempt to heal it" : "one attempt to heal it",
        _ => $"{count} attempts to heal it",
    };

    private static string For(NoticeIncident incident) => Duration(incident) is { } time ? $" for {time}" : "";

    /// <summary>From its begin until it ran again, or else until it ended.</summary>
    private static string? Duration(NoticeIncident incident) =>
        (incident.RunningAgainAt ?? incident.EndedAt) - (incident.DownSince ?? incident.FaultAt) is { } time && time >= TimeSpan.Zero ? Words(time) : null;

    private static string Words(TimeSpan time) => time switch
    {
        { TotalSeconds: < 10 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s"),
        { TotalMinutes: < 2 } => $"{(int)time.TotalSeconds} s",
        { TotalHours: < 2 } => $"{(int)time.TotalMinutes} min",
        { TotalDays: < 2 } => $"{(int)time.TotalHours} h",
        _ => $"{(int)time.TotalDays} days",
    };

    private static string Time(DateTimeOffset at) => at.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    private static string Sentence(string text) => text.Length == 0 ? "" : $"{char.ToUpperInvariant(text[0])}{text[1..]}{(text[^1] is '.' or '!' or '?' ? "" : ".")}";
}
