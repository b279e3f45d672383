namespace HmsOrleans.Grains.Hosts;

/// <summary>No silo for a host is in the cluster now, or it did not answer in time.</summary>
[GenerateSerializer, Alias("hms.HostUnavailableException")]
public sealed class HostUnavailableException : Exception
{
    public HostUnavailableException() { }

    public HostUnavailableException(string message) : base(message) { }

    public HostUnavailableException(string message, Exception innerException) : base(message, innerException) { }

    /// <param name="host">Address of the host.</param>
    /// <param name="message">What was tried, and what came of it.</param>
    /// <param name="isStarting">See <see cref="IsStarting"/>.</param>
    public HostUnavailableException(string host, string message, bool isStarting = false) : base(message) => (Host, IsStarting) = (host, isStarting);

    /// <summary>Address of the host.</summary>
    [Id(0)] public string Host { get; private set; } = "";

    /// <summary>Its node has just started, and can do in a moment what it could not do now.</summary>
    [Id(1)] public bool IsStarting { get; private set; }
}
