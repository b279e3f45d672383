namespace HmsOrleans.Cli.Commands;

/// <summary>A command cannot do what it is asked; the message says why, and what to do.</summary>
internal sealed class CommandFailedException : Exception
{
    public CommandFailedException() { }

    public CommandFailedException(string message) : base(message) { }

    public CommandFailedException(string message, Exception innerException) : base(message, innerException) { }

    public CommandFailedException(int exitCode, string message, Exception? innerException = null) : base(message, innerException) => ExitCode = exitCode;

    public int ExitCode { get; } = Commands.ExitCode.Failed;
}
