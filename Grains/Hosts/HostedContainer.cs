using System.Collections.Immutable;
using HmsOrleans.Grains.Containers;
using HmsOrleans.Grains.Engine;
using HmsOrleans.Grains.Health;
using HmsOrleans.Grains.Probing;
using HmsOrleans.Grains.Telemetry;

namespace HmsOrleans.Grains.Hosts;

/// <summary>What a host keeps in mind about one of its containers.</summary>
internal sealed class HostedContainer
{
    private ImmutableSortedDictionary<string, string>? _labels;

    /// <summary>The engine's last description; null before the first.</summary>
    public EngineContainer? Container { get; set; }

    public string Name => Container?.Name ?? "a container";

    public ContainerLabels Labels { get; private set; } = new(null, null, null, null, null, []);

    /// <summary>Of the newest answer taken in.</summary>
    public long Revision { get; set; }

    /// <summary>When to come back although nothing happened.</summary>
    public DateTimeOffset? Deadline { get; set; }

    /// <summary>An order for it is being carried out.</summary>
    public bool IsBeingHealed { get; set; }

    /// <summary>When to look at it, because how an order for it ended is not known; null when it is.</summary>
    public DateTimeOffset? LookAt { get; set; }

    /// <summary>A person wanted the last order for it, and no fault led to it.</summary>
    public bool Asked { get; set; }

    /// <summary>From its last fault, or from when a person asked, to the end of the order that it led to.</summary>
    public TimeSpan HealedAfter { get; set; }

    /// <summary>The last order was to connect it.</summary>
    public bool IsConnected { get; set; }

    /// <summary>The state of health in which it is counted; null before it is.</summary>
    public HealthState? Counted { get; set; }

    /// <summary>The fault that was counted last.</summary>
    public DateTimeOffset? FailedAt { get; set; }

    /// <summary>The trace of what is wrong with it; null while nothing is, or nobody listens.</summary>
    public HealTrace? Trace { get; set; }

    /// <summary>What the prober was last asked to watch.</summary>
    public ImmutableArray<ProbeTarget> Probed { get; set; } = [];

    /// <summary>Start of the run in which it was asked.</summary>
    public DateTimeOffset? ProbedRun { get; set; }

    /// <summary>Reads the labels of a description; null when they are known already (labels never change in a container's life).</summary>
    public ContainerLabels? ReadLabels(EngineContainer described)
    {
        Container ??= described;
        if (_labels is not null)
        {
            return null;
        }
        _labels = described.Labels;
        return Labels = ContainerLabels.Read(described.Labels);
    }
}
