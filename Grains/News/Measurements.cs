using HmsOrleans.Grains.Containers;

namespace HmsOrleans.Grains.News;

/// <summary>How exactly a host tells of what it measured. Far below the dead band, so that nothing that means anything is lost.</summary>
internal static class Measurements
{
    /// <summary>Bytes of a page.</summary>
    public const long MemoryUnit = 4096;

    /// <summary>Loss in whole percent, round trip in microseconds, memory in pages; the time of a fault in milliseconds.</summary>
    public static ContainerView Rounded(this ContainerView view) => view with
    {
        PacketLoss = view.PacketLoss is { } loss ? Math.Round(loss) : null,
        Rtt = view.Rtt is { } rtt ? Math.Round(rtt * 1000) / 1000 : null,
        Memory = view.Memory is { } memory ? (memory + MemoryUnit / 2) / MemoryUnit * MemoryUnit : null,
        LastFault = view.LastFault is { } fault ? fault with { At = DateTimeOffset.FromUnixTimeMilliseconds(fault.At.ToUnixTimeMilliseconds()) } : null,
    };
}
