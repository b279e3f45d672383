using System.Diagnostics.Metrics;
using System.Globalization;
using HmsOrleans.Api.Fleet;
using HmsOrleans.Api.Security;
using HmsOrleans.Grains.Fleet;
using HmsOrleans.Grains.Incidents;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using JsonOptions = Microsoft.AspNetCore.Http.Json.JsonOptions;

namespace HmsOrleans.Api.Events;

/// <summary>
/// Follows the fleet for all viewers of this process together, while there are any: the controller is asked once, and what is new
/// is written once and handed to each of them.
/// </summary>
internal sealed partial class FleetFeed(
    FleetCalls fleet, IOptions<ApiOptions> options, IOptions<JsonOptions> json, IHostApplicationLifetime lifetime, IMeterFactory meters, TimeProvider time, ILogger<FleetFeed> logger) : BackgroundService
{
    /// <summary>Least time from one question to the next: about ten deltas a second, whatever happens in the fleet.</summary>
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(100);

    /// <summary>As long when the controller did not answer.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    /// <summary>As long when the history did not answer, which is no hurry.</summary>
    private static readonly TimeSpan LongPause = TimeSpan.FromSeconds(5);

    /// <summary>How long it goes on for nobody: a page that is loaded anew, or lost its connection, goes on where it was.</summary>
    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(30);

    /// <summary>Longest time without a sign of life.</summary>
    private static readonly TimeSpan BeatPeriod = TimeSpan.FromSeconds(15);

    private readonly Lock _lock = new();
    private readonly HashSet<Viewer> _viewers = [];
    private readonly EventRing _ring = new();
    private readonly FleetImage _image = new();
    private readonly SemaphoreSlim _wanted = new(0);

    /// <summary>Events of another process are none of those that this one remembers.</summary>
    private readonly string _epoch = Guid.NewGuid().ToString("N")[..8];

    private bool _isFollowing;
    private bool _isStopped;
    private long _leftAt;
    private long _toldAt;

    /// <summary>Why there is nothing to tell; null while the controller answers, and before it was first asked.</summary>
    private FleetEvent? _silence;

    /// <summary>The last snapshot that was written, and the event that it includes last.</summary>
    private (FleetEvent Event, long Number)? _snapshot;

    /// <summary>How many follow it.</summary>
    public int Viewers
    {
        get
        {
            lock (_lock)
            {
                return _viewers.Count;
            }
        }
    }

    /// <summary>Gives a viewer what it has missed, or everything, and from now on what happens.</summary>
    /// <param name="viewer">Who follows.</param>
    /// <param name="lastId">Id of the last event that it had; null when it has had none.</param>
    /// <returns>False when there are too many already.</returns>
    public bool TryJoin(Viewer viewer, string? lastId)
    {
        lock (_lock)
        {
            if (_isStopped || _viewers.Count >= options.Value.MaxViewers)
            {
                return false;
            }
            _viewers.Add(viewer);
            if (!_isFollowing)
            {
                _isFollowing = true;
                _wanted.Release();
            }
            viewer.IsNew = lastId is null;
            if (_silence is not null)
            {
                viewer.Give(_silence);
            }
            else if (_image.Epoch != Guid.Empty)
            {
                GiveWhatItLacks(viewer, lastId);
            }
            else if (lastId is not null)
            {
                // Nobody knows yet what it lacks; what it shows is old.
                viewer.Give(FleetEvent.Missed);
                viewer.IsNew = true;
            }
            return true;
        }
    }

    public void Leave(Viewer viewer)
    {
        lock (_lock)
        {
            if (_viewers.Remove(viewer))
            {
                _leftAt = time.GetTimestamp();
            }
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        meters.Create(Grains.Telemetry.Telemetry.Name).CreateObservableGauge("hms.viewers", () => Viewers, "{viewer}", "Those who follow the events of this node.");
        // Before the server stops: it waits for its requests, and these have no end.
        using var stop = lifetime.ApplicationStopping.Register(EndAll);
        while (true)
        {
            await _wanted.WaitAsync(stoppingToken);
            using var following = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
            var history = FollowHistory(following.Token);
            await FollowController(stoppingToken);
            await following.CancelAsync();
            try
            {
                await history;
            }
            catch (OperationCanceledException)
            {
            }
        }
    }

    public override void Dispose()
    {
        _wanted.Dispose();
        base.Dispose();
    }

    private async Task FollowController(CancellationToken cancellationToken)
    {
        while (IsWanted())
        {
            var asked = time.GetTimestamp();
            var pace = Pace;
            try
            {
                var (epoch, version) = (_image.Epoch, _image.Version);
                Take(await fleet.Watch((grains, token) => grains.GetGrain<IControllerGrain>(IControllerGrain.Key).Watch(epoch, version, token), cancellationToken));
            }
            catch (Exception e) when (FleetCalls.IsNoAnswer(e, cancellationToken))
            {
                FallSilent($"the controller does not answer: {FleetCalls.Why(e)}");
                pace = Pause;
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                // Whoever looks must learn that what is shown is no longer so.
                LogFault(logger, e);
                FallSilent("a fault of the program, which is in the node's log");
                pace = LongPause;
            }
            Beat();
            await Rest(pace, asked, cancellationToken);
        }
    }

    /// <summary>Incidents come when they come: a history that does not answer leaves the rest as it is.</summary>
    private async Task FollowHistory(CancellationToken cancellationToken)
    {
        long? cursor = null;
        while (true)
        {
            var asked = time.GetTimestamp();
            var pace = Pace;
            try
            {
                var news = await fleet.Watch((grains, token) => grains.GetGrain<IHistoryGrain>(IHistoryGrain.Key).Watch(cursor, token), cancellationToken);
                cursor = news.Cursor;
                Take(news);
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested) // Whatever it is, an incident that was not told can be read later.
            {
                LogNoHistory(logger, e.Message);
                pace = LongPause;
            }
            await Rest(pace, asked, cancellationToken);
        }
    }

    /// <summary>Waits for the rest of a time that began with a question.</summary>
    private Task Rest(TimeSpan pace, long asked, CancellationToken cancellationToken) =>
        pace - time.GetElapsedTime(asked) is { Ticks: > 0 } rest ? Task.Delay(rest, time, cancellationToken) : Task.CompletedTask;

    private bool IsWanted()
    {
        lock (_lock)
        {
            if (_viewers.Count > 0 || time.GetElapsedTime(_leftAt) < Linger)
            {
                return true;
            }
            Forget();
            (_silence, _isFollowing) = (null, false);
            return false;
        }
    }

    private void Take(FleetNews news) => Tell(() =>
    {
        if (news.IsFull)
        {
            Forget();
            _image.Take(news);
            _silence = null;
            return GiveEverything();
        }
        var isNews = news.Hosts.Length > 0 || news.Changed.Length > 0 || news.Removed.Length > 0;
        var delta = _image.Take(news);
        return isNews ? Give(FleetEvent.Delta, delta) : [];
    });

    private void Take(IncidentNews news) => Tell(() =>
    {
        List<Viewer> slow = [.. news.Incidents.SelectMany(incident => Give(FleetEvent.Incident, IncidentEvent.From(incident, json.Value.SerializerOptions)))];
        if (news.HasGap && _image.Epoch != Guid.Empty)
        {
            slow.AddRange(GiveEverything());
        }
        return slow;
    });

    private void FallSilent(string reason) => Tell(() =>
    {
        if (_silence is not null)
        {
            return [];
        }
        Forget();
        _silence = FleetEvent.Of(FleetEvent.Silent, null, new FleetSilence(reason), json.Value.SerializerOptions);
        return Give(_silence);
    });

    private void Beat() => Tell(() => time.GetElapsedTime(_toldAt) >= BeatPeriod ? Give(FleetEvent.Beat) : []);

    /// <summary>Does something to all viewers, and cuts off those that do not keep up.</summary>
    private void Tell(Func<IReadOnlyList<Viewer>> give)
    {
        IReadOnlyList<Viewer> slow;
        lock (_lock)
        {
            slow = give();
            foreach (var viewer in slow)
            {
                _viewers.Remove(viewer);
            }
        }
        // Closing a connection may run what waits for it.
        foreach (var viewer in slow.Distinct())
        {
            viewer.CutOff();
        }
        if (slow.Count > 0)
        {
            LogCutOff(logger, slow.Count);
        }
    }

    /// <summary>Nothing that comes now follows on anything that was told.</summary>
    private void Forget()
    {
        _image.Clear();
        _ring.Clear();
        _snapshot = null;
    }

    private List<Viewer> Give(string kind, object value)
    {
        var happened = FleetEvent.Of(kind, Id(_ring.Last + 1), value, json.Value.SerializerOptions);
        _ring.Add(happened);
        return Give(happened);
    }

    private List<Viewer> Give(FleetEvent happened)
    {
        _toldAt = time.GetTimestamp();
        return [.. _viewers.Where(viewer => !viewer.Give(happened))];
    }

    private List<Viewer> GiveEverything()
    {
        _toldAt = time.GetTimestamp();
        return [.. _viewers.Where(viewer => !((viewer.IsNew || viewer.Give(FleetEvent.Missed)) && GiveSnapshot(viewer)))];
    }

    private void GiveWhatItLacks(Viewer viewer, string? lastId)
    {
        if (lastId is not null && NumberOf(lastId) is { } number && _ring.After(number) is { } missed)
        {
            foreach (var happened in missed)
            {
                viewer.Give(happened);
            }
            return;
        }
        if (lastId is not null)
        {
            viewer.Give(FleetEvent.Missed);
        }
        GiveSnapshot(viewer);
    }

    /// <summary>The last snapshot and what came since, as long as that is the smaller part; else a new one, that others can have, too.</summary>
    private bool GiveSnapshot(Viewer viewer)
    {
        var since = _snapshot is { } last && _ring.After(last.Number) is { } later && later.Sum(happened => happened.Bytes.Length) < last.Event.Bytes.Length ? later : null;
        if (since is null)
        {
            _snapshot = (FleetEvent.Of(FleetEvent.Snapshot, Id(_ring.Last), _image.Snapshot(), json.Value.SerializerOptions), _ring.Last);
        }
        viewer.IsNew = false;
        return viewer.Give(_snapshot!.Value.Event) && (since ?? []).All(viewer.Give);
    }

    private string Id(long number) => string.Create(CultureInfo.InvariantCulture, $"{_epoch}-{number}");

    private long? NumberOf(string id) =>
        id.StartsWith(_epoch + "-", StringComparison.Ordinal) && long.TryParse(id.AsSpan(_epoch.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private void EndAll()
    {
        lock (_lock)
        {
            _isStopped = true;
            foreach (var viewer in _viewers)
            {
                viewer.End();
            }
        }
    }

    [LoggerMessage(LogLevel.Error, "the events could not be told")]
    private static partial void LogFault(ILogger logger, Exception exception);

    [LoggerMessage(LogLevel.Debug, "incidents are not told, the history does not answer: {Reason}")]
    private static partial void LogNoHistory(ILogger logger, string reason);

    [LoggerMessage(LogLevel.Information, "{Count} viewers of the events did not keep up, and were cut off")]
    private static partial void LogCutOff(ILogger logger, int count);
}
