namespace HmsOrleans.Grains.Incidents;

/// <summary>The history cannot be read or written now; the message says why.</summary>
[GenerateSerializer, Alias("hms.HistoryUnavailableException")]
public sealed class HistoryUnavailableException : Exception
{
    public HistoryUnavailableException() { }

    public HistoryUnavailableException(string message) : base(message) { }

    public HistoryUnavailableException(string message, Exception innerException) : base(message, innerException) { }
}
