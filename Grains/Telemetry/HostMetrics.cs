using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using HmsOrleans.Grains.Health;
using HmsOrleans.Grains.Probing;

namespace HmsOrleans.Grains.Telemetry;

/// <summary>What the hosts of this node count. Labels have few values: no container's name or id is one.</summary>
internal sealed class HostMetrics
{
    /// <summary>From a death that is healed at once to a stop that takes its full time and more.</summary>
    private static readonly InstrumentAdvice<double> Seconds = new() { HistogramBucketBoundaries = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300] };

    private readonly ConcurrentDictionary<string, HostState> _hosts = new();
    private readonly UpDownCounter<int> _containers;
    private readonly Counter<long> _faults;
    private readonly Counter<long> _restarts;
    private readonly Histogram<double> _detection;
    private readonly Histogram<double> _healing;
    private readonly Histogram<double> _calls;

    public HostMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(Telemetry.Name);
        _containers = meter.CreateUpDownCounter<int>("hms.containers", "{container}", "Containers by what the monitor thinks of them.");
        _faults = meter.CreateCounter<long>("hms.faults", "{fault}", "Faults of containers by cause.");
        _restarts = meter.CreateCounter<long>("hms.restarts", "{restart}", "Starts, restarts and connections to networks that were ordered, by how they ended.");
        _detection = meter.CreateHistogram("hms.detection.duration", "s", "From the first sign of a fault to the decision about it.", advice: Seconds);
        _healing = meter.CreateHistogram("hms.healing.duration", "s", "From a fault until the engine had the container running, or connected, again.", advice: Seconds);
        _calls = meter.CreateHistogram("hms.engine.call.duration", "s", "Calls of the engine that start, restart or connect a container.", advice: Seconds);
        meter.CreateObservableGauge("hms.engine.up", () => Each(host => host.EngineAnswers ? 1 : 0), description: "1 while the engine of the host answers, else 0.");
        meter.CreateObservableGauge("hms.settings.unsaved", () => Each(host => host.IsSaved ? 0 : 1), description: "1 while settings of the host hold, but could not be saved.");
        meter.CreateObservableCounter("hms.probes", () => Each(host => host.Probes.Known), "{probe}", "Probes whose outcome is known.");
        meter.CreateObservableCounter("hms.probes.lost", () => Each(host => host.Probes.Lost), "{probe}", "Those of them that were not answered in time.");
    }

    /// <summary>Notes how a host is. Called often: it counts nothing.</summary>
    public void Note(string host, bool engineAnswers, bool isSaved, ProbeTotals probes) => _hosts[host] = new(engineAnswers, isSaved, probes);

    /// <summary>A host is no longer on this node.</summary>
    public void Forget(string host) => _hosts.TryRemove(host, out _);

    /// <summary>Notes that a container is in another state of health; null before it is known, and when it is gone.</summary>
    public void Turned(string host, HealthState? from, HealthState? to)
    {
        if (from == to)
        {
            return;
        }
        if (from is { } left)
        {
            _containers.Add(-1, Host(host), new("health", Telemetry.Word(left)));
        }
        if (to is { } entered)
        {
            _containers.Add(1, Host(host), new("health", Telemetry.Word(entered)));
        }
    }

    /// <param name="host">Whose container it is.</param>
    /// <param name="cause">What went wrong.</param>
    /// <param name="detectedAfter">From its first sign to the decision about it.</param>
    public void Failed(string host, FaultCause cause, TimeSpan detectedAfter)
    {
        _faults.Add(1, Host(host), new("cause", Telemetry.Word(cause)));
        _detection.Record(Math.Max(0, detectedAfter.TotalSeconds), Host(host), new("cause", Telemetry.Word(cause)));
    }

    public void Ended(string host, HealthAction action, RestartOutcome outcome) =>
        _restarts.Add(1, Host(host), new("action", Telemetry.Word(action)), new("outcome", Telemetry.Word(outcome)));

    public void Healed(string host, FaultCause cause, TimeSpan after) =>
        _healing.Record(Math.Max(0, after.TotalSeconds), Host(host), new("cause", Telemetry.Word(cause)));

    public void Called(HealthAction action, RestartOutcome outcome, TimeSpan took) =>
        _calls.Record(took.TotalSeconds, new("action", Telemetry.Word(action)), new("outcome", Telemetry.Word(outcome)));

    private static KeyValuePair<string, object?> Host(string host) => new("host", host);

    private IEnumerable<Measurement<long>> Each(Func<HostState, long> value) => _hosts.Select(host => new Measurement<long>(value(host.Value), Host(host.Key)));

    private readonly record struct HostState(bool EngineAnswers, bool IsSaved, ProbeTotals Probes);
}
