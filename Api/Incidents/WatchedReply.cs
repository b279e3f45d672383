using System.Collections.Immutable;
using HmsOrleans.Grains.Incidents;

namespace HmsOrleans.Api.Incidents;

/// <summary>When the containers of a host were watched.</summary>
/// <param name="Watched">In no order.</param>
public sealed record WatchedReply(ImmutableArray<WatchedSpan> Watched)
{
    internal static WatchedReply From(ImmutableArray<WatchedTime> watched) => new([.. watched.Select(span => new WatchedSpan(span.ContainerId, span.Container, span.From, span.To))]);
}

/// <summary>A time in which a container was watched without a break.</summary>
/// <param name="ContainerId">Full id of the container.</param>
/// <param name="Container">Its name.</param>
/// <param name="From">Its begin (UTC).</param>
/// <param name="To">Its end, to a minute, or now (UTC).</param>
public sealed record WatchedSpan(string ContainerId, string Container, DateTimeOffset From, DateTimeOffset To);
