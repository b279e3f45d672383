namespace HmsOrleans.Cli.Commands;

/// <summary>What the program ends with; scripts go by it.</summary>
internal static class ExitCode
{
    public const int Ok = 0;

    /// <summary>The server said no, or something that cannot be understood.</summary>
    public const int Failed = 1;

    /// <summary>The command line is wrong, or what it names does not exist or is not one thing.</summary>
    public const int Usage = 2;

    /// <summary>No server answers.</summary>
    public const int NotReachable = 3;

    /// <summary>The key is missing, unknown, or does not permit this.</summary>
    public const int NotAllowed = 4;

    /// <summary>It was asked for trouble, and there is some.</summary>
    public const int Trouble = 5;

    /// <summary>Ended by Ctrl-C, as shells have it.</summary>
    public const int Interrupted = 130;
}
