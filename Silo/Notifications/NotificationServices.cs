using HmsOrleans.Grains.Notifications;
using Microsoft.Extensions.Options;

namespace HmsOrleans.Silo.Notifications;

/// <summary>What notifications need on a node.</summary>
internal static class NotificationServices
{
    public static void AddNotifications(this IServiceCollection services)
    {
        services.AddOptions<NotificationOptions>().BindConfiguration(NotificationOptions.Section).ValidateOnStart();
        services.AddOptions<ChannelListOptions>().BindConfiguration(ChannelListOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<NotificationOptions>, NotificationOptionsValidator>();
        services.AddSingleton<IValidateOptions<ChannelListOptions>, ChannelListOptionsValidator>();
        services.AddChannels();
        services.AddHostedService<NotificationStart>();
    }

    /// <summary>Adds the channels, as <see cref="ChannelListOptions"/> say.</summary>
    public static void AddChannels(this IServiceCollection services)
    {
        services.AddSingleton<INotificationChannels, NotificationChannels>();
        services.AddHttpClient(NotificationChannels.Client, http =>
            {
                // The limit is the channels' own.
                http.Timeout = Timeout.InfiniteTimeSpan;
                http.DefaultRequestHeaders.UserAgent.ParseAdd("HmsOrleans");
            })
            // Whose address is the secret does not want it in logs and traces.
            .RemoveAllLoggers()
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, ActivityHeadersPropagator = null });
    }
}
