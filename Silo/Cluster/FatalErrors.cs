namespace HmsOrleans.Silo.Cluster;

/// <summary>What Orleans cannot go on after ends the process at once: every second in a life that the cluster has written off is lost.</summary>
internal sealed class FatalErrors : IFatalErrorHandler
{
    public bool IsUnexpected(Exception exception) => true;

    public void OnFatalException(object? sender = null, string? context = null, Exception? exception = null)
    {
        // Not through the logger, which writes behind our back.
        Console.Error.WriteLine($"this node has lost its place in the cluster and ends, to be started again: {context ?? exception?.Message}");
        Environment.Exit(ExitCodes.LostItsPlace);
    }
}
