using System.Collections.Immutable;
using System.Globalization;
using HmsOrleans.Grains.Fleet;

namespace HmsOrleans.Antagonist.Campaigns;

/// <summary>Records a cell: the controller's view and each host's truth twenty times a second, and the antagonists' logs.</summary>
internal sealed class CellSampler
{
    /// <summary>Between two samples, in seconds. Each fifth is one of the report's, which are a quarter of a second apart.</summary>
    public const double Period = 0.05;

    /// <summary>Longest wait for an answer; after it the sample is missed.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan LogPeriod = TimeSpan.FromSeconds(0.5);

    private readonly IGrainFactory _grains;
    private readonly TimeProvider _time;
    private readonly ImmutableArray<string> _networkCounters;
    private readonly DateTimeOffset _start;
    private readonly ImmutableArray<HostTap> _taps;
    private readonly List<Task<CellHistory.Sample>> _samples = [];
    private readonly List<CellHistory.Count> _traffic = [];
    private readonly Task<(long Truth, long State)?>?[] _asked;

    /// <param name="grains">The cluster.</param>
    /// <param name="time">By whose clock the cell is timed.</param>
    /// <param name="hosts">Addresses of the hosts.</param>
    /// <param name="networkCounters"><inheritdoc cref="CampaignSettings.NetworkCounters" path="/summary"/></param>
    /// <param name="start">The zero of all times.</param>
    public CellSampler(IGrainFactory grains, TimeProvider time, ImmutableArray<string> hosts, ImmutableArray<string> networkCounters, DateTimeOffset start)
    {
        (_grains, _time, _networkCounters, _start) = (grains, time, networkCounters, start);
        _taps = [.. hosts.Select(host => new HostTap(grains, host, () => (time.GetUtcNow() - start).TotalSeconds, at => (at - start).TotalSeconds, Limit))];
        _asked = new Task<(long Truth, long State)?>?[hosts.Length];
    }

    /// <summary>Seconds since the start.</summary>
    public double Now => (_time.GetUtcNow() - _start).TotalSeconds;

    public int AgentLives => _taps.Max(tap => tap.Lives);

    /// <summary>Records until a moment.</summary>
    /// <param name="length">Seconds from the start.</param>
    /// <param name="cancellationToken">Breaks it off.</param>
    /// <returns>When that was over, in seconds from the start.</returns>
    public async Task<double> RunAsync(double length, CancellationToken cancellationToken)
    {
        var logs = LogsAsync(length, cancellationToken);
        var nextCount = 0;
        // Each sample waits for its own moment: ticks of a timer that lie on the border of two would now and then leave one out.
        for (var next = 0; next * Period < length; next++)
        {
            if (next * Period - Now is > 0 and var left)
            {
                await Task.Delay(TimeSpan.FromSeconds(left), _time, cancellationToken);
            }
            var at = Math.Max(Now, next * Period);
            if (at >= (next + 1) * Period)
            {
                // We were late ourselves: what was not asked is missed, not good.
                _samples.Add(Task.FromResult(Missed(next * Period)));
                continue;
            }
            _samples.Add(SampleAsync(at, at >= nextCount, cancellationToken));
            nextCount = at >= nextCount ? (int)at + 1 : nextCount;
        }
        // What is recorded reaches up to the end.
        await Task.Delay(TimeSpan.FromSeconds(Math.Max(0, length - Now)), _time, cancellationToken);
        var end = Now;
        if (await FreshnessAsync(cancellationToken) is { } last)
        {
            Count(last);
        }
        await logs;
        return end;
    }

    /// <summary>Takes what the antagonists have told since; to be called after they were halted.</summary>
    public Task TakeLogsAsync(CancellationToken cancellationToken) => Task.WhenAll(_taps.Select(tap => tap.TakeLogAsync(cancellationToken)));

    /// <summary>What was recorded.</summary>
    /// <param name="info">Of the cell.</param>
    public async Task<CellHistory> HistoryAsync(CellInfo info) => new(
        info,
        [.. await Task.WhenAll(_samples)],
        [.. _taps.SelectMany(tap => tap.Records).Where(record => record.At >= 0).OrderBy(record => record.At)],
        [.. _taps.SelectMany(tap => tap.Seen).OrderBy(view => view.At)],
        [.. _traffic.OrderBy(count => count.At)]);

    private CellHistory.Sample Missed(double at) => new(at, false, [.. _taps.Select(_ => new CellHistory.HostSample(null, null, null, null))]);

    private async Task<CellHistory.Sample> SampleAsync(double at, bool isToBeCounted, CancellationToken cancellationToken)
    {
        // The controller answers several at a time; a slow answer must not make the next sample one that is missed.
        var freshness = FreshnessAsync(cancellationToken);
        // A host that has not answered the last question is not asked the next: its answers build on each other.
        var truths = new Task<(long Truth, long State)?>?[_taps.Length];
        for (var i = 0; i < _taps.Length; i++)
        {
            truths[i] = _asked[i] is null or { IsCompleted: true } ? _asked[i] = _taps[i].TakeAsync(cancellationToken) : null;
        }
        var held = await freshness;
        if (held is not null && isToBeCounted)
        {
            Count(held);
        }
        var hosts = ImmutableArray.CreateBuilder<CellHistory.HostSample>(_taps.Length);
        for (var i = 0; i < _taps.Length; i++)
        {
            var truth = truths[i] is { } asked ? await asked : null;
            var of = held?.Hosts.FirstOrDefault(host => host.Address == _taps[i].Host);
            hosts.Add(new(of?.State, of is null ? null : _taps[i].HeldBy(of.Epoch, of.Version), truth?.Truth, truth?.State));
        }
        return new(at, held is not null, hosts.MoveToImmutable());
    }

    private void Count(FleetFreshness held)
    {
        lock (_traffic)
        {
            _traffic.Add(new(Now, held.Fetches, held.Changes, held.Bytes, Wire(), held.Updates));
        }
    }

    private async Task<FleetFreshness?> FreshnessAsync(CancellationToken cancellationToken)
    {
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limited.CancelAfter(Limit);
        try
        {
            return await _grains.GetGrain<IControllerGrain>(IControllerGrain.Key).GetFreshness(limited.Token).WaitAsync(limited.Token);
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested) // Whatever stands between: it is recorded as missed.
        {
            return null;
        }
    }

    private async Task LogsAsync(double length, CancellationToken cancellationToken)
    {
        while (Now < length)
        {
            await Task.Delay(LogPeriod, _time, cancellationToken);
            await TakeLogsAsync(cancellationToken);
        }
    }

    /// <summary>Sum of what eth0 has sent in each of the namespaces; the tenth number of its line.</summary>
    private long? Wire()
    {
        if (_networkCounters is [])
        {
            return null;
        }
        try
        {
            return _networkCounters.Sum(path => File.ReadLines(path).Select(line => line.Split([' ', ':'], StringSplitOptions.RemoveEmptyEntries))
                .Where(fields => fields is ["eth0", ..]).Sum(fields => long.Parse(fields[9], CultureInfo.InvariantCulture)));
        }
        catch (IOException)
        {
            return null; // the process whose namespace it was has ended
        }
    }
}
