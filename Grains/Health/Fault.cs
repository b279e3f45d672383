using System.Collections.Immutable;

namespace HmsOrleans.Grains.Health;

/// <summary>Something that went wrong with a container, and how that is known.</summary>
/// <param name="Cause">What went wrong.</param>
/// <param name="At">When the evidence was complete (UTC).</param>
/// <param name="Evidence">The evidence in words, for a person: "exit code 137", "13 of 13 probes lost to 172.17.0.3".</param>
[GenerateSerializer, Immutable, Alias("hms.Fault")]
public sealed record Fault(
    [property: Id(0)] FaultCause Cause,
    [property: Id(1)] DateTimeOffset At,
    [property: Id(2)] string Evidence)
{
    /// <summary>When its first sign was seen: the first probe of the window that it was found by, where that is among these facts; that it was taken off its network, at the latest.</summary>
    public DateTimeOffset FirstSign(ImmutableArray<Observation> facts) =>
        Cause == FaultCause.Disconnected ? At - HealthMachine.NetworkPause : facts.OfType<Observation.Probed>().FirstOrDefault(probed => probed.At == At)?.Since ?? At;
}

/// <summary>Why a container needed healing.</summary>
[GenerateSerializer]
public enum FaultCause
{
    /// <summary>Stopped or killed through the engine's API, or while nobody watched; the container is not blamed.</summary>
    Stopped,

    /// <summary>Its main process ended by itself.</summary>
    Died,

    /// <summary>Its main process was killed by the kernel for want of memory.</summary>
    OutOfMemory,

    /// <summary>Runs, but too many probes go unanswered.</summary>
    PacketLoss,

    /// <summary>Runs, but its own health check fails.</summary>
    Unhealthy,

    /// <summary>The engine refused to start or restart it.</summary>
    StartRefused,

    /// <summary>Runs, but was taken off the last of its networks.</summary>
    Disconnected,
}
