using System.Collections.Immutable;
using HmsOrleans.Grains.Health;

namespace HmsOrleans.Grains.Incidents;

/// <summary>Works out how available containers were. Time in which nobody watched them counts neither for nor against them.</summary>
internal static class Availability
{
    private static readonly ImmutableArray<TimeSpan> Lengths = [TimeSpan.FromHours(1), TimeSpan.FromDays(1), TimeSpan.FromDays(7), TimeSpan.FromDays(30)];

    /// <summary>How often hosts tell that they go on watching.</summary>
    public static readonly TimeSpan TellPeriod = TimeSpan.FromMinutes(1);

    /// <summary>A watched time that was told of within this goes on. One message may get lost.</summary>
    private static readonly TimeSpan GoesOn = 2.5 * TellPeriod;

    /// <summary>The past before that plays no part.</summary>
    public static TimeSpan Longest => Lengths[^1];

    /// <summary>Works out the windows that end now.</summary>
    /// <param name="past">What was watched, and what happened.</param>
    /// <param name="remembered">The beginning of what is remembered: from before it times of watching may be left, but not what happened in them.</param>
    /// <param name="now">Their end.</param>
    public static ImmutableArray<AvailabilityWindow> Of(ContainerPast past, DateTimeOffset remembered, DateTimeOffset now)
    {
        var watched = past.Watched.ToLookup(span => span.ContainerId, span => new Span(span.From, UpTo(now, span).To));
        return [.. Lengths.Select(length => Of(past, watched, length, new Span(now - length, now).Common(new(remembered, now))))];
    }

    /// <summary>A watched time as it is now: hosts tell only now and then that they go on watching.</summary>
    public static WatchedTime UpTo(DateTimeOffset now, WatchedTime span) => !span.HasEnded && now - span.To < GoesOn ? span with { To = now } : span;

    private static AvailabilityWindow Of(ContainerPast past, ILookup<string, Span> watched, TimeSpan length, Span window)
    {
        var incidents = past.Incidents.Where(incident => window.Overlaps(incident.FaultAt, incident.OverAt)).ToList();
        var healed = past.Incidents.Where(incident => incident.RunningAgainAt is { } at && window.Contains(at)).ToList();
        var observed = watched.SelectMany(spans => spans).Aggregate(TimeSpan.Zero, (sum, span) => sum + span.Common(window).Length);
        var down = past.Incidents.Where(incident => incident.ContainerId is not null)
            .SelectMany(incident => incident.Outages, (incident, outage) => (incident.ContainerId, Span: new Span(outage.From, outage.To ?? window.To).Common(window)))
            .SelectMany(outage => watched[outage.ContainerId!], (outage, span) => outage.Span.Common(span).Length)
            .Aggregate(TimeSpan.Zero, (sum, length) => sum + length);
        return new(
            length,
            observed,
            down < observed ? down : observed,
            incidents.Count,
            past.Incidents.Sum(incident => incident.Attempts.Count(attempt => attempt is { Action: not HealthAction.Connect, Outcome: RestartOutcome.Done, EndedAt: { } at } && window.Contains(at))),
            healed.Count == 0 ? null : TimeSpan.FromTicks((long)healed.Average(incident => (incident.RunningAgainAt!.Value - incident.FaultAt).Ticks)));
    }

    private readonly record struct Span(DateTimeOffset From, DateTimeOffset To)
    {
        public TimeSpan Length => To > From ? To - From : TimeSpan.Zero;

        public bool Contains(DateTimeOffset at) => at > From && at <= To;

        public bool Overlaps(DateTimeOffset from, DateTimeOffset? to) => from <= To && !(to <= From);

        public Span Common(Span other) => new(From > other.From ? From : other.From, To < other.To ? To : other.To);
    }
}
