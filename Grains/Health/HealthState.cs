namespace HmsOrleans.Grains.Health;

/// <summary>What the monitor thinks of a container.</summary>
[GenerateSerializer]
public enum HealthState
{
    /// <summary>Not judged: not seen yet, paused, never started, stopped before it came under care, or the observer is blind.</summary>
    Unknown,

    /// <summary>Running, but within its start grace, or its own health check has not passed yet.</summary>
    Starting,

    /// <summary>Running and answering.</summary>
    Healthy,

    /// <summary>Evidence against it, not yet enough for a restart.</summary>
    Suspect,

    /// <summary>A start or restart of it, or its connection to networks, is under way.</summary>
    Restarting,

    /// <summary>Failed again soon after a recovery; the next attempt waits.</summary>
    BackingOff,

    /// <summary>Failed too many recoveries in a row; a person has to look.</summary>
    Quarantined,

    /// <summary>Not under supervision.</summary>
    Ignored,

    /// <summary>Removed from the engine.</summary>
    Gone,
}
