using System.Data.Common;
using System.Globalization;
using HmsOrleans.Api.Problems;
using HmsOrleans.Grains.Antagonist;
using HmsOrleans.Grains.Fleet;
using HmsOrleans.Grains.Hosts;
using HmsOrleans.Grains.Incidents;
using HmsOrleans.Grains.Notifications;
using Orleans.Runtime.Messaging;

namespace HmsOrleans.Api.Fleet;

/// <summary>Calls grains, each within a limit, and says what it means when one does not answer.</summary>
internal sealed class FleetCalls(IGrainFactory grains, NodeMode mode, TimeProvider time)
{
    /// <summary>Longest wait for a grain.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    /// <summary>Longest wait for a host that is offline: one that is back answers in milliseconds, and of one that hangs nothing comes.</summary>
    private static readonly TimeSpan OfflineLimit = TimeSpan.FromMilliseconds(80);

    /// <summary>Longest wait for a host that has just started.</summary>
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(2);

    /// <summary>Longest wait for a setting to be saved before the reply says that it is not yet.</summary>
    public static readonly TimeSpan SaveLimit = TimeSpan.FromSeconds(2);

    /// <summary>Longest wait for one reading before it is tried again.</summary>
    private static readonly TimeSpan ReadLimit = TimeSpan.FromSeconds(1.5);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Reads something of the controller. It is asked again while there is time: it may be moving to another node.</summary>
    /// <exception cref="NoAnswerException">It does not answer.</exception>
    public Task<T> Read<T>(Func<IControllerGrain, CancellationToken, Task<T>> call, CancellationToken aborted) =>
        AskController(token => Repeated(call, token), aborted);

    /// <summary>Has the controller change what holds for the fleet.</summary>
    /// <exception cref="NoAnswerException">It does not answer, or this node is cut off from the fleet.</exception>
    public Task<T> Change<T>(Func<IControllerGrain, CancellationToken, Task<T>> call, CancellationToken aborted) =>
        mode.IsIsland
            ? throw new NoAnswerException(ProblemType.FleetUnavailable.With(
                "This node is cut off from the database of its cluster and cares for its own host alone. What holds for the whole fleet can be changed through another node, or here when it is back; the settings of this host and its containers can be changed now."))
            : AskController(token => call(Controller, token), aborted);

    private async Task<T> AskController<T>(Func<CancellationToken, Task<T>> call, CancellationToken aborted)
    {
        try
        {
            return await Within(Limit, call, aborted);
        }
        catch (Exception e) when (IsNoAnswer(e, aborted))
        {
            throw new NoAnswerException(ProblemType.FleetUnavailable.With(
                $"The controller did not answer ({Why(e)}). It moves to another node by itself when its own is lost: try again in a few seconds."), e);
        }
    }

    /// <summary>Asks the history.</summary>
    /// <exception cref="NoAnswerException">It does not answer.</exception>
    public async Task<T> AskHistory<T>(Func<IHistoryGrain, CancellationToken, Task<T>> call, CancellationToken aborted)
    {
        try
        {
            return await Within(Limit, token => call(grains.GetGrain<IHistoryGrain>(IHistoryGrain.Key), token), aborted);
        }
        catch (Exception e) when (e is HistoryUnavailableException || IsNoAnswer(e, aborted))
        {
            throw new NoAnswerException(ProblemType.HistoryUnavailable.With(
                $"The history did not answer ({(e is HistoryUnavailableException ? e.Message.TrimEnd('.') : Why(e))}). What happens meanwhile is kept on the hosts, and comes into it later."), e);
        }
    }

    /// <summary>Asks a host that the fleet knows.</summary>
    /// <exception cref="NoAnswerException">It does not answer.</exception>
    public Task<T> Ask<T>(HostView host, Func<IHostManagerGrain, CancellationToken, Task<T>> call, CancellationToken aborted) =>
        AskThere(host, token => call(Host(host.Address), token), aborted);

    /// <summary>Asks again and again, for a moment, while a host has just started and has not listed its containers.</summary>
    /// <param name="call">What is asked.</param>
    /// <param name="isUp">Whether an answer is one of a host that has.</param>
    /// <param name="aborted">Ends the waiting.</param>
    /// <exception cref="NoAnswerException">It does not answer.</exception>
    public async Task<T> WhenUp<T>(Func<Task<T>> call, Func<T, bool> isUp, CancellationToken aborted)
    {
        var began = time.GetTimestamp();
        while (true)
        {
            var answer = await call();
            if (isUp(answer) || time.GetElapsedTime(began) >= StartLimit)
            {
                return answer;
            }
            await Task.Delay(Pause, time, aborted);
        }
    }

    /// <summary>Asks the antagonist of a host that the fleet knows.</summary>
    /// <exception cref="NoAnswerException">The host does not answer.</exception>
    public Task<T> AskAntagonist<T>(HostView host, Func<IAntagonistGrain, CancellationToken, Task<T>> call, CancellationToken aborted) =>
        AskThere(host, token => call(grains.GetGrain<IAntagonistGrain>(host.Address), token), aborted);

