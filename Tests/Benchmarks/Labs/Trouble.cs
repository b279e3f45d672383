namespace HmsOrleans.Benchmarks.Labs;

/// <summary>Something that happens to an engine, and ends.</summary>
/// <param name="Name">As a person would say it.</param>
/// <param name="Least">How long it lasts at least.</param>
/// <param name="StopsContainers">The engine itself stops its containers by it.</param>
/// <param name="BeginAsync">Makes it.</param>
/// <param name="EndAsync">Ends it; the engine answers again when this is done.</param>
internal sealed record Trouble(
    string Name, TimeSpan Least, bool StopsContainers, Func<Lab, CancellationToken, Task> BeginAsync, Func<Lab, CancellationToken, Task> EndAsync)
{
    /// <summary>Long enough for the node to notice, in time or not.</summary>
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(4);

    public static IReadOnlyList<Trouble> All { get; } =
    [
        new("dockerd killed, back with live-restore", Short, false, (lab, token) => lab.Host.KillAsync(token), (lab, token) => lab.Host.RestartAsync(liveRestore: true, token)),
        new("dockerd killed, back without live-restore", Short, true, (lab, token) => lab.Host.KillAsync(token), (lab, token) => lab.Host.RestartAsync(liveRestore: false, token)),
        new("dockerd frozen for 20 s", TimeSpan.FromSeconds(20), false, (lab, token) => lab.Host.FreezeAsync(token), (lab, _) => lab.Host.ThawAsync()),
        new("socket removed and back", Short, false, (lab, _) => Now(lab.Host.HideSocket), (lab, _) => Now(lab.Host.ShowSocket)),
    ];

    private static Task Now(Action act)
    {
        act();
        return Task.CompletedTask;
    }
}
