namespace HmsOrleans.Silo.Supervision;

/// <summary>
/// Gives signs of life while the node makes progress, and none while it does not. Its supervisor then starts it again: systemd by
/// itself; Docker, which knows no such signs, when the process ends.
/// </summary>
/// <param name="limit">Time without a sign after which the node is to be started again.</param>
/// <param name="look">How far the node has come.</param>
/// <param name="alive">Gives a sign of life.</param>
/// <param name="giveUp">Called when the limit is over; where it does nothing, the supervisor sees it by itself.</param>
/// <param name="lifetime">Says when the node has started, and when it ends.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Is told of a standstill.</param>
internal sealed partial class Watchdog(
    TimeSpan limit,
    Func<Progress> look,
    Action alive,
    Action giveUp,
    IHostApplicationLifetime lifetime,
    TimeProvider time,
    ILogger<Watchdog> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // A start and an end have time limits of the supervisor's own, and may well stand still.
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, lifetime.ApplicationStopping);
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var whenStarted = lifetime.ApplicationStarted.Register(started.SetResult);
        try
        {
            await started.Task.WaitAsync(stop.Token);
            await Watch(stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
        }
    }

    private async Task Watch(CancellationToken cancellationToken)
    {
        // Half of the limit, as systemd advises: a standstill is found at once after it, and acted upon before twice that.
        using var timer = new PeriodicTimer(limit / 2, time);
        alive();
        var last = look();
        for (var missed = 0; await timer.WaitForNextTickAsync(cancellationToken);)
        {
            var now = look();
            if (now.StandstillSince(last) is not { } standstill)
            {
                alive();
                missed = 0;
            }
            else
            {
                LogStandstill(logger, standstill, limit.TotalSeconds / 2);
                if (++missed == 2)
                {
                    giveUp();
                }
            }
            last = now;
        }
    }

    [LoggerMessage(Level = LogLevel.Critical, Message = "{What} since {Seconds} s: the node is to be started again unless that changes soon")]
    private static partial void LogStandstill(ILogger logger, string what, double seconds);
}
