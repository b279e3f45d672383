using System.Collections.Concurrent;
using System.Globalization;
using System.Text.RegularExpressions;
using System.Threading.Channels;
using Docker.DotNet.Models;
using HmsOrleans.Grains.Engine;
using HmsOrleans.Grains.Health;
using HmsOrleans.Grains.Hosts;

namespace HmsOrleans.Silo.Docker;

/// <summary>
/// Turns the engine's events and lists into facts. Events are hints and may be lost; the list is the truth and is read again
/// every few seconds. Any end of the event stream means that it broke: it is opened again from the last event on.
/// </summary>
internal sealed partial class DockerWatcher(DockerEngine engine, TimeProvider time, ILogger<DockerWatcher> logger)
{
    private static readonly TimeSpan PingPeriod = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(2);

    /// <summary>How soon it is heeded that everything is to be told again.</summary>
    private static readonly TimeSpan Round = TimeSpan.FromSeconds(0.5);

    /// <summary>For the description of one container, for which the others wait. An engine holds it back while it starts the container.</summary>
    private static readonly TimeSpan DescribeLimit = TimeSpan.FromSeconds(2);

    /// <summary>Rounds from one list to the next: one every two seconds.</summary>
    private const int RoundsPerList = 4;

    /// <summary>Descriptions that are asked for at once.</summary>
    private const int DescribedAtOnce = 4;

    /// <summary>Digits of a container's full id.</summary>
    private const int IdLength = 64;

    /// <summary>In <see cref="_listed"/>: the engine did not describe it. No list shows this.</summary>
    private const string NotSeen = "";

    private readonly Channel<HostFacts> _facts = Channel.CreateUnbounded<HostFacts>(new() { SingleReader = true });

    /// <summary>What the last list showed. The stream's thread takes out what has to be described anew, or is gone.</summary>
    private readonly ConcurrentDictionary<string, string> _listed = new();

    /// <summary>Those that died since the last list, which may show them as the one before: an engine's restart loop has no other sign. False: it was started since.</summary>
    private readonly ConcurrentDictionary<string, bool> _died = new();
    private readonly Lock _order = new();
    private DateTimeOffset? _lastEvent;

    /// <summary>Events that came before the first list of a session was told; null after it.</summary>
    private List<ContainerFact>? _held;
    private bool _tellAll;

    /// <summary>A list was answered in this session: pings alone are no proof that the engine does its work.</summary>
    private volatile bool _lists;

    /// <summary>Why the engine tells no events; null while it does.</summary>
    private volatile string? _noEvents;

    /// <summary>What was found out, in order. One reader. At least every second something comes, if only that the engine answers; every five while it does not list its containers.</summary>
    public ChannelReader<HostFacts> Facts => _facts.Reader;

