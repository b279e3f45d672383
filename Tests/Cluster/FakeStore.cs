using System.Collections.Concurrent;
using Orleans.Storage;

namespace HmsOrleans.Tests.Cluster;

/// <summary>A grain store in memory, which can be made to fail for single grains.</summary>
internal sealed class FakeStore : IGrainStorage
{
    private readonly ConcurrentDictionary<string, object> _kept = new();
    private readonly ConcurrentDictionary<string, string> _unreadable = new();
    private readonly ConcurrentDictionary<string, string> _unwritable = new();

    /// <summary>Reads for a key fail with a reason; null mends it.</summary>
    public void FailReads(string key, string? reason) => Set(_unreadable, key, reason);

    /// <summary>Writes for a key fail with a reason; null mends it.</summary>
    public void FailWrites(string key, string? reason) => Set(_unwritable, key, reason);

    public T? Kept<T>(string key) where T : class => _kept.GetValueOrDefault($"{typeof(T).Name} {key}") as T;

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var key = grainId.Key.ToString()!;
        if (_unreadable.TryGetValue(key, out var reason))
        {
            throw new IOException(reason);
        }
        if (_kept.TryGetValue($"{typeof(T).Name} {key}", out var kept))
        {
            (grainState.State, grainState.RecordExists) = ((T)kept, true);
        }
        return Task.CompletedTask;
    }

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var key = grainId.Key.ToString()!;
        if (_unwritable.TryGetValue(key, out var reason))
        {
            throw new IOException(reason);
        }
        _kept[$"{typeof(T).Name} {key}"] = grainState.State!;
        grainState.RecordExists = true;
        return Task.CompletedTask;
    }

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => throw new NotSupportedException();

    private static void Set(ConcurrentDictionary<string, string> reasons, string key, string? reason)
    {
        if (reason is null)
        {
            reasons.TryRemove(key, out _);
        }
        else
        {
            reasons[key] = reason;
        }
    }
}
