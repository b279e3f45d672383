using System.Runtime.InteropServices;

namespace HmsOrleans.Silo.Icmp;

/// <summary>A sleep that another thread can end. The waits of the framework have a resolution of a millisecond; a burst needs a better one.</summary>
internal sealed unsafe class Alarm : IDisposable
{
    private const int NonBlocking = 0x800;
    private const int CloseOnExec = 0x80000;
    private const short Readable = 1;

    private readonly Libc.Descriptor _event;

    internal Alarm()
    {
        _event = Libc.EventFd(0, NonBlocking | CloseOnExec);
        if (_event.IsInvalid)
        {
            throw Failure("eventfd");
        }
    }

    /// <summary>Ends the sleep, or the next one if nobody sleeps.</summary>
    internal void Ring()
    {
        var one = 1L;
        if (Libc.Write(_event, &one, sizeof(long)) < 0 && Marshal.GetLastPInvokeError() is var error && error != Libc.Errors.TryAgain)
        {
            throw Failure("write");
        }
    }

    /// <summary>Sleeps until the time is over or the alarm rings; a signal may end it too.</summary>
    /// <param name="time">None: until the alarm rings.</param>
    internal void Sleep(TimeSpan? time)
    {
        var entry = new Libc.PollEntry { File = (int)_event.DangerousGetHandle(), Events = Readable };
        var limit = new Libc.Timespec();
        if (time is { } span)
        {
            span = span < TimeSpan.Zero ? TimeSpan.Zero : span;
            limit.Seconds = span.Ticks / TimeSpan.TicksPerSecond;
            limit.Nanoseconds = span.Ticks % TimeSpan.TicksPerSecond * TimeSpan.NanosecondsPerTick;
        }
        var ready = Libc.Poll(&entry, 1, time is null ? null : &limit, null);
        if (ready < 0 && Marshal.GetLastPInvokeError() is var error && error != Libc.Errors.Interrupted)
        {
            throw Failure("ppoll");
        }
        if (ready > 0)
        {
            var rung = 0L;
            if (Libc.Read(_event, &rung, sizeof(long)) < 0)
            {
                throw Failure("read");
            }
        }
    }

    public void Dispose() => _event.Dispose();

    private static IOException Failure(string call)
        => new($"{call} on the prober's eventfd failed: {Libc.Describe(Marshal.GetLastPInvokeError())}");
}
