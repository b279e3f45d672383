using System.Collections.Immutable;

namespace HmsOrleans.Cli.Client;

/// <summary>A container, as the API shows it.</summary>
internal sealed record Container(
    string Id, string ShortId, string Name, string Image, string Host, string ContainerState, string ServiceState, string Health,
    double? PacketLoss, double? Rtt, long? Memory, double Threshold, int Restarts, Fault? LastFault, string Details, DateTimeOffset? StaleSince)
{
    public const string Healthy = "healthy";
    public const string Ignored = "ignored";

    /// <summary>What the monitor can think of a container.</summary>
    public static ImmutableArray<string> States { get; } =
        ["unknown", "starting", Healthy, "suspect", "restarting", "backingOff", "quarantined", Ignored];
}

/// <summary>What went wrong with a container.</summary>
internal sealed record Fault(string Cause, DateTimeOffset At, string Evidence);
