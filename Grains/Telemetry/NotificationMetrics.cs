using System.Collections.Immutable;
using System.Diagnostics.Metrics;

namespace HmsOrleans.Grains.Telemetry;

/// <summary>What is told to people, on the node that tells them; the others have no such metrics.</summary>
internal sealed class NotificationMetrics
{
    private readonly Counter<long> _sent;
    private volatile IReadOnlyList<Measurement<int>> _waiting = [];

    public NotificationMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(Telemetry.Name);
        _sent = meter.CreateCounter<long>("hms.notifications.sent", "{attempt}", "Attempts to deliver a message to people, by what came of them.");
        meter.CreateObservableGauge("hms.notifications.waiting", () => _waiting, "{message}", "Messages that a channel has still to deliver.");
    }

    public void Sent(string type, NotificationOutcome outcome) => _sent.Add(1, new("type", type), new("outcome", Telemetry.Word(outcome)));

    public void Note(ImmutableArray<(string Channel, int Waiting)> channels) =>
        _waiting = [.. channels.Select(one => new Measurement<int>(one.Waiting, new KeyValuePair<string, object?>("channel", one.Channel)))];
}

/// <summary>What came of an attempt to deliver a message.</summary>
internal enum NotificationOutcome
{
    Delivered,

    /// <summary>It is tried again, but for a message that only tests.</summary>
    Failed,

    /// <summary>It is not tried again.</summary>
    GivenUp,
}
