using System.Text.Json.Serialization;
using HmsOrleans.Api.Hosts;

namespace HmsOrleans.Api.Readiness;

/// <summary>Whether this node does its work.</summary>
public sealed record ReadinessReply
{
    /// <summary>True with 200, false with 503.</summary>
    public required bool Ready { get; init; }

    public required ReadinessStatus Status { get; init; }

    /// <summary>Address of the host that this node is responsible for; left out for a node that only serves the API.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Host { get; init; }

    /// <summary>Why it is not ready, or what it has to do without.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Reason { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public EngineReply? Engine { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ProberReply? Prober { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public StorageReply? Storage { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public BrokerReply? Broker { get; init; }

    /// <summary>What a visitor without a key may know.</summary>
    internal ReadinessReply Bare() => new() { Ready = Ready, Status = Status };
}

/// <summary>The broker through which other programs send commands.</summary>
/// <param name="Connected">Commands can come in.</param>
/// <param name="Since">Since when that is so, or not (UTC).</param>
/// <param name="Reason">Why none come in; null while they can.</param>
/// <param name="DeadLetters">Messages that this node could not use since it started; they lie in the queue for dead letters.</param>
/// <param name="DeadLettersWaiting">Messages in that queue, whoever put them there, the broker too; null while that is not known.</param>
public sealed record BrokerReply(bool Connected, DateTimeOffset Since, string? Reason, long DeadLetters, long? DeadLettersWaiting);

/// <summary>Whether a node does its work.</summary>
public enum ReadinessStatus
{
    /// <summary>All of it.</summary>
    Ready,

    /// <summary>It heals containers, but is told no events, has no prober, cannot save settings, is cut off from its cluster or takes no commands from its broker.</summary>
    Degraded,

    NotReady,
}

/// <summary>The process is up.</summary>
public sealed record LivenessReply(string Status);
