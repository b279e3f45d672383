using HmsOrleans.Grains.Fleet;
using HmsOrleans.Silo.Hosts;

namespace HmsOrleans.Silo.Cluster;

/// <summary>What Orleans cannot go on after ends the process at once: every second in a life that the cluster has written off is lost.</summary>
internal sealed class FatalErrors(SiloStart start, NodeMode mode, FailedJoin failedJoin) : IFatalErrorHandler
{
    public bool IsUnexpected(Exception exception) => true;

    public void OnFatalException(object? sender = null, string? context = null, Exception? exception = null)
    {
        var reason = (context ?? exception?.Message ?? "").Split('\n')[0].Trim();
        // Not through the logger, which writes behind our back.
        if (start.Active.IsCompleted || mode.IsIsland)
        {
            Console.Error.WriteLine($"this node has lost its place in the cluster and ends, to be started again: {reason}");
            Environment.Exit(ExitCodes.LostItsPlace);
        }
        failedJoin.Note("not all of its nodes can be reached");
        Console.Error.WriteLine($"the cluster could not be joined, this node ends, to be started again on its own: {reason}");
        Environment.Exit(ExitCodes.OtherLife);
    }
}
