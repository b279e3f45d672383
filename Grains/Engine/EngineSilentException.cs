namespace HmsOrleans.Grains.Engine;

/// <summary>The engine could not be asked: it is gone, frozen, or its socket is missing. Says nothing about any container.</summary>
public sealed class EngineSilentException : Exception
{
    public EngineSilentException() { }

    public EngineSilentException(string message) : base(message) { }

    public EngineSilentException(string message, Exception innerException) : base(message, innerException) { }
}
