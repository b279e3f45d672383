using HmsOrleans.Grains.Fleet;
using HmsOrleans.Grains.Notifications;
using HmsOrleans.Silo.Hosts;
using Microsoft.Extensions.Options;

namespace HmsOrleans.Silo.Notifications;

/// <summary>Sees that people are told: wakes the grain that does it, also after the loss of the node that it was on.</summary>
internal sealed partial class NotificationStart(
    IGrainFactory grains, INotificationChannels channels, IOptions<ChannelListOptions> options, NodeMode mode, SiloStart silo, TimeProvider time, ILogger<NotificationStart> logger)
    : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (channels.All.Length == 0 || mode.IsIsland)
        {
            return;
        }
        foreach (var channel in options.Value.Channels.Where(channel => new Uri(channel.Url!) is { Scheme: "http", IsLoopback: false }))
        {
            LogUnencrypted(logger, channel.Name!);
        }
        try
        {
            await silo.Active.WaitAsync(stoppingToken);
            using var timer = new PeriodicTimer(Period, time);
            do
            {
                await WakeAsync(stoppingToken);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    private async Task WakeAsync(CancellationToken cancellationToken)
    {
        try
        {
            await grains.GetGrain<INotificationGrain>(INotificationGrain.Key).Wake(cancellationToken).WaitAsync(cancellationToken);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested) // Whatever keeps it from its work now: it is woken again.
        {
            LogAsleep(logger, e.Message);
        }
    }

    [LoggerMessage(LogLevel.Warning, "the channel {Channel} goes over plain http: who is on the way can read its messages and its token")]
    private static partial void LogUnencrypted(ILogger logger, string channel);

    [LoggerMessage(LogLevel.Debug, "nobody tells people now: {Reason}")]
    private static partial void LogAsleep(ILogger logger, string reason);
}
