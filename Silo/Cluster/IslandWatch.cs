using HmsOrleans.Grains.Fleet;

namespace HmsOrleans.Silo.Cluster;

/// <summary>On a node that had to start without its cluster: ends it when the cluster's database is back, so that its next life joins.</summary>
internal sealed partial class IslandWatch(ClusterDatabase database, FailedJoin failedJoin, NodeMode mode, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<IslandWatch> logger) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <summary>In a row, before it is believed.</summary>
    private const int Answers = 2;

    /// <summary>The cluster can be joined.</summary>
    public bool DatabaseIsBack { get; private set; }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            LogAlone(logger, mode.AloneBecause);
            // A database that comes and goes would end the node each time.
            for (var answers = 0; answers < Answers;)
            {
                await Task.Delay(Period, time, stoppingToken);
                answers = (await database.TroubleAsync(stoppingToken) ?? failedJoin.Reason) is null ? answers + 1 : 0;
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            return;
        }
        LogBack(logger);
        DatabaseIsBack = true;
        lifetime.StopApplication();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "this node cares for its own host alone, until it can join its cluster: {Reason}")]
    private static partial void LogAlone(ILogger logger, string? reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "this node ends, to be started again as a member of its cluster")]
    private static partial void LogBack(ILogger logger);
}
