using System.Collections.Concurrent;
using System.Threading.Channels;
using HmsOrleans.Grains.Probing;

namespace HmsOrleans.Tests.Cluster;

/// <summary>Probes nobody, and knows whom it was asked to probe.</summary>
internal sealed class FakeProber : IProber
{
    private readonly Channel<ProbeReport> _reports = Channel.CreateUnbounded<ProbeReport>();

    /// <summary>The targets of each container that is being probed.</summary>
    public ConcurrentDictionary<string, ProbeTarget[]> Watched { get; } = new();

    public ProberStatus Status { get; } = new(ProberMode.Raw);

    public ChannelReader<ProbeReport> Reports => _reports.Reader;

    public void Watch(ProbeTarget target) => Watched.AddOrUpdate(target.ContainerId, [target], (_, targets) => [.. targets, target]);

    public void Unwatch(string containerId) => Watched.TryRemove(containerId, out _);
}
