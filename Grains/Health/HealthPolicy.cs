namespace HmsOrleans.Grains.Health;

/// <summary>The rules for one container, after settings, labels and a person's wishes have been laid over one another.</summary>
[GenerateSerializer, Immutable, Alias("hms.HealthPolicy")]
public sealed record HealthPolicy
{
    /// <summary>False while the container is on the ignored list or opted out by label.</summary>
    [Id(0)] public bool Supervised { get; init; } = true;

    /// <summary>The container has been seen running under care before; a stop that nobody saw is then a fault too.</summary>
    [Id(1)] public bool Adopted { get; init; }

    /// <summary>Packet loss in percent (0-100) above which a restart is due. 100 switches it off.</summary>
    [Id(2)] public double Threshold { get; init; } = 60;

    /// <summary>Probes in a full burst.</summary>
    [Id(3)] public int ProbeCount { get; init; } = 20;

    /// <summary>When stops are healed.</summary>
    [Id(4)] public RestartMode Restart { get; init; } = RestartMode.Always;

    /// <summary>Time after a start during which packet loss is not held against the container.</summary>
    [Id(5)] public TimeSpan StartGrace { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Unbroken health after which a recovery counts as one and earlier failures are forgotten.</summary>
    [Id(6)] public TimeSpan RecoveredAfter { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Wait after the first failed recovery; doubled by each further one.</summary>
    [Id(7)] public TimeSpan BackOff { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Longest wait between two attempts.</summary>
    [Id(8)] public TimeSpan MaxBackOff { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Failed recoveries within <see cref="QuarantineWindow"/> that end the attempts.</summary>
    [Id(9)] public int QuarantineAfter { get; init; } = 10;

    [Id(10)] public TimeSpan QuarantineWindow { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Age beyond which evidence against a running container no longer justifies a restart.</summary>
    [Id(11)] public TimeSpan MaxEvidenceAge { get; init; } = TimeSpan.FromSeconds(1);
}

/// <summary>When stops are healed (label <c>hms.restart</c>).</summary>
[GenerateSerializer]
public enum RestartMode
{
    /// <summary>Any stop, whoever asked for it.</summary>
    Always,

    /// <summary>Only when the main process ended by itself with an exit code other than 0. A running container that fails is restarted.</summary>
    OnFailure,

    /// <summary>Watched, never touched.</summary>
    Never,
}
