using System.Globalization;
using HmsOrleans.Grains.Engine;
using HmsOrleans.Grains.Health;

namespace HmsOrleans.Grains.Containers;

/// <summary>Puts the health of a container into words and into its view.</summary>
internal static class ContainerSentence
{
    public static ContainerView? View(string host, ContainerHealth health, HealthPolicy policy)
    {
        if (health.Container is not { } container)
        {
            return null;
        }
        var ignored = health.State == HealthState.Ignored;
        return new ContainerView
        {
            Id = container.Id,
            ShortId = container.Id[..Math.Min(12, container.Id.Length)],
            Name = container.Name,
            Image = container.Image,
            Host = host,
            Addresses = [.. container.Addresses.Select(address => address.Address.ToString())],
            ContainerState = container.State,
            ServiceState = Service(health, container, policy),
            Health = health.Silence is null || ignored ? health.State : HealthState.Unknown,
            PacketLoss = ignored || health.PacketLoss is not { } loss ? null : Math.Round(loss, 1),
            Rtt = ignored || health.RoundTrip is not { } rtt ? null : Math.Round(rtt.TotalMilliseconds, 3),
            Memory = health.Memory,
            Threshold = policy.Threshold,
            Restarts = health.Restarts,
            LastFault = health.LastFault,
            Details = Details(health, container, policy),
        };
    }

    /// <summary>The cause of a fault as a person would say it.</summary>
    public static string Of(FaultCause cause) => cause switch
    {
        FaultCause.Stopped => "was stopped",
        FaultCause.Died => "died by itself",
        FaultCause.OutOfMemory => "ran out of memory",
        FaultCause.PacketLoss => "loses packets",
        FaultCause.Unhealthy => "is unhealthy",
        FaultCause.StartRefused => "could not be started",
        FaultCause.Disconnected => "was taken off its network",
        _ => throw new ArgumentOutOfRangeException(nameof(cause), cause, "unknown cause"),
    };

    /// <summary>Why a container cannot be restarted on demand; null when it can.</summary>
    public static string? WhyNotRestarted(ContainerView view, string? engineSilence) => (view, engineSilence) switch
    {
        (_, { } silence) => $"the engine of {view.Host} does not answer ({silence}): repeat this when it does",
        ({ Health: HealthState.Ignored }, _) => $"{view.Name} is ignored, and what is ignored is not touched: put it under supervision first, with PUT /containers/{view.Host}/{view.Name} (and the host, should that be what was removed)",
        ({ ContainerState: ContainerState.Paused }, _) => $"{view.Name} is paused, and whoever paused it wants it so: resume it first, with docker unpause {view.Name}",
        ({ ContainerState: ContainerState.Removing or ContainerState.Dead }, _) => $"the engine is removing {view.Name}: it can never run again",
        _ => null,
    };

    private static ServiceState Service(ContainerHealth health, EngineContainer container, HealthPolicy policy)
    {
        if (health.Silence is not null || health.State == HealthState.Ignored || container.State == ContainerState.Paused)
        {
            return ServiceState.Unknown;
        }
        if (container.State != ContainerState.Running)
        {
            return ServiceState.Down;
        }
        if (health.OffNetworkSince is not null || container.HealthCheck == HealthCheck.Unhealthy || health.PacketLoss > policy.Threshold)
        {
            return ServiceState.Degraded;
        }
        return health.State is HealthState.Healthy or HealthState.Quarantined ? ServiceState.Up : ServiceState.Unknown;
    }

    private static string Details(ContainerHealth health, EngineContainer container, HealthPolicy policy)
    {
        if (health.State == HealthState.Ignored)
        {
            return "ignored";
        }
        if (health.Silence is { } silence)
        {
            return $"not known: {silence}";
        }
        var fault = health.LastFault is { } last ? $"{Of(last.Cause)} ({last.Evidence})" : "";
        return health.State switch
        {
            HealthState.Restarting when health.Asked => $"{UnderWay(health)}, as asked",
            HealthState.Restarting => $"{fault}; {UnderWay(health)}",
            HealthState.BackingOff when health.RetryAt is { } retry => string.Create(CultureInfo.InvariantCulture,
                $"{fault}; failed {health.Failures} time{(health.Failures == 1 ? "" : "s")} in a row, next attempt at {retry:HH:mm:ss} UTC"),
            HealthState.BackingOff => string.Create(CultureInfo.InvariantCulture,
                $"{(fault.Length == 0 ? "ended" : fault)}; the engine restarts it under its own policy ({container.RestartPolicy}), {container.EngineRestarts} times so far"),
            HealthState.Quarantined => string.Create(CultureInfo.InvariantCulture,
                $"{fault}; given up after {health.Failures} failed recoveries, put it under supervision to try again"),
            _ when HealthMachine.AwaitsNetwork(health, policy) => "on no network, being confirmed",
            HealthState.Suspect when policy.Restart == RestartMode.Never =>
                $"{(health.OffNetworkSince is not null ? "is on no network" : container.HealthCheck == HealthCheck.Unhealthy ? "its health check fails" : "loses packets")}, left so by label hms.restart",
            HealthState.Suspect => "loses packets, being confirmed",
            HealthState.Starting when container.HealthCheck == HealthCheck.Starting => "starting, its health check has not passed yet",
            HealthState.Starting => "starting",
            HealthState.Healthy when health.Recovering => $"running again, not yet for good: {fault}",
            HealthState.Healthy => NoAddress(container) ?? (health.NotProbed is { } reason ? $"running, packet loss not measured: {reason}" : "running"),
            _ => Unjudged(container, policy),
        };
    }

    private static string UnderWay(ContainerHealth health) => health.Ordered switch
    {
        HealthAction.Connect => "being connected again",
        _ when health.IsRunning => "being restarted",
        _ => "being started",
    };

    private static string? NoAddress(EngineContainer container) => container switch
    {
        { HasOwnNetwork: true, Networks: [] } => "running, on no network since before it was first seen; connect it, if it should be on one",
        { Addresses: [] } => $"running; network {container.NetworkMode} gives it no address to ping",
        _ => null,
    };

    private static string Unjudged(EngineContainer container, HealthPolicy policy) => container.State switch
    {
        ContainerState.Paused => "paused",
        ContainerState.Created => "created, never started",
        ContainerState.Removing => "being removed",
        ContainerState.Dead => "dead: the engine could not remove it",
        ContainerState.Exited when container.AutoRemove => "ended, the engine removes it",
        ContainerState.Exited when policy.Restart != RestartMode.Always => string.Create(CultureInfo.InvariantCulture, $"ended with exit code {container.ExitCode}, left so by label hms.restart"),
        ContainerState.Exited => "was already stopped when first seen; start it, or put it under supervision",
        _ => "not judged yet",
    };
}
