using HmsOrleans.Grains.Health;

namespace HmsOrleans.Grains.Incidents;

/// <summary>What is remembered of a container to tell its incidents; <see cref="IncidentLog"/> turns it and what is new into the next.</summary>
internal sealed record IncidentTrail
{
    public static IncidentTrail Empty { get; } = new();

    /// <summary>Its last incident, without the capture; null before the first.</summary>
    public Incident? Incident { get; init; }

    /// <summary>The last fault that was taken in.</summary>
    public Fault? Fault { get; init; }

    /// <summary>The container's number of the last attempt that was taken in; its numbers begin anew with each life of the node.</summary>
    public int Attempt { get; init; }

    /// <summary>An incident is open.</summary>
    public bool IsOpen => Incident is { Outcome: IncidentOutcome.Open };
}
