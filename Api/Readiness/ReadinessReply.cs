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

    /// <summary>What a visitor without a key may know.</summary>
    internal ReadinessReply Bare() => new() { Ready = Ready, Status = Status };
}

/// <summary>Whether a node does its work.</summary>
public enum ReadinessStatus
{
    /// <summary>All of it.</summary>
    Ready,

    /// <summary>It heals containers, but has no prober or cannot save settings.</summary>
    Degraded,

    NotReady,
}

/// <summary>The process is up.</summary>
public sealed record LivenessReply(string Status);
