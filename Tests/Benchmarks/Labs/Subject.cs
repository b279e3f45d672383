using System.Diagnostics;

namespace HmsOrleans.Benchmarks.Labs;

/// <summary>A container that is attacked.</summary>
internal sealed class Subject(string name, string id)
{
    /// <summary>
    /// A container that fails again before its recovery has lasted (10 s) has to wait for the next attempt: by design, and not
    /// what is measured here.
    /// </summary>
    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(12);

    private long? _healedAt;

    public string Name { get; } = name;

    public string Id { get; } = id;

    /// <summary>How long it should be left in peace before the next fault.</summary>
    public TimeSpan Rest => _healedAt is { } at && Recovery - Stopwatch.GetElapsedTime(at) is { Ticks: > 0 } left ? left : TimeSpan.Zero;

    /// <summary>It was healed just now.</summary>
    public void Healed() => _healedAt = Stopwatch.GetTimestamp();

    /// <summary>Nobody who could count its faults has seen them.</summary>
    public void Forget() => _healedAt = null;
}
