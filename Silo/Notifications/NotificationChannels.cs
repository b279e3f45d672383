using System.Collections.Immutable;
using HmsOrleans.Grains.Notifications;
using Microsoft.Extensions.Options;

namespace HmsOrleans.Silo.Notifications;

/// <summary>The channels that are configured.</summary>
internal sealed partial class NotificationChannels(
    IOptions<ChannelListOptions> options, IHttpClientFactory clients, TimeProvider time, ILogger<NotificationChannels> logger) : INotificationChannels
{
    /// <summary>Name of their HTTP client.</summary>
    public const string Client = "notifications";

    /// <summary>Longest wait for a receiver.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private readonly ImmutableDictionary<string, ChannelOptions> _channels = options.Value.Channels.ToImmutableDictionary(channel => channel.Name!);

    public ImmutableArray<ChannelInfo> All { get; } = [.. options.Value.Channels.Select(channel => new ChannelInfo(channel.Name!, channel.Type!))];

    public async Task<Delivery> DeliverAsync(string channel, Notice notice, CancellationToken cancellationToken)
    {
        using var timer = new CancellationTokenSource(Limit, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        try
        {
            // WaitAsync: looking up a name does not always heed the token.
            return await DeliverAsync(_channels[channel], notice, limit.Token).WaitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            return new(timer.IsCancellationRequested ? $"no answer within {Limit.TotalSeconds:0} s" : "no answer in the time that there was");
        }
        catch (Exception e) // Whatever it is, it must not keep the other messages from being delivered.
        {
            LogFault(logger, e.GetType().Name, channel);
            return new($"a fault of the program: {e.GetType().Name}");
        }
    }

    private async Task<Delivery> DeliverAsync(ChannelOptions channel, Notice notice, CancellationToken cancellationToken)
    {
        if (channel.Type == ChannelType.Email.Name)
        {
            return await MailDelivery.SendAsync(channel, notice, cancellationToken);
        }
        using var request = NoticeFormats.Request(channel, notice, time.GetUtcNow());
        return await WebDelivery.PostAsync(clients.CreateClient(Client), request, cancellationToken);
    }

    [LoggerMessage(LogLevel.Error, "{Fault} in the delivery by channel {Channel}")]
    private static partial void LogFault(ILogger logger, string fault, string channel);
}
