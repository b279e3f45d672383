using System.Collections.Immutable;
using HmsOrleans.Grains.Health;
using HmsOrleans.Grains.Hosts;
using HmsOrleans.Grains.Probing;
using HmsOrleans.Silo.Cgroups;
using HmsOrleans.Silo.Docker;
using HmsOrleans.Silo.Supervision;
using Microsoft.Extensions.Options;

namespace HmsOrleans.Silo.Hosts;

/// <summary>Hands what the watcher, the prober and the meter find out to the host's grain, and so keeps that grain alive.</summary>
internal sealed partial class HostPump(
    IGrainFactory grains,
    DockerWatcher watcher,
    IProber prober,
    MemoryMeter meter,
    SiloStart silo,
    FactsTaken taken,
    IHostApplicationLifetime lifetime,
    IOptions<HostOptions> host,
    TimeProvider time,
    ILogger<HostPump> logger) : BackgroundService
{
    /// <summary>Memory is for people and their graphs: nothing is decided by it.</summary>
    private static readonly TimeSpan MeasurePeriod = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan HandOverLimit = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _one = new(1);
    private Guid _life;

    /// <summary>The watcher's last word on the engine: probes say nothing about it.</summary>
    private volatile string? _engineSilence = HostStatus.NotAsked;
    private volatile string? _noEvents;

    /// <summary>The watcher begins at once, while the silo is still starting: what it finds out waits until there are grains to tell.</summary>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, lifetime.ApplicationStopping);
        try
        {
            // None of them ends before it is told to: the first that does has failed, and the node with it.
            await await Task.WhenAny(watcher.RunAsync(stop.Token), PumpEngine(stop.Token), PumpProbes(stop.Token), PumpMemory(stop.Token));
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
        }
        finally
        {
            await stop.CancelAsync();
        }
    }

    public override void Dispose()
    {
        _one.Dispose();
        base.Dispose();
    }

    private async Task PumpEngine(CancellationToken cancellationToken)
    {
        await silo.Active.WaitAsync(cancellationToken);
        var clock = new ClockWatch(time);
        await foreach (var facts in watcher.Facts.ReadAllAsync(cancellationToken))
        {
            meter.Note(facts);
            (_engineSilence, _noEvents) = (facts.EngineSilence, facts.NoEvents);
            if (await HandOver(clock.Jump() is { } by ? facts with { ClockSetBy = by } : facts, cancellationToken))
            {
                taken.Add();
            }
        }
    }

    private async Task PumpProbes(CancellationToken cancellationToken)
    {
        await silo.Active.WaitAsync(cancellationToken);
        var facts = ImmutableArray.CreateBuilder<ContainerFact>();
        while (await prober.Reports.WaitToReadAsync(cancellationToken))
        {
            while (prober.Reports.TryRead(out var report))
            {
                facts.Add(new(report.ContainerId, FactOf(report)));
            }
            await HandOver(new(time.GetUtcNow(), _engineSilence, IsComplete: false, facts.DrainToImmutable()), cancellationToken);
        }
    }

    private async Task PumpMemory(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(MeasurePeriod, time);
        await silo.Active.WaitAsync(cancellationToken);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            var now = time.GetUtcNow();
            await HandOver(new(now, _engineSilence, IsComplete: false, meter.Measure(now)), cancellationToken);
        }
    }

    private static Observation FactOf(ProbeReport report) => report switch
    {
        ProbeReport.Window window => new Observation.Probed(window.At, window.Since, window.Address.ToString(), window.Sent, window.Lost, window.RoundTrip),
        ProbeReport.Blind blind => new Observation.NotProbed(blind.At, blind.Reason),
        _ => throw new ArgumentOutOfRangeException(nameof(report), report, "unknown kind of report"),
    };

    /// <returns>Whether the grain took them in.</returns>
    private async Task<bool> HandOver(HostFacts facts, CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(HandOverLimit);
        // As it is by now: what was found out meanwhile may have been handed over before.
        facts = facts with { EngineSilence = _engineSilence, NoEvents = _noEvents };
        try
        {
            var life = await grains.GetGrain<IHostManagerGrain>(host.Value.Address).Observe(facts, limit.Token).WaitAsync(limit.Token);
            if (life != _life)
            {
                _life = life;
                watcher.TellAll();
            }
            return true;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            // What was lost here comes again with the next full list.
            LogNotTaken(logger, e.Message);
            _life = Guid.Empty;
            return false;
        }
        finally
        {
            _one.Release();
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "the host's grain did not take in facts, they are told again: {Reason}")]
    private static partial void LogNotTaken(ILogger logger, string reason);
}
