using HmsOrleans.Grains.Hosts;
using HmsOrleans.Grains.Settings;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Placement;
using Orleans.Storage;
using Orleans.Streams;
using Orleans.Streams.Core;

namespace HmsOrleans.Grains.Commands;

/// <summary>See <see cref="ICommandGrain"/>. Where it fails, the stream delivers the same commands again; those that are done are not done again.</summary>
[ImplicitStreamSubscription(CommandStreams.Requests), PreferLocalPlacement]
internal sealed partial class CommandGrain(
    ICommandExecutor executor, StartsUnderWay starts, [FromKeyedServices(StorageNames.Cluster)] IGrainStorage store, TimeProvider time, ILogger<CommandGrain> logger)
    : Grain, ICommandGrain, IStreamSubscriptionObserver, IAsyncBatchObserver<ExternalCommand>
{
    /// <summary>Longest work on one batch. With what is waited for it may outlast a call between grains: that is made again, and finds what is done.</summary>
    private static readonly TimeSpan WorkLimit = TimeSpan.FromSeconds(3);

    /// <summary>Longest wait for the store before the answers go out all the same.</summary>
    private static readonly TimeSpan SaveLimit = TimeSpan.FromSeconds(1);

    /// <summary>Longest that a batch gives way to containers that are being started here: however many are, commands go on.</summary>
    private static readonly TimeSpan GiveWayLimit = TimeSpan.FromMilliseconds(500);

    // Deliveries of the batch that were answered: when it comes again for the sake of others, they are not answered again.
    private readonly HashSet<Guid> _answered = [];
    private CommandJournal? _journal;
    private Task _saving = Task.CompletedTask;
    private bool _isUnsaved;

    private string Key => this.GetPrimaryKeyString();

    public Task OnSubscribed(IStreamSubscriptionHandleFactory handleFactory) => handleFactory.Create<ExternalCommand>().ResumeAsync(this);

    public async Task OnNextAsync(IList<SequentialItem<ExternalCommand>> items)
    {
        // What the broker delivers again may meet what it delivered before, which waits here still.
        var commands = items.Select(item => item.Item).Where((command, at) => !command.Redelivered || !items.Take(at).Any(earlier => IsSame(earlier.Item, command))).ToList();
        _answered.IntersectWith(commands.Select(command => command.Delivery));
        await starts.UntilNoneAsync(GiveWayLimit, time);
        var journal = await OpenAsync();
        journal.Forget();
        var (readings, isComplete) = await ExecuteAsync(journal, commands);
        if (!commands.TrueForAll(command => command.IsReading))
        {
            await SaveAsync(journal);
        }
        await AnswerAsync(journal, commands, readings);
        if (!isComplete)
        {
            throw new TimeoutException($"not all of {commands.Count} commands were carried out within {WorkLimit.TotalSeconds} s; the rest follows");
        }
    }

    public Task OnErrorAsync(Exception ex)
    {
        LogDeliveryFailed(logger, Key, ex.Message);
        return Task.CompletedTask;
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        if (_journal is not null)
        {
            // So that the next life knows what was answered, also after the last save began.
            await _saving.WaitAsync(cancellationToken);
            await TrySaveAsync(_journal).WaitAsync(cancellationToken);
        }
    }

    /// <remarks>Without its memory it would do twice what was done before: it waits for the store, and the stream tries again.</remarks>
    private async Task<CommandJournal> OpenAsync()
    {
        if (_journal is null)
        {
            var journal = new CommandJournal(store, this.GetGrainId(), time);
            await journal.LoadAsync();
            _journal = journal;
        }
        return _journal;
    }

    private async Task<(Dictionary<Guid, string> Readings, bool IsComplete)> ExecuteAsync(CommandJournal journal, List<ExternalCommand> commands)
    {
        var texts = new Dictionary<string, string>();
        var due = commands.FindAll(IsDue);
        using var limit = new CancellationTokenSource(WorkLimit, time);
        var replies = due.Count == 0 ? [] : await executor.Execute(due, limit.Token);
        var readings = new Dictionary<Guid, string>();
        foreach (var (command, reply) in due.Zip(replies))
        {
            if (command.IsReading)
            {
                readings[command.Delivery] = reply;
            }
            else
            {
                LogDone(logger, command.Text, command.CorrelationId, reply);
            }
            if (journal.Find(command.CorrelationId) is null)
            {
                journal.Put(new(command.CorrelationId, command.Text, time.GetUtcNow(), command.IsReading ? null : reply, null));
            }
        }
        return (readings, replies.Count == due.Count);

        bool IsDue(ExternalCommand command)
        {
            var known = journal.Find(command.CorrelationId);
            if ((known?.Text ?? texts.GetValueOrDefault(command.CorrelationId)) is { } text)
            {
                return command.IsReading && text == command.Text && (known is null || !IsAnswered(known, command));
            }
            texts[command.CorrelationId] = command.Text;
            return true;
        }
    }

    /// <remarks>Each answer by itself: one that cannot be sent lets the others be known as sent.</remarks>
    private async Task AnswerAsync(CommandJournal journal, List<ExternalCommand> commands, Dictionary<Guid, string> readings)
    {
        var stream = this.GetStreamProvider(CommandStreams.Provider).GetStream<CommandReply>(CommandStreams.Replies, Key);
        // They are all sent, in their order, before the first is waited for.
        await Task.WhenAll([.. commands.Select(AnswerOneAsync)]);

        async Task AnswerOneAsync(ExternalCommand command)
        {
            if (journal.Find(command.CorrelationId) is not { } known)
            {
                return;
            }
            var isSame = known.Text == command.Text;
            var reply = isSame ? known.Reply ?? readings.GetValueOrDefault(command.Delivery) : executor.CorrelationIdTaken(command);
            if (reply is null || IsAnswered(known, command))
            {
                return;
            }
            await stream.OnNextAsync(new(command.ReplyTo, command.CorrelationId, reply));
            _answered.Add(command.Delivery);
            if (isSame && journal.Find(command.CorrelationId) is { } last)
            {
                journal.Put(last.AfterAnswerTo(command));
            }
        }
    }

    private static bool IsSame(ExternalCommand one, ExternalCommand other) =>
        one.CorrelationId == other.CorrelationId && one.ReplyTo == other.ReplyTo && one.Text == other.Text;

    private bool IsAnswered(CommandRecord known, ExternalCommand command) =>
        _answered.Contains(command.Delivery) || (known.Text == command.Text && known.Answered(command));

    /// <summary>Saves; a store that takes long, or fails, holds no answer up and is tried again with the next batch.</summary>
    private async Task SaveAsync(CommandJournal journal)
    {
        if (!_saving.IsCompleted)
        {
            return;
        }
        _saving = TrySaveAsync(journal);
        await Task.WhenAny(_saving, Task.Delay(SaveLimit, time));
    }

    private async Task TrySaveAsync(CommandJournal journal)
    {
        try
        {
            await journal.SaveAsync();
            _isUnsaved = false;
        }
        catch (InconsistentStateException)
        {
            // Another life of this grain has written: that one goes on.
            DeactivateOnIdle();
        }
        catch (Exception e) // Whatever the store throws: it means "not saved yet".
        {
            if (!_isUnsaved)
            {
                LogUnsaved(logger, Key, e.Message);
            }
            _isUnsaved = true;
        }
    }

    [LoggerMessage(LogLevel.Information, "command {Command} (correlation id {CorrelationId}): {Reply}")]
    private static partial void LogDone(ILogger logger, string command, string correlationId, string reply);

    [LoggerMessage(LogLevel.Warning, "commands for {Key} are not delivered: {Reason}")]
    private static partial void LogDeliveryFailed(ILogger logger, string key, string reason);

    [LoggerMessage(LogLevel.Warning, "what was done for {Key} cannot be saved; should this node end, a command may be carried out again: {Reason}")]
    private static partial void LogUnsaved(ILogger logger, string key, string reason);
}
