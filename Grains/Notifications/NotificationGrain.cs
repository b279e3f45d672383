using System.Collections.Immutable;
using HmsOrleans.Grains.Fleet;
using HmsOrleans.Grains.Incidents;
using HmsOrleans.Grains.Settings;
using HmsOrleans.Grains.Telemetry;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Concurrency;
using Orleans.Storage;

namespace HmsOrleans.Grains.Notifications;

/// <remarks>
/// Reentrant: its turns leave nothing half made at an await, and a channel that takes its time must not hold up the others. A message
/// is delivered only after it is saved together with the cursor from which it came, so that it is made once whatever dies.
/// </remarks>
[Reentrant, KeepAlive]
[System.Diagnostics.CodeAnalysis.SuppressMessage("Reliability", "CA1001", Justification = "Work beside the turns may outlive the grain by a moment and still ask for the token; the field holds nothing but memory.")]
internal sealed partial class NotificationGrain(
    [PersistentState("notifications", StorageNames.Cluster)] IPersistentState<NotificationState> store,
    INotificationChannels channels,
    IOptions<NotificationOptions> options,
    NodeMode mode,
    NotificationMetrics metrics,
    TimeProvider time,
    ILogger<NotificationGrain> logger) : Grain, INotificationGrain
{
    /// <summary>A message that could not be delivered for so long is given up.</summary>
    internal static readonly TimeSpan GiveUpAfter = TimeSpan.FromHours(24);

    private static readonly TimeSpan Period = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(30);

    /// <summary>Somebody waits for the answer, and a call between grains ends after five seconds.</summary>
    private static readonly TimeSpan TestLimit = TimeSpan.FromSeconds(3);

    private readonly CancellationTokenSource _stopping = new();
    private readonly ImmutableArray<ChannelQueue> _queues = [.. channels.All.Select(channel => new ChannelQueue(channel))];
    private SettingsKeeper<NotificationState> _state = null!;

    private NotificationState State => _state.Current;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _state = new(store.State, Save, time, logger, _stopping.Token);
        if (mode.IsIsland)
        {
            return Task.CompletedTask;
        }
        var log = State.Log.For([.. _queues.Select(queue => queue.Channel.Name)]);
        // With nobody to tell, nothing is followed: whoever is told one day does not want to hear of today.
        if (_queues.Length == 0)
        {
            Change(new() { Log = log, Book = new() { Mutes = State.Book.Mutes, Windows = State.Book.Windows } });
            return Task.CompletedTask;
        }
        Change(State with { Log = log });
        _ = Follow();
        this.RegisterGrainTimer(OnPeriod, new() { DueTime = Period, Period = Period, Interleave = true, KeepAlive = true });
        return Task.CompletedTask;
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        metrics.Note([]);
        await _stopping.CancelAsync();
        // What is being delivered now would be delivered again by the next life.
        await Task.WhenAll(_queues.Select(queue => queue.Delivering));
        if (await _state.WhenSaved(cancellationToken) is not null)
        {
            try
            {
                await Save(State, cancellationToken);
            }
            catch (Exception e) // Whatever the store throws: the next life begins with what is saved, and may deliver again what was delivered.
            {
                LogNotSaved(logger, e.Message);
            }
        }
    }

    public Task Wake(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task<NotificationView> GetView(CancellationToken cancellationToken) => Task.FromResult(View());

    public Task<NotificationView> Mute(Mute mute, CancellationToken cancellationToken)
    {
        var book = State.Book;
        return Changed(book with { Mutes = [.. book.Mutes.Where(other => (other.Host, other.Container) != (mute.Host, mute.Container)), mute] });
    }

    public Task<NotificationView> Unmute(string host, ImmutableArray<string> containers, CancellationToken cancellationToken)
    {
        var book = State.Book;
        return Changed(book with { Mutes = [.. book.Mutes.Where(mute => mute.Host != host || !containers.Contains(mute.Container))] });
    }

    public Task<NotificationView> AddWindow(MaintenanceWindow window, CancellationToken cancellationToken) =>
        Changed(State.Book with { Windows = [.. State.Book.Windows.Append(window).OrderBy(one => one.From)] });

    public async Task<NotificationView?> RemoveWindow(string id, CancellationToken cancellationToken) =>
        State.Book.Windows.Any(window => window.Id == id)
            ? await Changed(State.Book with { Windows = [.. State.Book.Windows.Where(window => window.Id != id)] })
            : null;

    public async Task<ImmutableArray<ChannelTest>> Test(string? channel, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var notice = new Notice
        {
            Id = $"{Guid.CreateVersion7(now):N}-test",
            At = now,
            Kind = NoticeKind.Test,
            Title = "Test of HmsOrleans",
            Text = "Somebody asked for this message, to see whether notifications arrive.",
        };
        using var timer = new CancellationTokenSource(TestLimit, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        return [.. await Task.WhenAll(_queues.Select(queue => queue.Channel).Where(one => channel is null || one.Name == channel).Select(async one =>
        {
            var delivery = await channels.DeliverAsync(one.Name, notice, limit.Token);
            metrics.Sent(one.Type, delivery.Trouble is null ? NotificationOutcome.Delivered : NotificationOutcome.Failed);
            return new ChannelTest(one.Name, delivery.Trouble is null, delivery.Trouble);
        }))];
    }

    public Task<string?> WhenSaved(CancellationToken cancellationToken) => _state.WhenSaved(cancellationToken);

    private NotificationView View()
    {
        var now = time.GetUtcNow();
        return new(
            [.. _queues.Select(queue => (queue, progress: State.Log.Channels.GetValueOrDefault(queue.Channel.Name))).Select(one => new ChannelView(
                one.queue.Channel.Name, one.queue.Channel.Type, one.progress is null ? 0 : State.Log.Waiting(one.queue.Channel.Name), one.progress?.Lost ?? 0,
                one.progress?.LastSuccess, one.queue.Trouble, one.queue.TroubleSince, one.queue.NextAttempt))],
            [.. State.Book.Mutes.Where(mute => !(mute.Until <= now))],
            [.. State.Book.Windows.Where(window => window.Until > now)]);
    }

    private Task<NotificationView> Changed(NotificationBook book)
    {
        Change(State with { Book = book });
        return Task.FromResult(View());
    }

    private void Change(NotificationState next)
    {
        if (next != State)
        {
            _state.Change(next);
        }
    }

    private async Task Save(NotificationState next, CancellationToken cancellationToken)
    {
        var saved = store.State;
        store.State = next;
        try
        {
            await store.WriteStateAsync(cancellationToken);
        }
        catch (Exception e)
        {
            store.State = saved;
            if (e is InconsistentStateException)
            {
                // Another life of this grain has written, or an attempt of ours that was given up: the next life reads what holds.
                DeactivateOnIdle();
            }
            throw;
        }
    }

    /// <summary>Follows the history as long as the grain lives.</summary>
    private async Task Follow()
    {
        var pause = FirstPause;
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                await FollowOnce(GrainFactory.GetGrain<IHistoryGrain>(IHistoryGrain.Key));
                pause = FirstPause;
                // In a storm it takes in many at once, and saves them at once.
                await Task.WhenAny(Task.Delay(Period, time, _stopping.Token));
            }
            catch (Exception e) // Whatever the history cannot do now: what it has to tell waits for us.
            {
                if (_stopping.IsCancellationRequested)
                {
                    return;
                }
                LogHistorySilent(logger, e.Message);
                await Task.WhenAny(Task.Delay(pause, time, _stopping.Token));
                pause = pause * 2 < MaxPause ? pause * 2 : MaxPause;
            }
        }
    }

    private async Task FollowOnce(IHistoryGrain history)
    {
        var cursor = State.Cursor;
        var news = await history.Watch(cursor, _stopping.Token).WaitAsync(_stopping.Token);
        ImmutableArray<Incident> anew = cursor is null || news.HasGap ? await ReadAnew(history) : [];
        var now = time.GetUtcNow();
        var book = State.Book;
        foreach (var incident in anew.Concat(news.Incidents))
        {
            book = NotificationRules.Take(book, incident, now, options.Value);
        }
        Change(State with { Cursor = news.Cursor, Book = book });
    }

    /// <summary>What is open, and what has become of those that were.</summary>
    private async Task<ImmutableArray<Incident>> ReadAnew(IHistoryGrain history)
    {
        var incidents = ImmutableArray.CreateBuilder<Incident>();
        string? before = null;
        do
        {
            var page = await history.Find(new() { Outcomes = [IncidentOutcome.Open], Before = before, Limit = 500 }, _stopping.Token).WaitAsync(_stopping.Token);
            incidents.AddRange(page.Incidents);
            before = page.Next;
        }
        while (before is not null);
        foreach (var id in State.Book.Watched.Keys.Except(incidents.Select(incident => incident.Id)).ToList())
        {
            if (await history.GetIncident(id, _stopping.Token).WaitAsync(_stopping.Token) is { } incident)
            {
                incidents.Add(incident);
            }
        }
        return incidents.DrainToImmutable();
    }

    private Task OnPeriod(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var (book, notices) = NotificationRules.Tell(State.Book, now, options.Value);
        Change(State with { Book = book, Log = notices.Length == 0 ? State.Log : State.Log.Add(notices) });
        foreach (var notice in notices)
        {
            LogTold(logger, notice.Title);
        }
        metrics.Note([.. _queues.Select(queue => (queue.Channel.Name, State.Log.Waiting(queue.Channel.Name)))]);
        foreach (var queue in _queues.Where(queue => queue.IsIdle(now) && Next(queue) is not null))
        {
            queue.Delivering = Deliver(queue);
        }
        return Task.CompletedTask;
    }

    /// <summary>The next message of a channel; null when there is none, or when it is not saved yet.</summary>
    private Notice? Next(ChannelQueue queue) =>
        State.Log.Next(queue.Channel.Name) is { } notice && notice.Number <= _state.Saved.Log.LastNumber
            ? notice with { Missed = State.Log.Channels[queue.Channel.Name].Lost }
            : null;

    /// <summary>Delivers what waits, until all is delivered or something fails.</summary>
    private async Task Deliver(ChannelQueue queue)
    {
        var name = queue.Channel.Name;
        while (!_stopping.IsCancellationRequested && Next(queue) is { } notice)
        {
            var delivery = await channels.DeliverAsync(name, notice, _stopping.Token);
            var now = time.GetUtcNow();
            if (delivery.Trouble is null)
            {
                if (queue.Trouble is not null)
                {
                    LogDeliveredAgain(logger, name);
                }
                queue.Succeeded();
                metrics.Sent(queue.Channel.Type, NotificationOutcome.Delivered);
                Change(State with { Log = State.Log.Delivered(name, notice, now) });
                continue;
            }
            if (_stopping.IsCancellationRequested)
            {
                return;
            }
            if (delivery.IsFinal || notice.At + GiveUpAfter <= now)
            {
                LogGivenUp(logger, name, notice.Title, delivery.Trouble);
                queue.Refused(delivery, now);
                metrics.Sent(queue.Channel.Type, NotificationOutcome.GivenUp);
                Change(State with { Log = State.Log.GivenUp(name, notice) });
                continue;
            }
            if (queue.Trouble is null)
            {
                LogNotDelivered(logger, name, delivery.Trouble);
            }
            queue.Failed(delivery, now);
            metrics.Sent(queue.Channel.Type, NotificationOutcome.Failed);
            return;
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "the history of incidents does not answer: {Reason}")]
    private static partial void LogHistorySilent(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "what was delivered last could not be saved, and may be delivered again: {Reason}")]
    private static partial void LogNotSaved(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "told: {Title}")]
    private static partial void LogTold(ILogger logger, string title);

    [LoggerMessage(Level = LogLevel.Warning, Message = "the channel {Channel} does not deliver and is tried again: {Reason}")]
    private static partial void LogNotDelivered(ILogger logger, string channel, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "the channel {Channel} delivers again")]
    private static partial void LogDeliveredAgain(ILogger logger, string channel);

    [LoggerMessage(Level = LogLevel.Warning, Message = "the channel {Channel} has given a message up ({Title}): {Reason}")]
    private static partial void LogGivenUp(ILogger logger, string channel, string title, string reason);
}
