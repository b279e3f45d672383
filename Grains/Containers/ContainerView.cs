using System.Collections.Immutable;
using HmsOrleans.Grains.Engine;
using HmsOrleans.Grains.Health;

namespace HmsOrleans.Grains.Containers;

/// <summary>A container as people and programs see it.</summary>
[GenerateSerializer, Immutable, Alias("hms.ContainerView")]
public sealed record ContainerView
{
    /// <summary>Full id, 64 hexadecimal digits.</summary>
    [Id(0)] public required string Id { get; init; }

    /// <summary>The first 12 digits of the id.</summary>
    [Id(1)] public required string ShortId { get; init; }

    [Id(2)] public required string Name { get; init; }

    [Id(3)] public required string Image { get; init; }

    /// <summary>Address of the Docker host it lives on.</summary>
    [Id(4)] public required string Host { get; init; }

    /// <summary>Addresses in text form; empty while it has none of its own.</summary>
    [Id(5)] public ImmutableArray<string> Addresses { get; init; } = [];

    /// <summary>The engine's word for what it is doing.</summary>
    [Id(6)] public ContainerState ContainerState { get; init; }

    /// <summary>Whether what runs in it can be used.</summary>
    [Id(7)] public ServiceState ServiceState { get; init; }

    /// <summary>What the monitor thinks of it.</summary>
    [Id(8)] public HealthState Health { get; init; }

    /// <summary>Percent (0-100) of lost probes in the last window; null while it is not probed.</summary>
    [Id(9)] public double? PacketLoss { get; init; }

    /// <summary>Mean round trip of a probe in milliseconds; null while none is answered.</summary>
    [Id(10)] public double? Rtt { get; init; }

    /// <summary>Memory in use, in bytes; null while it is not running.</summary>
    [Id(11)] public long? Memory { get; init; }

    /// <summary>Percent of packet loss above which it is restarted.</summary>
    [Id(12)] public double Threshold { get; init; }

    /// <summary>Starts and restarts carried out for it since the node came up.</summary>
    [Id(13)] public int Restarts { get; init; }

    [Id(14)] public Fault? LastFault { get; init; }

    /// <summary>The state in a sentence: why, since when, what happens next.</summary>
    [Id(15)] public string Details { get; init; } = "";

    /// <summary>Its host is offline, and all this is as of then (UTC); null while it is as of now.</summary>
    [Id(16)] public DateTimeOffset? StaleSince { get; init; }

    public bool Equals(ContainerView? other) =>
        other is not null && Id == other.Id && SameState(other) && StaleSince == other.StaleSince && PacketLoss == other.PacketLoss && Rtt == other.Rtt && Memory == other.Memory;

    public override int GetHashCode() => HashCode.Combine(Id, Health, Restarts);

    /// <summary>Everything but the measurements is equal.</summary>
    public bool SameState(ContainerView other) =>
        Name == other.Name && Image == other.Image && Host == other.Host && ContainerState == other.ContainerState
        && ServiceState == other.ServiceState && Health == other.Health && Threshold == other.Threshold && Restarts == other.Restarts
        && LastFault == other.LastFault && Details == other.Details && Addresses.SequenceEqual(other.Addresses);
}

/// <summary>Whether what runs in a container can be used.</summary>
[GenerateSerializer]
public enum ServiceState
{
    /// <summary>Not known: not probed yet, paused, ignored, or the engine is silent.</summary>
    Unknown,

    /// <summary>Runs, and answers if it can be asked.</summary>
    Up,

    /// <summary>Runs, but loses packets above its threshold or fails its health check.</summary>
    Degraded,

    /// <summary>Does not run.</summary>
    Down,
}
