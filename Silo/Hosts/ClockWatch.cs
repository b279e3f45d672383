namespace HmsOrleans.Silo.Hosts;

/// <summary>Notices that the machine's clock was set, by the clock that only ever runs on. Slewing, as NTP does, is no jump.</summary>
internal sealed class ClockWatch(TimeProvider time)
{
    private static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(1);

    private DateTimeOffset _wall = time.GetUtcNow();
    private long _stamp = time.GetTimestamp();

    /// <summary>How far the clock has jumped since it was last asked; null when it did not.</summary>
    public TimeSpan? Jump()
    {
        var (wall, stamp) = (time.GetUtcNow(), time.GetTimestamp());
        var jump = wall - _wall - time.GetElapsedTime(_stamp, stamp);
        (_wall, _stamp) = (wall, stamp);
        return jump.Duration() > Tolerance ? jump : null;
    }
}