    /// <summary>Has everything told again with the next list.</summary>
    public void TellAll() => Interlocked.Exchange(ref _tellAll, true);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var pause = TimeSpan.FromMilliseconds(100);
        while (!cancellationToken.IsCancellationRequested)
        {
            var began = time.GetUtcNow();
            try
            {
                await engine.PingAsync(cancellationToken);
                await WatchUntilItBreaks(cancellationToken);
            }
            catch (EngineSilentException e)
            {
                Hand(new(time.GetUtcNow(), e.Message, IsComplete: false, []));
            }
            catch (EngineRefusedException e)
            {
                Hand(new(time.GetUtcNow(), e.Message, IsComplete: false, []));
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            pause = time.GetUtcNow() - began > MaxPause ? TimeSpan.FromMilliseconds(100) : pause * 2 < MaxPause ? pause * 2 : MaxPause;
            await Task.Delay(pause, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task WatchUntilItBreaks(CancellationToken cancellationToken)
    {
        using var session = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        // Subscribed before the list is asked for, so that nothing falls between them; what comes twice is dropped by its time.
        // The list is told first: events from before it are history, and a death in it may long have been followed by a start.
        // What a session that broke before its list still held comes after the list of this one.
        _held ??= [];
        _lists = false;
        var events = engine.WatchAsync(Since(time.GetUtcNow()), new EventSink(this, session.Token), session.Token);
        var pings = PingUntilSilent(session.Token);
        var lists = ListWhile(events, session.Token);
        try
        {
            await await Task.WhenAny(pings, lists);
        }
        finally
        {
            await session.CancelAsync();
            await Task.WhenAll(events, pings, lists).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Beside all other questions, so that a silence shows although one of them may take its time.</summary>
    private async Task PingUntilSilent(CancellationToken cancellationToken)
    {
        while (true)
        {
            await Task.Delay(PingPeriod, time, cancellationToken);
            await engine.PingAsync(cancellationToken);
            if (_lists)
            {
                Publish();
            }
        }
    }

    private async Task ListWhile(Task events, CancellationToken cancellationToken)
    {
        await List(all: true, cancellationToken);
        Release();
        for (var rounds = 1; ; rounds++)
        {
            await Task.WhenAny(events, Task.Delay(Round, time, cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
            NoteRefusal(events);
            if (events.IsCompleted)
            {
                return;
            }
            var all = Interlocked.Exchange(ref _tellAll, false);
            if (all || rounds % RoundsPerList == 0)
            {
                await List(all, cancellationToken);
            }
        }
    }

    /// <summary>Without events all is found by the lists alone, and later: that is no silence, but somebody has to know.</summary>
    private void NoteRefusal(Task events)
    {
        if (events.Exception?.InnerException is EngineRefusedException { Message: var refusal })
        {
            if (refusal != _noEvents)
            {
                LogNoEvents(logger, refusal);
            }
            _noEvents = refusal;
        }
        else if (!events.IsCompleted && _noEvents is not null)
        {
            LogEvents(logger);
            _noEvents = null;
        }
    }

    /// <summary>From the last event on; one in the future is of a clock that was set back since.</summary>
    private DateTimeOffset Since(DateTimeOffset now) => _lastEvent < now ? _lastEvent.Value : now;

    private void Hand(HostFacts facts) => _facts.Writer.TryWrite(facts with { NoEvents = _noEvents });

    private void Publish(params ContainerFact[] facts) => Hand(new(time.GetUtcNow(), null, IsComplete: false, [.. facts]));

    private void Tell(ContainerFact happened)
    {
        lock (_order)
        {
            if (_held is { } held)
            {
                held.Add(happened);
            }
            else
            {
                Publish(happened);
            }
        }
    }

    private void Release()
    {
        lock (_order)
        {
            foreach (var happened in _held!)
            {
                Publish(happened);
            }
            _held = null;
        }
    }

    /// <summary>Reads the list, and asks for a full description of each container that it shows changed.</summary>
    private async Task List(bool all, CancellationToken cancellationToken)
    {
        // As old as the question: what starts while the descriptions are fetched is not in the list, and not gone either.
        var askedAt = time.GetUtcNow();
        var containers = await engine.ListAsync(cancellationToken);
        _lists = true;
        var changed = containers.Where(container => _died.TryRemove(container.ID, out _) || all || _listed.GetValueOrDefault(container.ID) != Digest(container));
        var facts = new ConcurrentQueue<ContainerFact>();
        await Parallel.ForEachAsync(changed, new ParallelOptions { MaxDegreeOfParallelism = DescribedAtOnce, CancellationToken = cancellationToken }, async (container, token) =>
        {
            var described = await Describe(container.ID, token);
            if (described.Seen is not Observation.Silenced)
            {
                _listed[container.ID] = Digest(container);
            }
            facts.Enqueue(described);
        });
        foreach (var id in _listed.Keys.Except(containers.Select(container => container.ID)).ToList())
        {
            _listed.TryRemove(id, out _);
            _died.TryRemove(id, out _);
            facts.Enqueue(new(id, new Observation.Removed(askedAt)));
        }
        if (all || !facts.IsEmpty)
        {
            Hand(new(askedAt, null, IsComplete: all, [.. facts]));
        }
    }

    private DateTimeOffset Now => time.GetUtcNow();

    private Task<EngineContainer?> InspectAsync(string id, CancellationToken cancellationToken) => engine.InspectAsync(id, DescribeLimit, cancellationToken);

    /// <summary>How a container is, or that nobody knows: one that the engine does not describe keeps nobody from seeing the others.</summary>
    private async Task<ContainerFact> Describe(string id, CancellationToken cancellationToken)
    {
        var askedAt = time.GetUtcNow();
        try
        {
            var container = await InspectAsync(id, cancellationToken);
            return new(id, container is null ? new Observation.Removed(askedAt) : new Observation.Seen(askedAt, container));
        }
        catch (Exception e) when (e is EngineSilentException or EngineRefusedException)
        {
            // Silent about this one, or altogether?
            await engine.PingAsync(cancellationToken);
            if (_listed.GetValueOrDefault(id) != NotSeen)
            {
                LogNotSeen(logger, id, e.Message);
            }
            _listed[id] = NotSeen;
            return new(id, new Observation.Silenced(askedAt, e.Message));
        }
    }

    /// <summary>What a list shows of a container, without what only the clock changes: "Exited (137) 5 seconds ago", "Up 2 minutes (healthy)".</summary>
    private static string Digest(ContainerListResponse container)
    {
        var addresses = container.NetworkSettings?.Networks?.Select(network => $"{network.Key}={network.Value.IPAddress},{network.Value.GlobalIPv6Address}").Order(StringComparer.Ordinal);
        return $"{string.Join(',', container.Names)} {container.State} {InBrackets().Match(container.Status)} {string.Join(' ', addresses ?? Enumerable.Empty<string>())}";
    }

    [GeneratedRegex(@"\(.*?\)")]
    private static partial Regex InBrackets();

    [LoggerMessage(Level = LogLevel.Warning, Message = "the engine does not describe container {Id}, nothing is known of it until it does: {Reason}")]
    private static partial void LogNotSeen(ILogger logger, string id, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "the engine tells no events, what happens is found by its list only, up to some seconds later: {Reason}")]
    private static partial void LogNoEvents(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "the engine tells events again")]
    private static partial void LogEvents(ILogger logger);

    /// <summary>Writes in the order of arrival, on the thread that reads the stream; a <see cref="Progress{T}"/> would lose it.</summary>
    private sealed class EventSink(DockerWatcher watcher, CancellationToken cancellationToken) : IProgress<Message>
    {
        public void Report(Message value)
        {
            if (value.Type == "network")
            {
                TakeNetwork(value);
                return;
            }
            if (value.Actor?.ID is not { } id || value.TimeNano is not { } nano || FactOf(value, At(nano)) is not { } fact)
            {
                return;
            }
            watcher._lastEvent = fact.At;
            watcher.Tell(new ContainerFact(id, fact));
            switch (fact)
            {
                case Observation.Started:
                    watcher._died.TryUpdate(id, false, true); // the list still has to look
                    _ = DescribeAfterStart(id);
                    break;
                case Observation.Died:
                    watcher._died[id] = true;
                    break;
                case Observation.Removed:
                    watcher._listed.TryRemove(id, out _); // or the next list would tell it a second time
                    watcher._died.TryRemove(id, out _);
                    break;
            }
        }

        /// <summary>A container is put on a network, or taken off one; at the beginning and the end of a run, too.</summary>
        private void TakeNetwork(Message value)
        {
            if (value is not { Action: "connect" or "disconnect", TimeNano: { } nano, Actor: { ID: { } network, Attributes: { } attributes } }
                || !attributes.TryGetValue("container", out var id) || id.Length != IdLength) // a swarm has places on networks that are no container's
            {
                return;
            }
            watcher._lastEvent = At(nano);
            if (value.Action == "disconnect")
            {
                watcher.Tell(new ContainerFact(id, new Observation.Disconnected(At(nano), network)));
            }
            if (!watcher._died.GetValueOrDefault(id))
            {
                _ = DescribeNetworks(id);
            }
        }

        /// <summary>In the midst of a start the engine does not answer before its end, of which it tells: that is no silence.</summary>
        private async Task DescribeNetworks(string id)
        {
            var askedAt = watcher.Now;
            try
            {
                if (await watcher.InspectAsync(id, cancellationToken) is { } container)
                {
                    watcher.Publish(new ContainerFact(id, new Observation.Seen(askedAt, container)));
                }
            }
            catch (Exception e) when (e is EngineSilentException or EngineRefusedException or OperationCanceledException)
            {
                watcher._listed.TryRemove(id, out _);
            }
        }

        /// <summary>Addresses move with every start, so they are read again.</summary>
        private async Task DescribeAfterStart(string id)
        {
            try
            {
                watcher.Publish(await watcher.Describe(id, cancellationToken));
            }
            catch (Exception e) when (e is EngineSilentException or EngineRefusedException or OperationCanceledException)
            {
                // The pings find out about the silence; the next list brings what is missing here.
                watcher._listed.TryRemove(id, out _);
            }
        }

        private static DateTimeOffset At(long nano) => DateTimeOffset.UnixEpoch.AddTicks(nano / 100);

        private static Observation? FactOf(Message message, DateTimeOffset at) => message.Action switch
        {
            "die" => new Observation.Died(at, Attribute(message, "exitCode")),
            "kill" => new Observation.Signalled(at, Attribute(message, "signal")),
            "start" => new Observation.Started(at),
            "pause" => new Observation.Paused(at),
            "unpause" => new Observation.Resumed(at),
            "oom" => new Observation.OutOfMemory(at),
            "destroy" => new Observation.Removed(at),
            { } action when action.StartsWith("health_status: ", StringComparison.Ordinal) =>
                new Observation.HealthChecked(at, DockerEngine.HealthOf(action["health_status: ".Length..])),
            _ => null,
        };

        private static int Attribute(Message message, string name) =>
            message.Actor.Attributes.TryGetValue(name, out var text) && int.TryParse(text, CultureInfo.InvariantCulture, out var number) ? number : 0;
    }
}
