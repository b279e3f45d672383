namespace HmsOrleans.Antagonist.CommandLine;

/// <summary>A command cannot do what it is asked; the message says why, and what to do.</summary>
internal sealed class CommandFailedException : Exception
{
    /// <summary>Exit code of what may go well at the next try (EX_TEMPFAIL of sysexits.h): a service is started again. After 1 it is not.</summary>
    public const int TryAgain = 75;

    public CommandFailedException() { }

    public CommandFailedException(string message) : base(message) { }

    public CommandFailedException(string message, Exception innerException) : base(message, innerException) { }

    /// <summary>What the program ends with.</summary>
    public int ExitCode { get; init; } = 1;
}
