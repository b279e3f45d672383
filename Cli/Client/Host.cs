namespace HmsOrleans.Cli.Client;

/// <summary>A Docker host with its containers, as GET /containers shows it.</summary>
internal sealed record Host(string Address, string State, DateTimeOffset? LastHeartbeat, HostStatus? Status, Container[] Containers)
{
    public const string Offline = "offline";

    /// <summary>Why nothing there can be judged; null while it can.</summary>
    public string? Blind => Hosts.Blind(State, Status);
}

/// <summary>A Docker host without its containers, as GET /hosts shows it.</summary>
internal sealed record HostSummary(string Address, string State, DateTimeOffset? LastHeartbeat, HostStatus? Status, HealthCounts? Containers)
{
    /// <inheritdoc cref="Host.Blind"/>
    public string? Blind => Hosts.Blind(State, Status);
}

internal sealed record HostStatus(bool Ready, bool Supervised, double Threshold, Engine Engine, Prober Prober, Storage Storage);

internal sealed record Engine(bool Answers, DateTimeOffset Since, string? Silence, string? NoEvents);

internal sealed record Prober(string Mode, string? Reason);

internal sealed record Storage(bool Saved, string? Reason);

internal sealed record HealthCounts(
    int Total, int Unknown, int Starting, int Healthy, int Suspect, int Restarting, int BackingOff, int Quarantined, int Ignored);

file static class Hosts
{
    public static string? Blind(string state, HostStatus? status) => (state, status) switch
    {
        (Host.Offline, _) => "offline",
        (_, { Engine: { Answers: false } engine }) => $"the engine is silent: {engine.Silence}",
        _ => null,
    };
}
