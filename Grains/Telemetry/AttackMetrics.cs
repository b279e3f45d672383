using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using HmsOrleans.Grains.Antagonist;

namespace HmsOrleans.Grains.Telemetry;

/// <summary>What the antagonist does to the hosts of this node. Of one that has none, or whose agent is silent, there is nothing.</summary>
internal sealed class AttackMetrics
{
    private readonly ConcurrentDictionary<string, (AgentReport Agent, DateTimeOffset At)> _hosts = new();
    private readonly TimeProvider _time;

    public AttackMetrics(IMeterFactory meters, TimeProvider time)
    {
        _time = time;
        meters.Create(Telemetry.Name).CreateObservableGauge("hms.attacks", Attacks, "{fault}", "Faults that the antagonist has caused and not undone.");
    }

    public void Note(string host, AgentReport agent, DateTimeOffset at) => _hosts[host] = (agent, at);

    /// <summary>A host is no longer on this node.</summary>
    public void Forget(string host) => _hosts.TryRemove(host, out _);

    private IEnumerable<Measurement<int>> Attacks() =>
        from host in _hosts
        where _time.GetUtcNow() - host.Value.At <= AntagonistGrain.Silence
        let faults = host.Value.Agent.Faults.CountBy(fault => fault.Kind).ToDictionary()
        from kind in host.Value.Agent.Abilities.Union(faults.Keys)
        select new Measurement<int>(faults.GetValueOrDefault(kind), new KeyValuePair<string, object?>("host", host.Key), new("kind", Telemetry.Word(kind)));
}
