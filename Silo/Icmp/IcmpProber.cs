using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Threading.Channels;
using HmsOrleans.Grains.Probing;
using Microsoft.Extensions.Options;

namespace HmsOrleans.Silo.Icmp;

/// <summary>Probes from a thread of its own, so that no grain and no full thread pool makes an answer look late.</summary>
internal sealed partial class IcmpProber : IProber, IDisposable
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    /// <summary>Also while nothing is watched the thread turns, to show that it could.</summary>
    private static readonly TimeSpan LongestSleep = TimeSpan.FromSeconds(1);

    // Two reports a second of a thousand containers for a minute. A reader that is further behind needs the newest ones: a lossy
    // container is reported again and again.
    private const int ReportsKept = 1 << 17;

    private readonly Channel<ProbeReport> _reports = Channel.CreateBounded<ProbeReport>(
        new BoundedChannelOptions(ReportsKept) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    private readonly ConcurrentQueue<Command> _commands = [];
    private readonly Lock _gate = new();
    private readonly ManualResetEventSlim _stopped = new();
    private readonly ILogger _logger;
    private readonly OpenEchoSocket _open;
    private readonly ProbePlan _plan;
    private readonly ProbeLoop _loop;
    private readonly Alarm? _alarm;
    private readonly Thread? _thread;
    private readonly int _count;
    private volatile ProberStatus _status;
    private long _turns;
    private bool _disposed;

    /// <summary>What was logged last, while it lasts.</summary>
    private string? _failure;

    public IcmpProber(IOptions<ProbeOptions> options, ILogger<IcmpProber> logger)
        : this(options, logger, EchoSocket.Open, Attachment.Trouble, TimeProvider.System)
    {
    }

    internal IcmpProber(
        IOptions<ProbeOptions> options,
        ILogger<IcmpProber> logger,
        OpenEchoSocket open,
        Func<ProbeTarget, string?> hostTrouble,
        TimeProvider time)
    {
        _logger = logger;
        _open = open;
        _count = options.Value.Count;
        _plan = new ProbePlan(options.Value, hostTrouble);
        _loop = new ProbeLoop(_plan, time);
        if (OpenSockets() is { } refusal)
        {
            _status = new ProberStatus(ProberMode.Off, refusal, _count);
            LogOff(_logger, refusal);
            return;
        }
        _status = Working();
        LogMode(_logger, Status.Mode, (_loop.V4, _loop.V6) switch { (null, _) => "IPv6 only", (_, null) => "IPv4 only", _ => "IPv4 and IPv6" });
        _alarm = new Alarm();
        _thread = new Thread(Run) { IsBackground = true, Name = "hms-prober" };
        _thread.Start();
    }

    public ProberStatus Status => _status;

    public ProbeTotals Totals => _plan.Totals;

    public ChannelReader<ProbeReport> Reports => _reports.Reader;

    /// <summary>How often the thread has come round, at least once a second.</summary>
    internal long Turns => Interlocked.Read(ref _turns);

    public void Watch(ProbeTarget target)
    {
        if (_alarm is null)
        {
            _reports.Writer.TryWrite(new ProbeReport.Blind(target.ContainerId, target.Address, _loop.Now.Wall, "no ICMP socket is permitted, /readyz says what to change"));
            return;
        }
        Order(new Command(target, target.ContainerId));
    }

    public void Unwatch(string containerId) => Order(new Command(null, containerId));

    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }
            _disposed = true;
            _stopped.Set();
            _alarm?.Ring();
        }
        _thread?.Join();
        CloseSockets();
        _alarm?.Dispose();
        _stopped.Dispose();
        _reports.Writer.TryComplete();
    }

    private void Order(Command command)
    {
        lock (_gate)
        {
            if (_disposed || _alarm is null)
            {
                return;
            }
            _commands.Enqueue(command);
            _alarm.Ring();
        }
    }

    private void Run()
    {
        while (!_stopped.IsSet)
        {
            try
            {
                Probe();
            }
            // Whatever it was, a prober that ended here would look like containers that never fail.
            catch (Exception error)
            {
                Fail(error);
                _stopped.Wait(RetryAfter);
            }
        }
    }

    private void Probe()
    {
        if (_loop.V4 is null && _loop.V6 is null && OpenSockets() is { } refusal)
        {
            throw new IOException(refusal);
        }
        while (!_stopped.IsSet)
        {
            Obey();
            var due = _loop.Turn();
            Publish();
            if (_failure is not null)
            {
                _failure = null;
                _status = Working();
                LogRecovered(_logger);
            }
            Interlocked.Increment(ref _turns);
            var wait = due - _loop.Now.Up;
            _alarm!.Sleep(wait < LongestSleep ? wait : LongestSleep);
        }
    }

    private void Obey()
    {
        while (_commands.TryDequeue(out var command))
        {
            if (command.Target is { } target)
            {
                _plan.Watch(target, _loop.Now.Up);
            }
            else
            {
                _plan.Unwatch(command.ContainerId);
            }
        }
    }

    private void Publish()
    {
        foreach (var report in _plan.Reports)
        {
            _reports.Writer.TryWrite(report);
        }
        _plan.Reports.Clear();
    }

    private void Fail(Exception error)
    {
        if (_failure != error.Message)
        {
            _failure = error.Message;
            LogFailed(_logger, error);
        }
        _status = new ProberStatus(ProberMode.Off, $"probing failed and is tried again every second: {error.Message}", _count);
        CloseSockets();
        Obey();
        _plan.Reset($"the prober failed and begins again: {error.Message}", _loop.Now);
        Publish();
    }

    private ProberStatus Working() => new((_loop.V4 ?? _loop.V6)!.Mode, null, _count);

    /// <returns>Null: there is a socket now. Else what to do about it.</returns>
    private string? OpenSockets()
    {
        _loop.V4 = _open(AddressFamily.InterNetwork, out var refusal);
        _loop.V6 = _open(AddressFamily.InterNetworkV6, out _);
        return _loop.V4 is not null || _loop.V6 is not null
            ? null
            : $"no ICMP socket is permitted ({refusal}), so packet loss is not seen; one of these remedies is enough: run as root; "
                + "grant CAP_NET_RAW (setcap cap_net_raw+ep on the program, AmbientCapabilities=CAP_NET_RAW in the unit, "
                + "cap_add: NET_RAW for the container); or sysctl -w net.ipv4.ping_group_range=\"0 2147483647\"";
    }

    private void CloseSockets()
    {
        _loop.V4?.Dispose();
        _loop.V6?.Dispose();
        _loop.V4 = null;
        _loop.V6 = null;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "packet loss is measured through {Mode} ICMP sockets, {Families}")]
    private static partial void LogMode(ILogger logger, ProberMode mode, string families);

    [LoggerMessage(Level = LogLevel.Warning, Message = "packet loss is not measured: {Reason}")]
    private static partial void LogOff(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "ICMP probing failed; it begins again every second until it works")]
    private static partial void LogFailed(ILogger logger, Exception error);

    [LoggerMessage(Level = LogLevel.Information, Message = "ICMP probing works again")]
    private static partial void LogRecovered(ILogger logger);

    /// <param name="Target">Null: the container is to be left alone.</param>
    /// <param name="ContainerId">Whom it is about.</param>
    private readonly record struct Command(ProbeTarget? Target, string ContainerId);
}
