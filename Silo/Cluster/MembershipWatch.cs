namespace HmsOrleans.Silo.Cluster;

/// <summary>
/// Asks every few seconds who is in the cluster. A node that was cut off learns in this way, soon after the cut, that it was declared
/// dead meanwhile (Orleans then calls <see cref="FatalErrors"/>); left to itself it would find out half a minute later.
/// </summary>
internal sealed class MembershipWatch(IClusterMembershipService membership, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(3);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var pause = Period;
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(pause, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
            limit.CancelAfter(Limit);
            try
            {
                await membership.Refresh(cancellationToken: limit.Token).AsTask().WaitAsync(limit.Token);
                pause = Period;
            }
            catch (Exception) // Whatever keeps the answer away: the question is asked again, and healing needs none.
            {
                pause = AfterFailure;
            }
        }
    }
}
