namespace HmsOrleans.Antagonist.Faults;

/// <summary>A fault that could not be caused, or not be undone. The message says why.</summary>
internal sealed class FaultFailedException : Exception
{
    public FaultFailedException() { }

    public FaultFailedException(string message) : base(message) { }

    public FaultFailedException(string message, Exception innerException) : base(message, innerException) { }
}
