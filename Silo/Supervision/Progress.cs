namespace HmsOrleans.Silo.Supervision;

/// <summary>How far the node has come with what it must never stop doing.</summary>
/// <param name="Facts">How often the host's grain has taken in what the watcher found out: at least once in a few seconds, also while the engine is silent.</param>
/// <param name="Turns">Turns of the prober's thread, at least one a second; null while it has no socket to probe with.</param>
internal readonly record struct Progress(long Facts, long? Turns)
{
    /// <returns>What has stood still since then; null when nothing has.</returns>
    public string? StandstillSince(Progress then) =>
        Facts == then.Facts ? "the host's grain takes in no facts"
        : Turns is { } turns && turns == then.Turns ? "the prober's thread does not turn"
        : null;
}

/// <summary>Counts what the host's grain has taken in.</summary>
internal sealed class FactsTaken
{
    private long _count;

    public long Count => Interlocked.Read(ref _count);

    public void Add() => Interlocked.Increment(ref _count);
}
