using System.Collections.Immutable;
using System.Net;

namespace HmsOrleans.Grains.Engine;

/// <summary>A container as the engine describes it at one moment.</summary>
[GenerateSerializer, Immutable, Alias("hms.EngineContainer")]
public sealed record EngineContainer
{
    /// <summary>Full id, 64 hexadecimal digits.</summary>
    [Id(0)] public required string Id { get; init; }

    /// <summary>Name without the leading slash.</summary>
    [Id(1)] public required string Name { get; init; }

    [Id(2)] public required string Image { get; init; }

    [Id(3)] public required ContainerState State { get; init; }

    /// <summary>The verdict of the image's own HEALTHCHECK.</summary>
    [Id(4)] public HealthCheck HealthCheck { get; init; }

    /// <summary>Start of the current run (UTC); of the last run while it is not running.</summary>
    [Id(5)] public DateTimeOffset? StartedAt { get; init; }

    /// <summary>Exit code of the last run; meaningful only while not running.</summary>
    [Id(6)] public int ExitCode { get; init; }

    /// <summary>The kernel killed a process of the last run for want of memory; an engine says it only while not running.</summary>
    [Id(7)] public bool OutOfMemory { get; init; }

    /// <summary>Process id of pid 1 on the host, 0 while not running.</summary>
    [Id(8)] public int Pid { get; init; }

    /// <summary>Addresses on networks that the host itself is attached to (driver <c>bridge</c>). Empty while not running and for host, none and container: networks.</summary>
    [Id(9)] public ImmutableArray<ContainerAddress> Addresses { get; init; } = [];

    /// <summary>The engine's network mode: <c>bridge</c>, <c>host</c>, <c>none</c>, <c>container:ID</c> or a network's name.</summary>
    [Id(10)] public string NetworkMode { get; init; } = "";

    [Id(11)] public ImmutableSortedDictionary<string, string> Labels { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>The engine's own restart policy: <c>no</c>, <c>always</c>, <c>unless-stopped</c> or <c>on-failure</c>.</summary>
    [Id(12)] public string RestartPolicy { get; init; } = "no";

    /// <summary>The engine removes it when it exits (<c>docker run --rm</c>).</summary>
    [Id(13)] public bool AutoRemove { get; init; }

    /// <summary>Time that the engine waits between the stop signal and the kill; the engine's default is 10 s.</summary>
    [Id(14)] public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Restarts that the engine itself has made under its restart policy.</summary>
    [Id(15)] public int EngineRestarts { get; init; }

    /// <summary>End of the last run (UTC); meaningful only while not running.</summary>
    [Id(16)] public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>Its places on networks of any driver, by their names. A container that is taken off a network (<c>docker network disconnect</c>) has one less.</summary>
    [Id(17)] public ImmutableArray<NetworkSeat> Networks { get; init; } = [];

    /// <summary>It is to have a network that is neither the host's nor another container's.</summary>
    public bool HasOwnNetwork => IsOwnNetwork(NetworkMode);

    /// <summary>A network mode, as the engine writes it, stands for such a network.</summary>
    public static bool IsOwnNetwork(string mode) => mode is not ("" or "host" or "none") && !mode.StartsWith("container:", StringComparison.Ordinal);

    /// <summary>Records compare arrays by reference; two descriptions are equal when everything in them is.</summary>
    public bool Equals(EngineContainer? other) =>
        other is not null && Id == other.Id && Name == other.Name && Image == other.Image && State == other.State
        && HealthCheck == other.HealthCheck && StartedAt == other.StartedAt && FinishedAt == other.FinishedAt && ExitCode == other.ExitCode
        && OutOfMemory == other.OutOfMemory && Pid == other.Pid && NetworkMode == other.NetworkMode
        && RestartPolicy == other.RestartPolicy && AutoRemove == other.AutoRemove && StopTimeout == other.StopTimeout
        && EngineRestarts == other.EngineRestarts && Addresses.SequenceEqual(other.Addresses) && Networks.SequenceEqual(other.Networks) && Labels.SequenceEqual(other.Labels);

    public override int GetHashCode() => HashCode.Combine(Id, State, StartedAt, Pid);
}

/// <summary>The engine's word for what a container is doing.</summary>
[GenerateSerializer]
public enum ContainerState
{
    Created,
    Running,
    Paused,

    /// <summary>Between two runs under the engine's own restart policy.</summary>
    Restarting,
    Removing,
    Exited,

    /// <summary>The engine failed to remove it; it can never run again.</summary>
    Dead,
}

/// <summary>The verdict of a container's own HEALTHCHECK.</summary>
[GenerateSerializer]
public enum HealthCheck
{
    /// <summary>The image defines none.</summary>
    None,
    Starting,
    Healthy,
    Unhealthy,
}

/// <summary>One address of a container.</summary>
/// <param name="Network">Name of the network.</param>
/// <param name="Address">IPv4 or IPv6 address in text form.</param>
/// <param name="PrefixLength">Length of the network's prefix in bits.</param>
[GenerateSerializer, Immutable, Alias("hms.ContainerAddress")]
public sealed record ContainerAddress(
    [property: Id(0)] string Network,
    [property: Id(1)] IPAddress Address,
    [property: Id(2)] int PrefixLength);
