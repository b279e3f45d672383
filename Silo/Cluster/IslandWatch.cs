namespace HmsOrleans.Silo.Cluster;

/// <summary>On a node that had to start without its cluster: ends it when the cluster's database is back, so that its next life joins.</summary>
internal sealed partial class IslandWatch(ClusterDatabase database, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<IslandWatch> logger) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <summary>The cluster can be joined.</summary>
    public bool DatabaseIsBack { get; private set; }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            var trouble = await database.TroubleAsync(stoppingToken);
            LogAlone(logger, trouble);
            while (trouble is not null)
            {
                await Task.Delay(Period, time, stoppingToken);
                trouble = await database.TroubleAsync(stoppingToken);
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

    [LoggerMessage(Level = LogLevel.Warning, Message = "the cluster's database cannot be used ({Trouble}): this node cares for its own host alone until it is back")]
    private static partial void LogAlone(ILogger logger, string? trouble);

    [LoggerMessage(Level = LogLevel.Information, Message = "the cluster's database answers again: this node ends, to be started again as a member")]
    private static partial void LogBack(ILogger logger);
}
