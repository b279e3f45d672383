using HmsOrleans.Grains.Fleet;
using HmsOrleans.Grains.Incidents;
using HmsOrleans.Grains.Notifications;
using HmsOrleans.Grains.Settings;
using HmsOrleans.Grains.Telemetry;
using HmsOrleans.Tests.Cluster;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Newtonsoft.Json;
using Orleans.Serialization;
using Orleans.Storage;
using Xunit;
using static HmsOrleans.Tests.Notifications.FakeChannels;

namespace HmsOrleans.Tests.Notifications;

/// <summary>What tells people, in a real silo: each message once on each channel, whatever fails meanwhile.</summary>
public sealed class NotificationGrainTests : IAsyncLifetime
{
    private readonly FakeHistory _history = new();
    private readonly FakeChannels _channels = new();
    private readonly JsonStore _store = new();
    private readonly ShiftedTime _time = new();
    private readonly IHost _silo;

    public NotificationGrainTests()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Logging.SetMinimumLevel(LogLevel.None);
        builder.Services.Configure<NotificationOptions>(options => options.All = true);
        builder.Services.AddOptions<HistoryOptions>();
        builder.Services.AddSingleton(new NodeMode());
        builder.Services.AddSingleton<TimeProvider>(_time);
        builder.Services.AddSingleton<IIncidentStore>(_history);
        builder.Services.AddSingleton<INotificationChannels>(_channels);
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(11780, 30780);
            silo.Services.AddSingleton<NotificationMetrics>();
            silo.Services.AddKeyedSingleton<IGrainStorage>(StorageNames.Cluster, _store);
            // As the node does it.
            silo.Services.Configure<OrleansJsonSerializerOptions>(json => json.JsonSerializerSettings.PreserveReferencesHandling = PreserveReferencesHandling.None);
            silo.Services.Configure<OrleansJsonSerializerOptions>(json => json.JsonSerializerSettings.ObjectCreationHandling = ObjectCreationHandling.Replace);
        });
        _silo = builder.Build();
        _store.Serializer = _silo.Services.GetRequiredService<OrleansJsonSerializer>();
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private IGrainFactory Grains => _silo.Services.GetRequiredService<IGrainFactory>();

    private INotificationGrain Notifications => Grains.GetGrain<INotificationGrain>(INotificationGrain.Key);

    public async ValueTask InitializeAsync()
    {
        await _silo.StartAsync(Token);
        await Notifications.Wake(Token);
        // It listens from now on, and what is broken by then is told, too.
        await KeepAsync(Incident("before"));
    }

    public async ValueTask DisposeAsync()
    {
        _channels.Instead.Clear();
        await _silo.StopAsync();
        _silo.Dispose();
    }

    [Fact]
    public async Task Each_is_told_once_on_each_channel_although_the_history_repeats_itself_and_the_grain_begins_anew()
    {
        await UntilTakenAsync(One, "before");
        _history.Repeat();
        await KeepAsync(Incident("web"));
        await UntilTakenAsync(One, "before", "web");
        await UntilTakenAsync(Other, "before", "web");

        await TestSilo.EndAsync(Notifications);
        await Notifications.Wake(Token);
        _history.Repeat();
        await KeepAsync(Incident("db"));
        await UntilTakenAsync(Other, "before", "web", "db");
        await UntilTakenAsync(One, "before", "web", "db");

        // What is missed in a gap is read.
        _history.LeaveGap();
        await KeepAsync(Incident("web") with { Revision = 2, Outcome = IncidentOutcome.Recovered }, Incident("cache"));
        await UntilAsync("all of the gap is told", () => Task.FromResult(_channels.Taken(One).Count == 5));
        Assert.Equal(["cache on host is down", "web on host is well again"], _channels.Taken(One).Skip(3).Select(notice => notice.Title).Order(StringComparer.Ordinal));
        Assert.Equal(5, _channels.Taken(One).DistinctBy(notice => notice.Id).Count());
    }

    [Fact]
    public async Task While_nothing_can_be_saved_nothing_is_told_and_later_it_is_told_once()
    {
        await UntilTakenAsync(One, "before");
        await UntilTakenAsync(Other, "before");
        Assert.Null(await Notifications.WhenSaved(Token));
        _store.Trouble = "the database is down";
        await KeepAsync(Incident("web"));
        await UntilAsync("the message is made and cannot be saved", async () => (await Notifications.GetView(Token)).Channels[0].Waiting == 1 && await Notifications.WhenSaved(Token) is not null);
        Assert.Single(_channels.Taken(One));

        _store.Trouble = null;
        await UntilTakenAsync(One, "before", "web");
        await UntilTakenAsync(Other, "before", "web");
        await UntilAsync("all is saved", async () => await Notifications.WhenSaved(Token) is null);
        Assert.Equal((2, 2), (_channels.Taken(One).Count, _channels.Taken(Other).Count));
    }

    [Fact]
    public async Task A_history_that_fails_is_followed_again()
    {
        await UntilTakenAsync(One, "before");
        _history.Trouble = "the database is down";
        await Assert.ThrowsAnyAsync<Exception>(() => KeepAsync(Incident("web")));
        _history.Trouble = null;
        await KeepAsync(Incident("web"));

        await UntilTakenAsync(One, "before", "web");
    }

    [Fact]
    public async Task A_channel_that_hangs_or_fails_holds_up_no_other_and_gets_all_in_order_later()
    {
        _channels.Instead[Other] = _ => Task.FromResult(new Delivery("it answers 500"));
        await UntilTakenAsync(One, "before");
        var trouble = default(ChannelView);
        await UntilAsync("its trouble is seen", async () => (trouble = (await Notifications.GetView(Token)).Channels[1]).Trouble is not null);
        Assert.Equal((Other, "it answers 500", 1), (trouble!.Name, trouble.Trouble, trouble.Waiting));
        Assert.NotNull(trouble.TroubleSince);
        Assert.NotNull(trouble.NextAttempt);

        _channels.Instead[Other] = Hang;
        await KeepAsync(Incident("web"));
        await UntilTakenAsync(One, "before", "web");
        Assert.Empty(_channels.Taken(Other));

        // The grain's end does not wait for it, and what it was to deliver survives.
        await TestSilo.EndAsync(Notifications);
        _channels.Instead.Clear();
        await Notifications.Wake(Token);
        await UntilTakenAsync(Other, "before", "web");
        Assert.Equal(_channels.Taken(One).Select(notice => notice.Id), _channels.Taken(Other).Select(notice => notice.Id));
        var well = (await Notifications.GetView(Token)).Channels[1];
        Assert.Equal((0, (string?)null), (well.Waiting, well.Trouble));
        Assert.NotNull(well.LastSuccess);
    }

    [Fact]
    public async Task What_cannot_be_delivered_for_a_day_is_given_up_and_the_next_message_says_so()
    {
        await UntilTakenAsync(One, "before");
        await UntilTakenAsync(Other, "before");
        _channels.Instead[Other] = _ => Task.FromResult(new Delivery("it answers 404"));
        _channels.Instead[One] = _ => Task.FromResult(new Delivery("it answers 400", IsFinal: true));
        await KeepAsync(Incident("web"));
        await UntilAsync("both have failed", async () => (await Notifications.GetView(Token)).Channels is [{ Lost: 1 }, { Trouble: not null, Lost: 0 }]);
        _time.Shift(TimeSpan.FromHours(25));
        await UntilAsync("it is given up", async () => (await Notifications.GetView(Token)).Channels[1] is { Lost: 1, Waiting: 0 });

        _channels.Instead.Clear();
        await KeepAsync(Incident("db"));
        await UntilTakenAsync(One, "before", "db");
        await UntilTakenAsync(Other, "before", "db");
        Assert.Equal((1, 1), (_channels.Taken(One)[1].Missed, _channels.Taken(Other)[1].Missed));
        Assert.All((await Notifications.GetView(Token)).Channels, channel => Assert.Equal(0, channel.Lost));
    }

    [Fact]
    public async Task Mutes_and_windows_hold_at_once_and_survive()
    {
        await UntilTakenAsync(One, "before");
        var now = _time.GetUtcNow();
        await Notifications.Mute(new("host", "web", now.AddHours(1)), Token);
        await Notifications.Mute(new("host", "web", null), Token);
        await Notifications.AddWindow(new("w1", "other", now, now.AddHours(1)), Token);
        await TestSilo.EndAsync(Notifications);

        var view = await Notifications.GetView(Token);
        Assert.Equal(new Mute("host", "web", null), Assert.Single(view.Mutes));
        Assert.Equal(new MaintenanceWindow("w1", "other", now, now.AddHours(1)), Assert.Single(view.Windows));
        await KeepAsync(Incident("web"), Incident("web", "other"), Incident("db"));
        await UntilTakenAsync(One, "before", "db");
        Assert.NotNull(await Notifications.RemoveWindow("w1", Token));
        Assert.Null(await Notifications.RemoveWindow("w1", Token));
        await Notifications.Unmute("host", ["web"], Token);
        await UntilAsync("what is still broken is told", () => Task.FromResult(_channels.Taken(One).Count == 4));
    }

    [Fact]
    public async Task A_test_is_sent_at_once_and_once()
    {
        _channels.Instead[Other] = _ => Task.FromResult(new Delivery("it answers 500"));

        Assert.Equal([new(One, true, null), new(Other, false, "it answers 500")], await Notifications.Test(null, Token));
        Assert.Equal([new(One, true, null)], await Notifications.Test(One, Token));
        Assert.Empty(await Notifications.Test("nobody", Token));
        Assert.Equal(2, _channels.Taken(One).Count(notice => notice.Kind == NoticeKind.Test));
    }

    /// <summary>Waits until something holds; what the grain waits for comes ten times as quickly.</summary>
    private Task UntilAsync(string what, Func<Task<bool>> holds) => TestSilo.UntilAsync(what, () =>
    {
        _time.Shift(TimeSpan.FromMilliseconds(100));
        return holds();
    });

    private static Incident Incident(string container, string host = "host") =>
        NotificationStory.Container(container, host, TimeProvider.System.GetUtcNow());

    private Task KeepAsync(params Incident[] incidents) => Grains.GetGrain<IHistoryGrain>(IHistoryGrain.Key).Keep([.. incidents], Token);

    /// <summary>Waits until a channel has delivered messages of these containers, and no others, in this order.</summary>
    private async Task UntilTakenAsync(string channel, params string[] containers)
    {
        await UntilAsync($"{channel} has delivered {containers.Length} messages", () => Task.FromResult(_channels.Taken(channel).Count >= containers.Length));
        Assert.Equal(containers.Select(container => $"{container} on host is down"), _channels.Taken(channel).Select(notice => notice.Title));
    }
}
