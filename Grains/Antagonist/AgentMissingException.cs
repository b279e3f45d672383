namespace HmsOrleans.Grains.Antagonist;

/// <summary>No agent of the antagonist reports from a host.</summary>
[GenerateSerializer, Alias("hms.AgentMissingException")]
public sealed class AgentMissingException : Exception
{
    public AgentMissingException() { }

    public AgentMissingException(string message) : base(message) { }

    public AgentMissingException(string message, Exception innerException) : base(message, innerException) { }
}
