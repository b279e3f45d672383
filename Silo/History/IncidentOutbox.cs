using System.Collections.Immutable;
using System.Threading.Channels;
using HmsOrleans.Grains.Fleet;
using HmsOrleans.Grains.Incidents;
using HmsOrleans.Silo.Hosts;

namespace HmsOrleans.Silo.History;

/// <summary>
/// Writes incidents into the node's own database first, then tells them to the history, again and again until it has them. Nothing
/// waits for it, least of all healing.
/// </summary>
internal sealed partial class IncidentOutbox(OutboxTable table, IGrainFactory grains, SiloStart silo, NodeMode mode, TimeProvider time, ILogger<IncidentOutbox> logger)
    : BackgroundService, IIncidentOutbox
{
    /// <summary>More than happens in weeks. What is older is dropped.</summary>
    public const int Most = 10_000;

    private const int AtOnce = 50;

    private static readonly TimeSpan MinPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan TellLimit = TimeSpan.FromSeconds(5);

    private readonly Channel<Incident> _put = Channel.CreateBounded<Incident>(new BoundedChannelOptions(Most) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });
    private readonly SemaphoreSlim _written = new(1, 1);

    public void Put(Incident incident) => _put.Writer.TryWrite(incident);

    public Task<ImmutableArray<Incident>> GetUnfinishedAsync(string host, CancellationToken cancellationToken) => table.GetUnfinishedAsync(host, cancellationToken);

    public override void Dispose()
    {
        _written.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await Task.WhenAll(WriteAsync(stoppingToken), TellAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    private async Task WriteAsync(CancellationToken stopping)
    {
        var waiting = new Dictionary<string, Incident>();
        while (await _put.Reader.WaitToReadAsync(stopping))
        {
            Take(waiting);
            await UntilDoneAsync("written down", async token =>
            {
                Take(waiting);
                var written = waiting.Values.ToImmutableArray();
                await table.WriteAsync(written, token);
                foreach (var incident in written)
                {
                    waiting.Remove(incident.Id);
                }
                if (await table.TrimAsync(Most, token) is > 0 and var dropped)
                {
                    LogDropped(logger, dropped);
                }
            }, stopping);
            if (_written.CurrentCount == 0)
            {
                _written.Release();
            }
        }
    }

    /// <summary>Takes over what was put since: of each incident the last revision, and the last capture, which few of them have.</summary>
    private void Take(Dictionary<string, Incident> waiting)
    {
        while (waiting.Count < Most && _put.Reader.TryRead(out var incident))
        {
            // Two turns may have come to the same incident in either order.
            var known = waiting.GetValueOrDefault(incident.Id);
            var last = known is null || known.Revision < incident.Revision ? incident : known;
            waiting[incident.Id] = last with { Capture = incident.Capture ?? known?.Capture };
        }
    }

    private async Task TellAsync(CancellationToken stopping)
    {
        if (mode.IsIsland)
        {
            return; // Its history is not the fleet's; the node's next life tells.
        }
        await silo.Active.WaitAsync(stopping);
        var history = grains.GetGrain<IHistoryGrain>(IHistoryGrain.Key);
        while (true)
        {
            await _written.WaitAsync(stopping);
            await UntilDoneAsync("told to the history", async token =>
            {
                while (await table.GetUntoldAsync(AtOnce, token) is { IsEmpty: false } untold)
                {
                    using var limit = CancellationTokenSource.CreateLinkedTokenSource(token);
                    limit.CancelAfter(TellLimit);
                    await history.Keep(untold, limit.Token).WaitAsync(limit.Token);
                    await table.NoteToldAsync(untold, token);
                }
            }, stopping);
        }
    }

    /// <summary>Does something again and again until it works, with ever longer pauses.</summary>
    private async Task UntilDoneAsync(string what, Func<CancellationToken, Task> work, CancellationToken stopping)
    {
        var isTold = false;
        for (var pause = MinPause; ; pause = pause * 2 < MaxPause ? pause * 2 : MaxPause)
        {
            try
            {
                await work(stopping);
                if (isTold)
                {
                    LogDone(logger, what);
                }
                return;
            }
            catch (Exception e) when (!stopping.IsCancellationRequested) // Whatever stands between: it is tried again.
            {
                if (!isTold && pause > MinPause)
                {
                    // A history that moves to another node is no news.
                    LogNotDone(logger, what, e.GetBaseException().Message);
                    isTold = true;
                }
            }
            await Task.Delay(pause, time, stopping);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "incidents could not be {What} and are kept until they can: {Reason}")]
    private static partial void LogNotDone(ILogger logger, string what, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "incidents are {What} again")]
    private static partial void LogDone(ILogger logger, string what);

    [LoggerMessage(Level = LogLevel.Error, Message = "the {Count} oldest incidents that the history does not have were dropped: there were too many")]
    private static partial void LogDropped(ILogger logger, int count);
}
