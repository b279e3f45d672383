using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Orleans.Storage;

namespace HmsOrleans.Tests.Commands;

/// <summary>A store in memory that keeps copies, by name and grain, and minds versions as a real one does.</summary>
internal sealed class JournalStore : IGrainStorage
{
    private readonly ConcurrentDictionary<string, (string Json, int Version)> _kept = new();

    /// <summary>Why writes fail; null while they do not.</summary>
    public string? Trouble { get; set; }

    /// <summary>What was written, by name, in order.</summary>
    public ConcurrentQueue<string> Writes { get; } = new();

    public int Count => _kept.Count;

    /// <summary>What writes wait for, once they know what they write.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    /// <summary>How often something stands in what was written last under a name.</summary>
    public int CountOf(string text, string stateName) => Regex.Count(_kept.Single(one => one.Key.StartsWith($"{stateName} ", StringComparison.Ordinal)).Value.Json, Regex.Escape(text));

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        if (_kept.TryGetValue($"{stateName} {grainId}", out var kept))
        {
            grainState.State = JsonSerializer.Deserialize<T>(kept.Json)!;
            (grainState.ETag, grainState.RecordExists) = (Tag(kept.Version), true);
        }
        return Task.CompletedTask;
    }

    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        if (Trouble is not null)
        {
            throw new IOException(Trouble);
        }
        var json = JsonSerializer.Serialize(grainState.State);
        await Gate;
        var (_, version) = _kept.GetValueOrDefault($"{stateName} {grainId}");
        if (grainState.ETag != (version == 0 ? null : Tag(version)))
        {
            throw new InconsistentStateException("another version is stored", Tag(version), grainState.ETag);
        }
        _kept[$"{stateName} {grainId}"] = (json, version + 1);
        (grainState.ETag, grainState.RecordExists) = (Tag(version + 1), true);
        Writes.Enqueue(stateName);
    }

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => throw new NotSupportedException();

    private static string Tag(int version) => version.ToString(CultureInfo.InvariantCulture);
}