    /// <summary>Asks what tells people.</summary>
    /// <exception cref="NoAnswerException">It does not answer, or this node is cut off from the fleet.</exception>
    public async Task<T> AskNotifications<T>(Func<INotificationGrain, CancellationToken, Task<T>> call, CancellationToken aborted)
    {
        if (mode.IsIsland)
        {
            throw new NoAnswerException(ProblemType.FleetUnavailable.With(
                "This node is cut off from the database of its cluster: people are told by the other nodes. Ask one of them, or here when it is back."));
        }
        try
        {
            return await Within(Limit, token => call(Notifications, token), aborted);
        }
        catch (Exception e) when (IsNoAnswer(e, aborted))
        {
            throw new NoAnswerException(ProblemType.FleetUnavailable.With(
                $"What tells people did not answer ({Why(e)}). It moves to another node by itself when its own is lost: try again in a few seconds."), e);
        }
    }

    private async Task<T> AskThere<T>(HostView host, Func<CancellationToken, Task<T>> call, CancellationToken aborted)
    {
        var began = time.GetTimestamp();
        while (true)
        {
            try
            {
                return await Within(host.State == HostState.Offline ? OfflineLimit : Limit, call, aborted);
            }
            catch (HostUnavailableException e) when (e.IsStarting && time.GetElapsedTime(began) < StartLimit)
            {
                await Task.Delay(Pause, time, aborted);
            }
            catch (Exception e) when (IsNoAnswer(e, aborted))
            {
                var life = host.LastHeartbeat?.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
                throw new NoAnswerException(ProblemType.HostUnavailable.With(
                    $"{host.Address} does not answer ({Why(e)}); {(life is null ? "no sign of life of it is known" : $"its last sign of life was at {life}")}. Look whether its node runs; it heals its containers on its own meanwhile.",
                    ("host", host.Address), ("since", host.LastHeartbeat)), e);
            }
        }
    }

    /// <summary>The status of the host that this node is responsible for, within a limit of the caller's.</summary>
    public Task<HostStatus> AskStatus(string address, TimeSpan limit, CancellationToken aborted) =>
        Within(limit, Host(address).GetStatus, aborted);

    /// <summary>Whether the controller answers, within a limit of the caller's.</summary>
    public Task<FleetSettings> AskSettings(TimeSpan limit, CancellationToken aborted) =>
        Within(limit, Controller.GetSettings, aborted);

    /// <summary>Waits for news of a grain that answers after three seconds at the latest; gives up as with every call.</summary>
    public Task<T> Watch<T>(Func<IGrainFactory, CancellationToken, Task<T>> call, CancellationToken aborted) =>
        Within(Limit, token => call(grains, token), aborted);

    /// <summary>Why the controller's settings are not saved; null when they are.</summary>
    public Task<string?> WhenSaved(CancellationToken aborted) => WhenSaved(Controller.WhenSaved, aborted);

    /// <summary>Why a host's settings are not saved; null when they are.</summary>
    public Task<string?> WhenSaved(string host, CancellationToken aborted) => WhenSaved(Host(host).WhenSaved, aborted);

    /// <summary>Why mutes and maintenance windows are not saved; null when they are.</summary>
    public Task<string?> WhenNotificationsSaved(CancellationToken aborted) => WhenSaved(Notifications.WhenSaved, aborted);

    /// <summary>A grain did not answer, rather than answering something bad.</summary>
    public static bool IsNoAnswer(Exception e, CancellationToken aborted) =>
        !aborted.IsCancellationRequested
        && e is HostUnavailableException or OrleansMessageRejectionException or SiloUnavailableException or ConnectionFailedException
            or ClientNotAvailableException or GatewayTooBusyException or DbException or TimeoutException or OperationCanceledException;

    /// <summary>What kept it from answering, for a sentence.</summary>
    public static string Why(Exception e) => e switch
    {
        OperationCanceledException or TimeoutException => "no reply within the time limit",
        HostUnavailableException { Message.Length: > 0 } => e.Message.TrimEnd('.'),
        DbException => "its database does not answer",
        _ => "its node is out of reach",
    };

    private IControllerGrain Controller => grains.GetGrain<IControllerGrain>(IControllerGrain.Key);

    private INotificationGrain Notifications => grains.GetGrain<INotificationGrain>(INotificationGrain.Key);

    private IHostManagerGrain Host(string address) => grains.GetGrain<IHostManagerGrain>(address);

    private async Task<string?> WhenSaved(Func<CancellationToken, Task<string?>> call, CancellationToken aborted)
    {
        try
        {
            return await Within(SaveLimit, call, aborted);
        }
        catch (Exception e) when (IsNoAnswer(e, aborted))
        {
            return $"not confirmed within {SaveLimit.TotalSeconds:0} s";
        }
    }

    private async Task<T> Repeated<T>(Func<IControllerGrain, CancellationToken, Task<T>> call, CancellationToken enough)
    {
        var began = time.GetTimestamp();
        while (true)
        {
            try
            {
                return await Within(ReadLimit, token => call(Controller, token), enough);
            }
            catch (Exception e) when (IsNoAnswer(e, enough) && time.GetElapsedTime(began) < Limit - ReadLimit)
            {
                await Task.Delay(Pause, time, enough);
            }
        }
    }

    private async Task<T> Within<T>(TimeSpan limit, Func<CancellationToken, Task<T>> call, CancellationToken aborted)
    {
        using var timer = new CancellationTokenSource(limit, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, aborted);
        // WaitAsync: the limit holds for a callee that does not look at its token, too.
        return await call(linked.Token).WaitAsync(linked.Token);
    }
}
