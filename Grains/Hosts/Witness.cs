using HmsOrleans.Grains.Engine;
using HmsOrleans.Grains.Incidents;
using Microsoft.Extensions.Logging;

namespace HmsOrleans.Grains.Hosts;

/// <summary>Looks at a container before it is restarted, for those who will want to know afterwards. What it costs must never slow a healing.</summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Reliability", "CA1001", Justification = "The slots hold nothing but memory.")]
internal sealed partial class Witness(IContainerEngine engine, StartsUnderWay starts, TimeProvider time, ILogger logger)
{
    /// <summary>As long as a restart of a container that still runs waits for it.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(0.25);

    /// <summary>Of one that is dead nothing changes while others are started.</summary>
    private static readonly TimeSpan StartsLimit = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _slots = new(2);

    /// <summary>Looks at a container as it is at this moment.</summary>
    /// <param name="container">What the engine has said of it.</param>
    /// <param name="memory">What it last used.</param>
    /// <param name="stopping">Ends the waiting.</param>
    /// <returns>Null when nothing was to be seen.</returns>
    public async Task<IncidentCapture?> LookAsync(EngineContainer container, long? memory, CancellationToken stopping)
    {
        var until = time.GetUtcNow();
        var isRunning = container.State == ContainerState.Running;
        try
        {
            if (!isRunning)
            {
                await starts.UntilNoneAsync(StartsLimit, time);
            }
            await _slots.WaitAsync(stopping);
            try
            {
                var seen = await engine.CaptureAsync(container.Id, until, stopping);
                // By now it may be in its next run; how the last one ended is known.
                return seen with { ExitCode = isRunning ? null : container.ExitCode, OutOfMemory = container.OutOfMemory, Memory = memory };
            }
            finally
            {
                _slots.Release();
            }
        }
        catch (Exception e) when (!stopping.IsCancellationRequested) // Nothing depends on it.
        {
            LogNothingSeen(logger, container.Name, e.Message);
            return null;
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Container}: nothing could be captured: {Reason}")]
    private static partial void LogNothingSeen(ILogger logger, string container, string reason);
}
