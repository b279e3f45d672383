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
}

/// <summary>Kinds of attacks, by what they do.</summary>
public static class AttackKinds
{
    /// <summary>It ends the container: what heals it is a start. The others impair a container that goes on running, for a while.</summary>
    public static bool Stops(this AttackKind kind) => kind is AttackKind.Stop or AttackKind.Kill or AttackKind.Memory;
}
