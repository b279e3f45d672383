namespace HmsOrleans.Tests.Cluster;

/// <summary>The system's time, later by what a test says. Timers are the system's: the silo lives by them too.</summary>
internal sealed class ShiftedTime : TimeProvider
{
    private long _shift;

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow().AddTicks(Interlocked.Read(ref _shift));

    public void Shift(TimeSpan by) => Interlocked.Add(ref _shift, by.Ticks);
}
