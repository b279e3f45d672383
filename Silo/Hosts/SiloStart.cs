namespace HmsOrleans.Silo.Hosts;

/// <summary>Tells when grains can be called: well before the web server and the dashboard have started.</summary>
internal sealed class SiloStart : ILifecycleParticipant<ISiloLifecycle>
{
    private readonly TaskCompletionSource _active = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when the silo is a member of its cluster and takes calls.</summary>
    public Task Active => _active.Task;

    public void Participate(ISiloLifecycle lifecycle) => lifecycle.Subscribe(nameof(SiloStart), ServiceLifecycleStage.Active, _ =>
    {
        _active.TrySetResult();
        return Task.CompletedTask;
    });
}
