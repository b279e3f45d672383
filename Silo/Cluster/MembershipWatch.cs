namespace HmsOrleans.Silo.Cluster;

/// <summary>
/// Asks every few seconds who is in the cluster. A node that was cut off learns in this way, soon after the cut, that it was declared
/// dead meanwhile (Orleans then calls <see cref="FatalErrors"/>); left to itself it would find out half a minute later.
/// </summary>
internal sealed partial class MembershipWatch(IClusterMembershipService membership, TimeProvider time, ILogger<MembershipWatch> logger) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(3);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var pause = Period;
        var silent = false;
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(pause, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
            limit.CancelAfter(Limit);
            try
            {
                await membership.Refresh(cancellationToken: limit.Token).AsTask().WaitAsync(limit.Token);
                pause = Period;
                if (silent)
                {
                    LogAnswers(logger);
                }
                silent = false;
            }
            // Whatever keeps the answer away: the question is asked again, and healing needs none.
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                pause = AfterFailure;
                if (!silent)
                {
                    LogSilent(logger, e is OperationCanceledException ? $"no answer within {Limit.TotalSeconds:0} s" : e.Message);
                }
                silent = true;
            }
            catch (Exception) // as above, while the node ends
            {
                return;
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "the cluster's database does not answer ({Reason}): healing goes on, and what is set is saved when it is back")]
    private static partial void LogSilent(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "the cluster's database answers again")]
    private static partial void LogAnswers(ILogger logger);
}
