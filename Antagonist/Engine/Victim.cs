using System.Collections.Immutable;
using HmsOrleans.Grains.Engine;

namespace HmsOrleans.Antagonist.Engine;

/// <summary>A container, as far as an attacker has to know it.</summary>
internal sealed record Victim
{
    /// <summary>Stands for the host itself, which has no need to be described.</summary>
    public static Victim TheHost { get; } = new()
    {
        Id = "",
        Name = "the host",
        IsRunning = true,
        IsPaused = false,
        Pid = 0,
        StartedAt = DateTimeOffset.UnixEpoch,
        NetworkMode = "",
        Networks = [],
        MemoryLimit = 0,
        SwapLimit = 0,
        AutoRemove = false,
        StopTimeout = TimeSpan.Zero,
    };

    public required string Id { get; init; }

    public required string Name { get; init; }

    /// <summary>It has a process; a paused one too.</summary>
    public required bool IsRunning { get; init; }

    public required bool IsPaused { get; init; }

    /// <summary>Its main process; 0 when it does not run.</summary>
    public required int Pid { get; init; }

    /// <summary>When its last run began, by the engine's clock: names the run, for no two begin at once.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>As the engine writes it: a network's name, or <c>host</c>, <c>none</c>, <c>container:...</c>.</summary>
    public required string NetworkMode { get; init; }

    public required ImmutableArray<NetworkSeat> Networks { get; init; }

    /// <summary>Bytes; 0: none.</summary>
    public required long MemoryLimit { get; init; }

    /// <summary>Bytes of memory and swap together; 0 or -1: none.</summary>
    public required long SwapLimit { get; init; }

    /// <summary>The engine removes it at its end.</summary>
    public required bool AutoRemove { get; init; }

    /// <summary>How long the engine waits between its stop signal and its kill.</summary>
    public required TimeSpan StopTimeout { get; init; }

    /// <summary>It has a network namespace that is neither the host's nor another container's.</summary>
    public bool HasOwnNetwork => EngineContainer.IsOwnNetwork(NetworkMode);
}
