using System.Collections.Immutable;
using System.Globalization;
using HmsOrleans.Grains.Containers;
using HmsOrleans.Grains.Engine;
using HmsOrleans.Grains.Health;

namespace HmsOrleans.Grains.Incidents;

/// <summary>
/// Makes incidents of what a host learns about its containers. Pure: no clock, no store. An incident begins with a fault and ends
/// when the container has stayed well, or nobody tries any more; faults in between belong to it.
/// </summary>
internal static class IncidentLog
{
    /// <summary>Attempts of an incident that are kept: so many of the first, the rest of the last.</summary>
    private const int FirstAttempts = 20;
    private const int MostAttempts = 50;
    private const int MostOutages = 50;

    /// <summary>Takes in what a container has answered to facts.</summary>
    /// <param name="trail">What was known.</param>
    /// <param name="host">Address of its host.</param>
    /// <param name="facts">What it was told.</param>
    /// <param name="report">What it answered.</param>
    /// <param name="now">When that was.</param>
    /// <returns>What is known now, and the incidents that have changed, each with its next revision.</returns>
    public static (IncidentTrail Next, ImmutableArray<Incident> Changed) Follow(
        IncidentTrail trail, string host, ImmutableArray<Observation> facts, ContainerReport report, DateTimeOffset now)
    {
        if (report.View is not { } view)
        {
            return (trail, []);
        }
        var next = EndAttempts(trail, facts);
        ImmutableArray<Incident> superseded = [];
        if (FaultOf(next, view, report.Container, now) is { } fault && fault != next.Fault)
        {
            if (next.Fault is { } last && last.At == fault.At)
            {
                next = next with { Incident = next.IsOpen ? Rename(next.Incident!, last, fault) : next.Incident, Fault = fault };
            }
            else if (next.IsOpen)
            {
                next = next with { Incident = Down(next.Incident!, DownSince(fault, facts, report.Container) ?? now), Fault = fault };
            }
            else
            {
                if (next.Incident is { IsOver: false } given)
                {
                    superseded = [Revised(trail.Incident, Up(given, now))];
                }
                next = new() { Incident = Begin(host, view, report.Container, fault, DownSince(fault, facts, report.Container), now), Fault = fault, Attempt = next.Attempt };
                trail = trail with { Incident = null };
            }
        }
        if (report.Action != HealthAction.None && next is { IsOpen: true, Fault: { } why })
        {
            next = next with { Incident = Try(next.Incident!, report, why, now), Attempt = report.Attempt };
        }
        if (next.Incident is { } incident)
        {
            next = next with { Incident = Revised(trail.Incident, End(Judge(incident, view, report, now), view, report, now)) };
        }
        return (next, next.Incident is { } told && !ReferenceEquals(told, trail.Incident) ? superseded.Add(told) : superseded);
    }

    /// <summary>An incident that another life of the node left behind.</summary>
    public static IncidentTrail Resume(Incident incident, DateTimeOffset now) =>
        new() { Incident = incident with { Capture = null, Attempts = [.. incident.Attempts.Select(attempt => attempt.EndedAt is null ? attempt with { EndedAt = now, Outcome = RestartOutcome.Withdrawn } : attempt)] } };

    /// <summary>The incident with an end, for a reason that is not its container's to tell.</summary>
    public static Incident End(Incident incident, IncidentOutcome outcome, DateTimeOffset now) => incident with
    {
        Revision = incident.Revision + 1,
        Outcome = outcome,
        EndedAt = incident.EndedAt ?? now,
        RunningAgainAt = outcome == IncidentOutcome.Recovered ? now : incident.RunningAgainAt,
        Outages = Close(incident.Outages, now),
    };

    /// <summary>An incident of a host itself.</summary>
    public static Incident OfHost(string host, IncidentCause cause, string evidence, DateTimeOffset? downSince, DateTimeOffset now) => new()
    {
        Id = Guid.CreateVersion7(now).ToString("N"),
        Revision = 1,
        Host = host,
        Cause = cause,
        Evidence = evidence,
        DownSince = downSince,
        FaultAt = now,
        Outages = [new(downSince ?? now, null)],
    };

