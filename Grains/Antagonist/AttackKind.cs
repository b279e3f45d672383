namespace HmsOrleans.Grains.Antagonist;

/// <summary>What can be done to a container.</summary>
[GenerateSerializer]
public enum AttackKind
{
    /// <summary>Stopped through the engine, with its own stop signal.</summary>
    Stop,

    /// <summary>Killed through the engine.</summary>
    Kill,

    /// <summary>Its memory is filled up to its limit until the kernel kills something in it. Only containers that have a limit.</summary>
    Memory,

    /// <summary>A share of the packets towards it is dropped.</summary>
    Loss,

    /// <summary>Paused through the engine.</summary>
    Pause,

    /// <summary>Its main process hangs (SIGSTOP); the engine sees nothing of it.</summary>
    Freeze,

    /// <summary>Taken off its networks.</summary>
    Disconnect,

    /// <summary>Packets towards it are late. Needs a kernel with netem.</summary>
    Delay,

    /// <summary>The host's node is killed. Of the host, not of a container; only where the agent was started for it, as in a lab.</summary>
    KillSilo,

    /// <summary>The host's engine is killed. As <see cref="KillSilo"/>.</summary>
    KillEngine,

    /// <summary>The host is cut off from all others. As <see cref="KillSilo"/>.</summary>
    CutHost,
}

/// <summary>Kinds of attacks, by what they do.</summary>
public static class AttackKinds
{
    /// <summary>It ends the container, or a program of the host: what heals it is a start. The others impair a container that goes on running, for a while.</summary>
    public static bool Stops(this AttackKind kind) => kind is AttackKind.Stop or AttackKind.Kill or AttackKind.Memory or AttackKind.KillSilo or AttackKind.KillEngine;

    /// <summary>It is done to the host; all others are done to containers.</summary>
    public static bool IsOfHost(this AttackKind kind) => kind is AttackKind.KillSilo or AttackKind.KillEngine or AttackKind.CutHost;
}
