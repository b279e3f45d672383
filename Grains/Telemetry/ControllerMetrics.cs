using System.Diagnostics.Metrics;
using HmsOrleans.Grains.Hosts;

namespace HmsOrleans.Grains.Telemetry;

/// <summary>What the controller counts, on the node that it lives on; the others have no such metrics.</summary>
internal sealed class ControllerMetrics
{
    private readonly Counter<long> _updates;
    private readonly Counter<long> _bytes;
    private volatile IReadOnlyDictionary<HostState, int>? _hosts;

    public ControllerMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(Telemetry.Name);
        _updates = meter.CreateCounter<long>("hms.controller.updates", "{message}", "Messages in which hosts told what is new.");
        _bytes = meter.CreateCounter<long>("hms.controller.received", "By", "Bytes of what hosts told and were asked for.");
        meter.CreateObservableGauge("hms.controller.hosts", Hosts, "{host}", "Hosts of the fleet by how fresh the knowledge of them is.");
    }

    public void Note(IEnumerable<HostState> hosts) => _hosts = hosts.CountBy(state => state).ToDictionary();

    /// <summary>The controller is no longer on this node.</summary>
    public void Forget() => _hosts = null;

    public void Updated() => _updates.Add(1);

    public void Received(int bytes) => _bytes.Add(bytes);

    private IEnumerable<Measurement<int>> Hosts() => _hosts is not { } hosts
        ? []
        : Enum.GetValues<HostState>().Select(state => new Measurement<int>(hosts.GetValueOrDefault(state), new KeyValuePair<string, object?>("state", Telemetry.Word(state))));
}