    private static Incident Begin(string host, ContainerView view, EngineContainer? container, Fault fault, DateTimeOffset? downSince, DateTimeOffset now) =>
        OfHost(host, CauseOf(fault.Cause), fault.Evidence, downSince, now) with
        {
            Revision = 0,
            ContainerId = view.Id,
            Container = view.Name,
            Image = view.Image,
            Notify = container is null || ContainerLabels.Read(container.Labels).Notify != false,
        };

    /// <summary>The trail with the end of its attempt, where facts tell of it.</summary>
    public static IncidentTrail EndAttempts(IncidentTrail trail, ImmutableArray<Observation> facts)
    {
        if (facts.OfType<Observation.RestartEnded>().LastOrDefault(ended => ended.Attempt == trail.Attempt) is not { } end
            || trail.Incident is not { Attempts: [.., { } last] attempts } incident
            // What the engine said counts, whether it was heard before or after the order was believed lost.
            || (last.EndedAt is not null && (last.Outcome != RestartOutcome.Withdrawn || end.Outcome == RestartOutcome.Withdrawn)))
        {
            return trail;
        }
        return trail with { Incident = incident with { Attempts = attempts.SetItem(attempts.Length - 1, last with { EndedAt = end.At, Outcome = end.Outcome, Detail = end.Detail }) } };
    }

    /// <summary>The last fault; one that the engine heals by itself may never have been told of.</summary>
    private static Fault? FaultOf(IncidentTrail trail, ContainerView view, EngineContainer? container, DateTimeOffset now) =>
        view.LastFault is { } fault && fault != trail.Fault ? fault
        : view.Health == HealthState.BackingOff && !trail.IsOpen ? new(FaultCause.Died, now, string.Create(CultureInfo.InvariantCulture, $"exit code {container?.ExitCode}"))
        : trail.Fault;

    /// <summary>Why something happened may be known only later.</summary>
    private static Incident Rename(Incident incident, Fault last, Fault fault)
    {
        var cause = CauseOf(last.Cause);
        return incident with
        {
            Cause = incident.Cause == cause && incident.Evidence == last.Evidence ? CauseOf(fault.Cause) : incident.Cause,
            Evidence = incident.Evidence == last.Evidence ? fault.Evidence : incident.Evidence,
            Attempts = incident.Attempts is [.., { } attempt] && attempt.Cause == cause && attempt.Evidence == last.Evidence
                ? incident.Attempts.SetItem(incident.Attempts.Length - 1, attempt with { Cause = CauseOf(fault.Cause), Evidence = fault.Evidence })
                : incident.Attempts,
        };
    }

    private static Incident Try(Incident incident, ContainerReport report, Fault fault, DateTimeOffset now)
    {
        var number = incident.Attempts is [.., { } last] ? Math.Max(report.Attempt, last.Number + 1) : report.Attempt;
        var attempts = incident.Attempts.Add(new(number, now, report.Action, CauseOf(fault.Cause), fault.Evidence));
        return incident with { Attempts = attempts.Length > MostAttempts ? attempts.RemoveAt(FirstAttempts) : attempts };
    }

    /// <summary>Whether it runs.</summary>
    private static Incident Judge(Incident incident, ContainerView view, ContainerReport report, DateTimeOffset now) => view switch
    {
        _ when incident.Outcome is not (IncidentOutcome.Open or IncidentOutcome.Quarantined) || IsOffNetwork(incident, report) => incident,
        { ContainerState: ContainerState.Running, Health: HealthState.Starting or HealthState.Healthy or HealthState.Suspect } or { ServiceState: ServiceState.Up } =>
            Up(incident, report.Container?.StartedAt is { } start && start <= now && incident.Outages is [.., { } last] && start > last.From ? start : now),
        { ContainerState: ContainerState.Exited or ContainerState.Restarting, Health: HealthState.BackingOff or HealthState.Quarantined } =>
            Down(incident, report.Container?.FinishedAt ?? now),
        _ => incident,
    };

    /// <summary>That it is on no network is what is wrong with it; a later life of the node does not know what to give it back.</summary>
    private static bool IsOffNetwork(Incident incident, ContainerReport report) =>
        report.Container is { State: ContainerState.Running, HasOwnNetwork: true, Networks: [] }
        && (incident.Cause == IncidentCause.Disconnected || incident.Attempts.Any(attempt => attempt.Cause == IncidentCause.Disconnected));

