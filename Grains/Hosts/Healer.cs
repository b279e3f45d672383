using System.Collections.Immutable;
using System.Diagnostics;
using HmsOrleans.Grains.Engine;
using HmsOrleans.Grains.Health;
using HmsOrleans.Grains.Telemetry;

namespace HmsOrleans.Grains.Hosts;

/// <summary>Has the engine of one host carry out what its containers order, a few orders at a time, and finds out what came of it.</summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Reliability", "CA1001", Justification = "The slots hold nothing but memory.")]
internal sealed class Healer(IContainerEngine engine, StartsUnderWay starts, HostMetrics metrics, int atOnce, TimeProvider time)
{
    /// <summary>Time that the engine gets beyond the stop timeout to stop and start a container.</summary>
    private static readonly TimeSpan EngineMargin = TimeSpan.FromSeconds(60);

    /// <summary>For each by itself: one that is slow to stop, or a network that hangs, must not keep a stopped one down.</summary>
    private readonly SemaphoreSlim _startSlots = new(atOnce);
    private readonly SemaphoreSlim _restartSlots = new(atOnce);
    private readonly SemaphoreSlim _connectSlots = new(atOnce);

    /// <summary>Carries an order out when its turn comes.</summary>
    /// <param name="order">What is to be done.</param>
    /// <param name="isStillWanted">Asked when its turn has come.</param>
    /// <param name="stopping">Ends the waiting, not what the engine has begun.</param>
    /// <returns>How the container was found afterwards, and how the order ended.</returns>
    public async Task<ImmutableArray<Observation>> CarryOutAsync(HealOrder order, Func<bool> isStillWanted, CancellationToken stopping)
    {
        var orderedAt = time.GetUtcNow();
        var slots = order.Action switch { HealthAction.Start => _startSlots, HealthAction.Connect => _connectSlots, _ => _restartSlots };
        await slots.WaitAsync(stopping);
        try
        {
            // Evidence against a running container ages while it waits its turn; that a stopped one is stopped does not, nor does a person's wish.
            var tooLate = order is { Action: HealthAction.Restart, Asked: false } && time.GetUtcNow() - orderedAt > new HealthPolicy().MaxEvidenceAge;
            return tooLate || !isStillWanted()
                ? [new Observation.RestartEnded(time.GetUtcNow(), order.Attempt, RestartOutcome.Withdrawn)]
                : await CarryOutAsync(order, stopping);
        }
        finally
        {
            slots.Release();
        }
    }

    /// <summary>How a container is now.</summary>
    /// <exception cref="EngineSilentException">The engine did not answer.</exception>
    /// <exception cref="EngineRefusedException">The engine answered that it cannot say.</exception>
    public async Task<Observation> LookAsync(string containerId, CancellationToken stopping)
    {
        var askedAt = time.GetUtcNow();
        var container = await engine.InspectAsync(containerId, stopping);
        return container is null ? new Observation.Removed(askedAt) : new Observation.Seen(askedAt, container);
    }

    /// <summary>It may be ending, of which an engine tells after it has taken it off its networks; or somebody has connected it meanwhile.</summary>
    private async Task<Observation?> FindReasonNotToConnectAsync(HealOrder order, CancellationToken stopping)
    {
        try
        {
            var seen = await LookAsync(order.ContainerId, stopping);
            return seen is Observation.Seen { Container: { State: ContainerState.Running, Networks: [] } } ? null : seen;
        }
        catch (Exception e) when (e is EngineSilentException or EngineRefusedException)
        {
            return null; // the attempt will tell
        }
    }

    private async Task<ImmutableArray<Observation>> CarryOutAsync(HealOrder order, CancellationToken stopping)
    {
        var facts = ImmutableArray.CreateBuilder<Observation>();
        var (outcome, detail) = (RestartOutcome.Done, (string?)null);
        if (order.Action == HealthAction.Connect && await FindReasonNotToConnectAsync(order, stopping) is { } reason)
        {
            return [reason, new Observation.RestartEnded(time.GetUtcNow(), order.Attempt, RestartOutcome.Withdrawn)];
        }
        var began = time.GetTimestamp();
        using var call = order.Trace == default ? null : Telemetry.Telemetry.Source.StartActivity($"engine {Telemetry.Telemetry.Word(order.Action)}", ActivityKind.Client, order.Trace);
        try
        {
            if (order.Action == HealthAction.Start)
            {
                starts.Begin();
                try
                {
                    await engine.StartAsync(order.ContainerId, stopping);
                }
                finally
                {
                    starts.End();
                }
            }
            else if (order.Action == HealthAction.Connect)
            {
                await engine.ConnectAsync(order.ContainerId, order.LostSeats, stopping);
            }
            else
            {
                var limit = (order.StopTimeout ?? order.Container?.StopTimeout ?? TimeSpan.FromSeconds(10)) + EngineMargin;
                await engine.RestartAsync(order.ContainerId, order.StopTimeout, limit, stopping);
            }
        }
        catch (EngineRefusedException e)
        {
            (outcome, detail) = (RestartOutcome.Refused, e.Message);
        }
        catch (EngineSilentException e)
        {
            (outcome, detail) = (RestartOutcome.Unanswered, e.Message);
        }

        metrics.Called(order.Action, outcome, time.GetElapsedTime(began));
        call?.SetTag("hms.outcome", Telemetry.Telemetry.Word(outcome)).Stop();
        if (outcome != RestartOutcome.Unanswered)
        {
            // The engine's answer says what it did; only a look says how the container is: it may have died again meanwhile.
            try
            {
                facts.Add(await LookAsync(order.ContainerId, stopping));
            }
            catch (Exception e) when (e is EngineSilentException or EngineRefusedException)
            {
                (outcome, detail) = (RestartOutcome.Unanswered, e.Message);
            }
        }
        facts.Add(new Observation.RestartEnded(time.GetUtcNow(), order.Attempt, outcome, detail));
        return facts.ToImmutable();
    }
}

/// <summary>What is to be done to a container.</summary>
/// <param name="ContainerId">Its full id.</param>
/// <param name="Action">Start, restart or connect.</param>
/// <param name="Attempt">The number with which its end is reported.</param>
/// <param name="Container">The engine's description of it, where there is one.</param>
/// <param name="StopTimeout">How long it has to stop; null for what the engine says.</param>
/// <param name="Asked">A person wants it, and no fault led to it.</param>
/// <param name="Trace">The span that the call of the engine is part of; default for none.</param>
/// <param name="LostSeats">What it is connected to.</param>
internal sealed record HealOrder(
    string ContainerId, HealthAction Action, int Attempt, EngineContainer? Container, TimeSpan? StopTimeout, bool Asked = false, ActivityContext Trace = default,
    ImmutableArray<NetworkSeat> LostSeats = default);
