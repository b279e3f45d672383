using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using HmsOrleans.Grains.Telemetry;

namespace HmsOrleans.Tests.Cluster;

/// <summary>Reads one instrument of ours, in this process.</summary>
internal sealed class MetricReader : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentQueue<(string Labels, long Value)> _measured = new();

    /// <param name="instrument">Its name.</param>
    /// <param name="scope">Whose it has to be, as tests run beside each other; null for everybody's.</param>
    public MetricReader(string instrument, IMeterFactory? scope = null)
    {
        _listener.InstrumentPublished = (published, listener) =>
        {
            if (published.Name == instrument && published.Meter.Name == Telemetry.Name && (scope is null || published.Meter.Scope == scope))
            {
                listener.EnableMeasurementEvents(published);
            }
        };
        _listener.SetMeasurementEventCallback<int>((_, value, labels, _) => Take(value, labels));
        _listener.SetMeasurementEventCallback<long>((_, value, labels, _) => Take(value, labels));
        _listener.Start();
    }

    /// <summary>What was measured since the last reading, by the values of its labels.</summary>
    public IReadOnlyList<(string Labels, long Value)> Read()
    {
        _listener.RecordObservableInstruments();
        var measured = new List<(string, long)>();
        while (_measured.TryDequeue(out var one))
        {
            measured.Add(one);
        }
        return measured;
    }

    public void Dispose() => _listener.Dispose();

    private void Take(long value, ReadOnlySpan<KeyValuePair<string, object?>> labels) =>
        _measured.Enqueue((string.Join(' ', labels.ToArray().Select(label => label.Value)), value));
}
