namespace HmsOrleans.Grains.Health;

/// <summary>What follows from a fact.</summary>
/// <param name="Next">The health after it.</param>
/// <param name="Action">What the host should do now; its end comes back as <see cref="Observation.RestartEnded"/> with <see cref="ContainerHealth.Attempt"/> of <paramref name="Next"/>.</param>
public readonly record struct Decision(ContainerHealth Next, HealthAction Action = HealthAction.None);

/// <summary>What the host should do with a container.</summary>
[GenerateSerializer]
public enum HealthAction
{
    None,

    /// <summary>Start it; it is not running.</summary>
    Start,

    /// <summary>Stop it as it wishes to be stopped, then start it.</summary>
    Restart,

    /// <summary>Give it back the places on networks that it has lost; it goes on running.</summary>
    Connect,
}
