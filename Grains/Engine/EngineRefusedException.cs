namespace HmsOrleans.Grains.Engine;

/// <summary>The engine answered that it cannot do what was asked; the message is the engine's own.</summary>
public sealed class EngineRefusedException : Exception
{
    public EngineRefusedException() { }

    public EngineRefusedException(string message) : base(message) { }

    public EngineRefusedException(string message, Exception innerException) : base(message, innerException) { }
}
