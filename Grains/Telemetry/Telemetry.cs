using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;

namespace HmsOrleans.Grains.Telemetry;

/// <summary>What metrics and traces of this program are known by.</summary>
public static class Telemetry
{
    /// <summary>Name of the meter and of the source of traces.</summary>
    public const string Name = "HmsOrleans";

    private static readonly ConcurrentDictionary<Enum, string> Words = new();

    /// <summary>Traces of healings. Costs nothing while nobody listens.</summary>
    internal static ActivitySource Source { get; } = new(Name);

    /// <summary>A value as the API writes it.</summary>
    public static string Word(Enum value) => Words.GetOrAdd(value, one => JsonNamingPolicy.CamelCase.ConvertName(one.ToString()));
}
