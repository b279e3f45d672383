using System.Collections.Immutable;

namespace HmsOrleans.Antagonist.Campaigns;

/// <summary>
/// What keeping the controller's view up to date costs, counted as the report does: requests for content and the content itself. Ours travels in
/// the updates, without a request; where the controller has to ask, a request takes what it does in the report.
/// </summary>
/// <param name="Seconds">That were counted.</param>
/// <param name="Fetches">Contents fetched.</param>
/// <param name="Updates">Updates that hosts have sent.</param>
/// <param name="Bytes">Of requests, and of contents in answers and updates.</param>
/// <param name="Changes">Changes on the hosts of what the report's content holds: the same number for both protocols.</param>
/// <param name="PerSecond">Bytes of requests and contents in each second.</param>
/// <param name="Report">The report's protocol on the same history.</param>
/// <param name="Wire">Bytes that the hosts have sent in all, whatever for; null when nobody counted.</param>
internal sealed record TrafficFigures(
    double Seconds, long Fetches, long Updates, long Bytes, int Changes, ImmutableArray<double> PerSecond, ReportProtocol Report, long? Wire)
{
    public double Kbps => Kilobits(Bytes);

    public double ReportKbps => Kilobits(Report.Bytes);

    public double? WireKbps => Wire is { } wire ? Kilobits(wire) : null;

    public double UpdatesPerChange => Updates / (double)Math.Max(1, Changes);

    public double BytesPerChange => Bytes / (double)Math.Max(1, Changes);

    public double ReportBytesPerChange => Report.Bytes / (double)Math.Max(1, Changes);

    /// <summary>Our bytes for one of the report's protocol, on one history.</summary>
    public double Ratio => Bytes / (double)Math.Max(1, Report.Bytes);

    public static TrafficFigures Of(CellHistory history)
    {
        var report = ReportProtocol.Replay(history);
        var (fetches, updates, bytes, wire) = (0L, 0L, 0L, (long?)null);
        var perSecond = new double[(int)Math.Ceiling(history.Info.Length)];
        foreach (var (before, after) in history.Traffic.Zip(history.Traffic.Skip(1)))
        {
            // A controller that has moved counts from 0 on.
            var isSame = after.Fetches >= before.Fetches && after.Updates >= before.Updates && after.Bytes >= before.Bytes;
            var fetched = after.Fetches - (isSame ? before.Fetches : 0);
            var sum = after.Bytes - (isSame ? before.Bytes : 0) + fetched * ReportProtocol.RequestBytes;
            fetches += fetched;
            updates += after.Updates - (isSame ? before.Updates : 0);
            bytes += sum;
            perSecond[Math.Min(perSecond.Length - 1, (int)before.At)] += sum;
            wire = after.Wire - before.Wire is { } sent ? (wire ?? 0) + sent : wire;
        }
        var seconds = history.Traffic is [var first, .., var last] ? last.At - first.At : history.Info.Length;
        return new(seconds, fetches, updates, bytes, report.Changes, [.. perSecond], report, wire);
    }

    private double Kilobits(double bytes) => bytes * 8 / 1000 / Seconds;
}
