namespace HmsOrleans.Antagonist.Faults;

/// <summary>A fault that is not caused where it was asked for; nothing was done. The message says why.</summary>
internal sealed class FaultRefusedException : Exception
{
    public FaultRefusedException() { }

    public FaultRefusedException(string message) : base(message) { }

    public FaultRefusedException(string message, Exception innerException) : base(message, innerException) { }
}
