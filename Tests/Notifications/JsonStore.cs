using Orleans.Serialization;
using Orleans.Storage;

namespace HmsOrleans.Tests.Notifications;

/// <summary>Keeps the state of one grain as the database does, as JSON, and can be made to fail.</summary>
internal sealed class JsonStore : IGrainStorage
{
    private string? _kept;
    private int _version;

    public OrleansJsonSerializer Serializer { get; set; } = null!;

    /// <summary>Reading and writing fail with this; null: they work.</summary>
    public string? Trouble { get; set; }

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        Fail();
        if (_kept is { } kept)
        {
            grainState.State = (T)Serializer.Deserialize(typeof(T), kept)!;
            (grainState.RecordExists, grainState.ETag) = (true, $"{_version}");
        }
        return Task.CompletedTask;
    }

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        Fail();
        if (grainState.ETag != (_version == 0 ? null : $"{_version}"))
        {
            throw new InconsistentStateException("somebody else has written");
        }
        _kept = Serializer.Serialize(grainState.State!, typeof(T));
        _version++;
        (grainState.RecordExists, grainState.ETag) = (true, $"{_version}");
        return Task.CompletedTask;
    }

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => throw new NotSupportedException();

    private void Fail()
    {
        if (Trouble is { } trouble)
        {
            throw new IOException(trouble);
        }
    }
}