    private static Incident Up(Incident incident, DateTimeOffset at) =>
        incident.Outages is [.., { To: null }] ? incident with { RunningAgainAt = at, Outages = Close(incident.Outages, at) } : incident;

    private static Incident Down(Incident incident, DateTimeOffset at)
    {
        if (incident.Outages is not [.., { To: { } end }])
        {
            return incident;
        }
        var outages = incident.Outages.Add(new(at > end ? at : end, null));
        if (outages.Length > MostOutages)
        {
            var (first, second) = (outages[0], outages[1]);
            outages = outages.RemoveAt(0).SetItem(0, second with { From = second.From - (first.To!.Value - first.From) });
        }
        return incident with { RunningAgainAt = null, Outages = outages };
    }

    private static ImmutableArray<Outage> Close(ImmutableArray<Outage> outages, DateTimeOffset at) =>
        outages is [.., { To: null } last] ? outages.SetItem(outages.Length - 1, last with { To = at > last.From ? at : last.From }) : outages;

    /// <summary>How a container that was in trouble has ended up; null while that is open.</summary>
    public static IncidentOutcome? OutcomeOf(ContainerReport report) => report.View switch
    {
        _ when report.Gone => IncidentOutcome.Removed,
        { Health: HealthState.Ignored } => IncidentOutcome.Ignored,
        { Health: HealthState.Quarantined } => IncidentOutcome.Quarantined,
        { Health: HealthState.Healthy } when !report.Recovering => IncidentOutcome.Recovered,
        // It is left as it is, by its label: one that ended with success has done what it was to do.
        { Health: HealthState.Unknown, ServiceState: ServiceState.Down, ContainerState: ContainerState.Exited } =>
            report.Container?.ExitCode == 0 ? IncidentOutcome.Recovered : IncidentOutcome.Ignored,
        _ => null,
    };

    private static Incident End(Incident incident, ContainerView view, ContainerReport report, DateTimeOffset now)
    {
        // One that was given up is open to what people do only.
        var isOpen = (incident.Outcome == IncidentOutcome.Open && (!IsOffNetwork(incident, report) || view.Health == HealthState.Quarantined)) || report.Gone || view.Health == HealthState.Ignored;
        var outcome = incident.IsOver || !isOpen ? null : OutcomeOf(report);
        return outcome is not { } ended ? incident : incident with
        {
            Outcome = ended,
            EndedAt = incident.EndedAt ?? now,
            Outages = ended == IncidentOutcome.Quarantined ? incident.Outages : Close(incident.Outages, now),
        };
    }

    /// <summary>The incident, as the next revision where it differs from the last.</summary>
    private static Incident Revised(Incident? last, Incident next) =>
        ReferenceEquals(last, next) ? next : next with { Revision = (last?.Revision ?? 0) + 1 };

    /// <summary>When it began to be down; null where that cannot be known.</summary>
    private static DateTimeOffset? DownSince(Fault fault, ImmutableArray<Observation> facts, EngineContainer? container) => fault.Cause switch
    {
        FaultCause.Stopped or FaultCause.Died or FaultCause.OutOfMemory =>
            container is { State: ContainerState.Exited, FinishedAt: { } finished } && finished <= fault.At ? finished : fault.At,
        FaultCause.PacketLoss => facts.OfType<Observation.Probed>().LastOrDefault(probed => probed.At == fault.At)?.Since,
        FaultCause.Disconnected => fault.FirstSign(facts),
        _ => null,
    };

    private static IncidentCause CauseOf(FaultCause cause) => cause switch
    {
        FaultCause.Stopped => IncidentCause.Stopped,
        FaultCause.Died => IncidentCause.Died,
        FaultCause.OutOfMemory => IncidentCause.OutOfMemory,
        FaultCause.PacketLoss => IncidentCause.PacketLoss,
        FaultCause.Unhealthy => IncidentCause.Unhealthy,
        FaultCause.StartRefused => IncidentCause.StartRefused,
        FaultCause.Disconnected => IncidentCause.Disconnected,
        _ => throw new ArgumentOutOfRangeException(nameof(cause), cause, "unknown cause"),
    };
}
