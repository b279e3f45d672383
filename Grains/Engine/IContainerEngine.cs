using System.Collections.Immutable;
using HmsOrleans.Grains.Incidents;

namespace HmsOrleans.Grains.Engine;

/// <summary>What a host asks of its container engine. Every call ends: with an answer, or with <see cref="EngineSilentException"/> within its time limit.</summary>
public interface IContainerEngine
{
    /// <summary>Starts a stopped container; does nothing when it runs already.</summary>
    /// <exception cref="EngineSilentException">The engine did not answer.</exception>
    /// <exception cref="EngineRefusedException">The engine answered that it cannot, or knows no such container.</exception>
    Task StartAsync(string containerId, CancellationToken cancellationToken);

    /// <summary>Stops a container with its own stop signal, waits for its stop timeout, kills it if need be, and starts it.</summary>
    /// <param name="containerId">Full id.</param>
    /// <param name="stopTimeout">Overrides the container's own stop timeout; null keeps it.</param>
    /// <param name="timeLimit">Time for the whole call; must exceed the stop timeout.</param>
    /// <param name="cancellationToken">Ends the waiting, not what the engine has begun.</param>
    /// <exception cref="EngineSilentException">The engine did not answer.</exception>
    /// <exception cref="EngineRefusedException">The engine answered that it cannot, or knows no such container.</exception>
    Task RestartAsync(string containerId, TimeSpan? stopTimeout, TimeSpan timeLimit, CancellationToken cancellationToken);

    /// <summary>Gives a running container its places on networks back; one that it has already stays as it is.</summary>
    /// <param name="containerId">Full id.</param>
    /// <param name="seats">Its places.</param>
    /// <param name="cancellationToken">Ends the waiting, not what the engine has begun.</param>
    /// <exception cref="EngineSilentException">The engine did not answer.</exception>
    /// <exception cref="EngineRefusedException">The engine answered that it cannot, for one network at least; the others were tried all the same.</exception>
    Task ConnectAsync(string containerId, ImmutableArray<NetworkSeat> seats, CancellationToken cancellationToken);

    /// <summary>Describes a container as it is now; null when the engine knows none of that id.</summary>
    /// <exception cref="EngineSilentException">The engine did not answer.</exception>
    /// <exception cref="EngineRefusedException">The engine answered that it cannot.</exception>
    Task<EngineContainer?> InspectAsync(string containerId, CancellationToken cancellationToken);

    /// <summary>What a container has said so far: its last lines of output and what its health check told. What it says of the run is of the run at that moment.</summary>
    /// <param name="containerId">Full id.</param>
    /// <param name="until">Later output is left out: it is of the run that followed.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>All but the memory in use, which an engine is slow to tell.</returns>
    /// <exception cref="EngineSilentException">The engine did not answer.</exception>
    /// <exception cref="EngineRefusedException">The engine answered that it cannot, or knows no such container.</exception>
    Task<IncidentCapture> CaptureAsync(string containerId, DateTimeOffset until, CancellationToken cancellationToken);
}
