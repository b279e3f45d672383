using System.Collections.Concurrent;
using HmsOrleans.Antagonist.Engine;
using HmsOrleans.Antagonist.Faults;
using HmsOrleans.Grains.Engine;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace HmsOrleans.Antagonist.Agent;

/// <summary>
/// Undoes faults that are due and carries those on that outlive a restart, whether or not there is a cluster. It starts before the way
/// to the cluster is sought, and ends after that was left.
/// </summary>
internal sealed partial class FaultKeeper(
    AttackEngine engine, FaultBench bench, AttackLog log, Lifelines lifelines, TimeProvider time, ILogger<FaultKeeper> logger) : BackgroundService
{
    private static readonly TimeSpan Round = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    /// <summary>How often the containers are listed although no event said that there are others.</summary>
    private static readonly TimeSpan ListPeriod = TimeSpan.FromSeconds(2);

    /// <summary>Longest work at the end; systemd kills after 90 s.</summary>
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(20);

    private volatile IReadOnlyList<ListedContainer> _containers = [];
    private volatile string? _engineTrouble = "the engine has not been asked yet";
    private readonly ConcurrentDictionary<string, bool> _runs = [];
    private int _listAgain = 1;

    /// <summary>The engine's containers, as they were last listed, and whether they run, as it told since.</summary>
    public IEnumerable<ListedContainer> Containers => _containers.Select(container => _runs.TryGetValue(container.Id, out var runs) ? container with { IsRunning = runs } : container);

    /// <summary>Why it cannot work; null while it can.</summary>
    public string? Trouble => _engineTrouble ?? bench.Trouble;

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        using var limit = new CancellationTokenSource(EndLimit, time);
        try
        {
            await bench.UndoAllAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            // Said below.
        }
        if (bench.Running is { Length: > 0 } left)
        {
            LogLeft(logger, left.Length, bench.Trouble);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            // None of them ends before it is told to: the first that does has failed.
            await await Task.WhenAny(KeepAsync(stoppingToken), ListAsync(stoppingToken), WatchAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    private async Task KeepAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Round, time);
        do
        {
            await bench.UndoDueAsync(cancellationToken);
        }
        while (await timer.WaitForNextTickAsync(cancellationToken));
    }

    /// <summary>Apart from the undoing: an engine that hangs takes its time.</summary>
    private async Task ListAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Round, time);
        var listedAt = time.GetTimestamp();
        do
        {
            if (Interlocked.Exchange(ref _listAgain, 0) == 1 || time.GetElapsedTime(listedAt) >= ListPeriod)
            {
                listedAt = time.GetTimestamp();
                await TryListAsync(cancellationToken);
            }
        }
        while (await timer.WaitForNextTickAsync(cancellationToken));
    }

    private async Task TryListAsync(CancellationToken cancellationToken)
    {
        try
        {
            // What is told from now on is newer than the list.
            _runs.Clear();
            var containers = await engine.ListAsync(cancellationToken);
            // Who is new in it may be the database, with an address that it has just got.
            await lifelines.RefreshAsync(cancellationToken);
            _containers = containers;
            _engineTrouble = null;
        }
        catch (Exception e) when (e is EngineSilentException or EngineRefusedException)
        {
            if (_engineTrouble is null)
            {
                LogSilent(logger, e.Message);
            }
            _engineTrouble = $"the engine does not answer: {e.Message}";
        }
    }

    private async Task WatchAsync(CancellationToken cancellationToken)
    {
        var (since, pause) = (time.GetUtcNow(), Round);
        while (true)
        {
            var opened = time.GetTimestamp();
            var known = since;
            try
            {
                await engine.WatchAsync(since, told => Take(told, known), cancellationToken);
            }
            catch (EngineSilentException)
            {
                // The list says so, and what was missed comes when the stream is there again.
            }
            catch (EngineRefusedException e)
            {
                LogSilent(logger, e.Message);
            }
            cancellationToken.ThrowIfCancellationRequested();
            pause = time.GetElapsedTime(opened) > LongestPause ? Round : pause * 2 < LongestPause ? pause * 2 : LongestPause;
            await Task.Delay(pause, time, cancellationToken);
        }

        // Within a stream an event may come after one that happened later: only what was told before the stream broke is old.
        void Take(ContainerEvent told, DateTimeOffset known)
        {
            if (told.At < known)
            {
                return;
            }
            since = told.At < since ? since : told.At.AddTicks(1);
            log.Engine(told);
            switch (told.Action)
            {
                case "create" or "destroy" or "rename":
                    Interlocked.Exchange(ref _listAgain, 1);
                    break;
                case "die":
                    _runs[told.ContainerId] = false;
                    break;
                case "start":
                    // One that did not run when it was listed had no address then: it counts from the next list on.
                    _runs.TryRemove(told.ContainerId, out _);
                    Interlocked.Exchange(ref _listAgain, 1);
                    _ = FollowAsync(bench.OnStartedAsync(told.ContainerId, cancellationToken), cancellationToken);
                    break;
                case "connect":
                    _ = FollowAsync(bench.OnConnectedAsync(told.ContainerId, cancellationToken), cancellationToken);
                    break;
            }
        }
    }

    private static async Task FollowAsync(Task following, CancellationToken cancellationToken)
    {
        try
        {
            await following;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
    }

    [LoggerMessage(LogLevel.Warning, "the engine does not answer, nothing is attacked: {Reason}")]
    private static partial void LogSilent(ILogger logger, string reason);

    [LoggerMessage(LogLevel.Error, "{Count} faults could not be undone ({Reason}): start the agent again, or 'halt --local', to undo them")]
    private static partial void LogLeft(ILogger logger, int count, string? reason);
}
