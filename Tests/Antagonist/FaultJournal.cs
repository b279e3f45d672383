using System.Collections.Concurrent;
using HmsOrleans.Antagonist.Faults;
using HmsOrleans.Antagonist.Leases;

namespace HmsOrleans.Tests.Antagonist;

/// <summary>Takes down what began and ended, and whether the lease was on the disk when a fault began.</summary>
internal sealed class FaultJournal(string directory) : IFaultLog
{
    private readonly ConcurrentQueue<Line> _lines = new();

    public IReadOnlyList<Line> Lines => [.. _lines];

    public void Begun(Lease lease, DateTimeOffset at) =>
        _lines.Enqueue(new(true, lease, at, null, File.Exists(Path.Combine(directory, $"{lease.Id:N}.lease"))));

    public void Ended(Lease lease, DateTimeOffset at, string? why) => _lines.Enqueue(new(false, lease, at, why, false));

    internal sealed record Line(bool HasBegun, Lease Lease, DateTimeOffset At, string? Why, bool WasOnDisk);
}
