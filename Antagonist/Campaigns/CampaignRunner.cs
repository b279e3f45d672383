using System.Collections.Immutable;
using System.Globalization;
using HmsOrleans.Antagonist.CommandLine;
using HmsOrleans.Grains.Antagonist;
using HmsOrleans.Grains.Containers;
using HmsOrleans.Grains.Engine;
using HmsOrleans.Grains.Fleet;
using HmsOrleans.Grains.Health;
using HmsOrleans.Grains.Hosts;

namespace HmsOrleans.Antagonist.Campaigns;

/// <summary>Plays the cells of a campaign that are not there yet, one after another.</summary>
internal sealed class CampaignRunner(IGrainFactory grains, CampaignSettings settings, TimeProvider time, TextWriter console)
{
    /// <summary>For an agent to report, which it does every few seconds.</summary>
    private static readonly TimeSpan AgentPatience = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan Round = TimeSpan.FromSeconds(0.25);
    private static readonly TimeSpan CallLimit = TimeSpan.FromSeconds(10);

    /// <summary>Containers that are not well after so long are told that all is forgiven: their back-off belongs to the cell before.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>And after so long the campaign is given up.</summary>
    private static readonly TimeSpan LastPatience = TimeSpan.FromMinutes(3);

    private IControllerGrain Controller => grains.GetGrain<IControllerGrain>(IControllerGrain.Key);

    /// <summary>Halts the antagonists and puts the aggregation window back, however it ends.</summary>
    /// <exception cref="CommandFailedException">It cannot go on, or not be ended; the message says why.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var folder = new CellFolder(settings.Directory);
        var cells = settings.Cells;
        ImmutableArray<string> hosts = [.. (await Controller.GetHosts(cancellationToken)).Where(host => host.State != HostState.Offline).Select(host => host.Address)];
        CheckSame(folder, hosts);
        var left = cells.Where(cell => !folder.IsComplete(cell)).ToImmutableArray();
        if (left.Length < cells.Length)
        {
            console.WriteLine($"{cells.Length - left.Length} of {cells.Length} cells are in {settings.Directory} already");
        }
        if (left.Length == 0)
        {
            return;
        }
        var window = (await Controller.GetSettings(cancellationToken)).AggregationWindow;
        await CheckAgentsAsync(hosts, cancellationToken);
        await CheckArmAsync(hosts, cancellationToken);
        var isPutBack = false;
        try
        {
            var began = time.GetTimestamp();
            for (var i = 0; i < left.Length; i++)
            {
                var gone = time.GetElapsedTime(began);
                var rest = i == 0 ? (settings.Length + settings.Settle + Patience) * left.Length : gone / i * (left.Length - i);
                console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{gone:hh\\:mm\\:ss}  {left[i].Name} ({i + 1} of {left.Length}), about {rest:hh\\:mm\\:ss} left"));
                folder.Write(left[i], await PlayAsync(left[i], hosts, cancellationToken));
            }
        }
        finally
        {
            isPutBack = await EndAsync(hosts, window);
        }
        if (!isPutBack)
        {
            throw new CommandFailedException("the campaign is over, but not all could be put back, see above; 'campaign report' makes the results");
        }
    }

    /// <summary>The attacks first, and each step by itself: what fails keeps nothing else from being put back.</summary>
    /// <returns>Whether all was.</returns>
    private async Task<bool> EndAsync(ImmutableArray<string> hosts, TimeSpan window)
    {
        var halts = await Task.WhenAll(hosts.Select(host => TryAsync(
            async token => Left(await grains.GetGrain<IAntagonistGrain>(host).Halt(token)),
            $"{host} may go on attacking", "'halt' ends it, or 'halt --local' on that host")));
        var put = await TryAsync(
            async token =>
            {
                await Controller.Change(null, window, token);
                return null;
            },
            "the aggregation window is not put back", string.Create(CultureInfo.InvariantCulture, $"it was {window.TotalSeconds} s"));
        var steps = halts.Append(put).ToList();
        // Only now: there may be no terminal any more.
        foreach (var told in steps.Select(step => step.Told).OfType<string>())
        {
            console.WriteLine(told);
        }
        return steps.TrueForAll(step => step.IsDone);
    }

    private async Task<(bool IsDone, string? Told)> TryAsync(Func<CancellationToken, Task<string?>> act, string failure, string remedy)
    {
        using var limit = new CancellationTokenSource(CallLimit, time);
        try
        {
            return (true, await act(limit.Token).WaitAsync(limit.Token));
        }
        catch (Exception e) // Whatever stands between: it is told.
        {
            return (false, $"{failure} ({e.GetBaseException().Message.Split('\n')[0]}): {remedy}");
        }
    }

    /// <summary>Cells that were played otherwise would be lumped together with those to come.</summary>
    private void CheckSame(CellFolder folder, ImmutableArray<string> hosts)
    {
        foreach (var name in folder.Complete)
        {
            if (settings.DifferenceTo(folder.ReadInfo(name), hosts) is { } difference)
            {
                throw new CommandFailedException($"{name} in {settings.Directory} was played otherwise: {difference}. Play on as it was, or choose another directory with --out.");
            }
        }
    }

    private async Task CheckAgentsAsync(ImmutableArray<string> hosts, CancellationToken cancellationToken)
    {
        if (hosts is [])
        {
            throw new CommandFailedException("the fleet has no host that is online");
        }
        foreach (var host in hosts)
        {
            var agent = await AgentOfAsync(host, cancellationToken);
            if (settings.Kinds.Except(agent.Abilities).ToList() is { Count: > 0 } lacking)
            {
                throw new CommandFailedException($"the agent on {host} cannot do {string.Join(", ", lacking).ToLowerInvariant()}, which the experiment is about; its log says why");
            }
            if (agent.IsDryRun || agent.MaxShare < 100)
            {
                throw new CommandFailedException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"the agent on {host} {(agent.IsDryRun ? "only says what it would do (--dry-run)" : $"attacks {agent.MaxShare:0.#} % of the containers at once, at most")}, and in the experiment each has an attacker of its own: start it with --max-share 100"));
            }
        }
    }

    /// <summary>The agent of a host; one that has just started, or is late on a busy machine, is waited for.</summary>
    private async Task<AgentReport> AgentOfAsync(string host, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        while (true)
        {
            if ((await grains.GetGrain<IAntagonistGrain>(host).GetView(cancellationToken)).Agent is { } agent)
            {
                return agent;
            }
            if (time.GetElapsedTime(began) > AgentPatience)
            {
                throw new CommandFailedException($"no agent of the antagonist reports from {host}: start 'HmsOrleans.Antagonist agent --host {host} --max-share 100' there");
            }
            await Task.Delay(Round, time, cancellationToken);
        }
    }

    /// <summary>The arm is more than a word for the results: who is to be healed is, and who is not is not.</summary>
    private async Task CheckArmAsync(ImmutableArray<string> hosts, CancellationToken cancellationToken)
    {
        foreach (var view in await ViewsAsync(hosts, cancellationToken))
        {
            if ((await grains.GetGrain<IHostManagerGrain>(view.Host).Explain(view.Id, cancellationToken)).Explanation is not { } container)
            {
                continue; // it has just been removed
            }
            if (settings.Arm == CampaignArm.Control && (container.Policy.Restart != RestartMode.Never || container.Facts.EnginePolicy != "no"))
            {
                throw new CommandFailedException($"--arm control is for containers that nobody heals, and {view.Name} on {view.Host} is healed {(container.Policy.Restart == RestartMode.Never ? $"by its engine (restart policy {container.Facts.EnginePolicy})" : "(it has not the label hms.restart=never)")}");
            }
            if (settings.Arm == CampaignArm.Healing && container.Policy.Restart == RestartMode.Never)
            {
                throw new CommandFailedException($"{view.Name} on {view.Host} is not healed (label hms.restart=never): that is --arm control");
            }
        }
    }

    private async Task<CellHistory> PlayAsync(Cell cell, ImmutableArray<string> hosts, CancellationToken cancellationToken)
    {
        var change = await Controller.Change(null, TimeSpan.FromSeconds(cell.Window), cancellationToken);
        await HaltAsync(hosts, cancellationToken);
        var containers = await SettleAsync(hosts, cancellationToken);

        var scenario = settings.AttackOf(cell.Scenario, cell.Repetition);
        var start = time.GetUtcNow();
        var sampler = new CellSampler(grains, time, hosts, settings.NetworkCounters, start);
        var recording = sampler.RunAsync(settings.Length.TotalSeconds, cancellationToken);
        await Task.WhenAll(hosts.Select(host => grains.GetGrain<IAntagonistGrain>(host).Start(All(scenario), cancellationToken)));
        var end = await recording;
        await HaltAsync(hosts, cancellationToken);
        // What they reported while they were halted is still on its way.
        await Task.Delay(Round * 4, time, cancellationToken);
        await sampler.TakeLogsAsync(cancellationToken);
        return await sampler.HistoryAsync(new()
        {
            Scenario = cell.Scenario,
            Window = cell.Window,
            Repetition = cell.Repetition,
            Arm = settings.Arm,
            IsCalm = settings.IsCalm,
            Attack = scenario,
            PlannedLength = settings.Length.TotalSeconds,
            Start = start,
            Length = end,
            SamplePeriod = CellSampler.Period,
            Threshold = change.Settings.Threshold,
            Hosts = hosts,
            Containers = containers,
            Machine = CellMachine.Here,
            Notes = sampler.AgentLives > 1 ? ["an agent was started anew: its log of before is lost"] : [],
        });
    }

    private async Task HaltAsync(ImmutableArray<string> hosts, CancellationToken cancellationToken)
    {
        foreach (var left in (await Task.WhenAll(hosts.Select(host => grains.GetGrain<IAntagonistGrain>(host).Halt(cancellationToken)))).Select(Left).OfType<string>())
        {
            console.WriteLine(left);
        }
    }

    /// <summary>What an antagonist goes on undoing; null when there is nothing.</summary>
    private static string? Left(AntagonistView view) =>
        view.IsHalted ? null
        : view.Agent is { Faults.Length: > 0 and var left } ? $"          {view.Host}: {left} faults are not undone yet"
        : $"          {view.Host}: its agent has not said yet that it has halted";

    /// <summary>Waits until all containers have been well for some time.</summary>
    private async Task<ImmutableArray<CellContainer>> SettleAsync(ImmutableArray<string> hosts, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        var (wellSince, forgaveAt) = (began, began);
        while (true)
        {
            var views = await ViewsAsync(hosts, cancellationToken);
            var ill = views.Where(view => view.ContainerState != ContainerState.Running || view.Health != HealthState.Healthy).ToList();
            if (ill.Count > 0 || views.Count == 0)
            {
                wellSince = time.GetTimestamp();
            }
            if (time.GetElapsedTime(wellSince) is var wellFor && views.Count > 0 && ill.Count == 0 && wellFor >= settings.Settle)
            {
                return [.. views.Select(view => new CellContainer(view.Host, view.Id, view.Name))];
            }
            if (time.GetElapsedTime(began) > LastPatience)
            {
                throw new CommandFailedException(ill is [var first, ..]
                    ? $"{ill.Count} containers are not well, {first.Name} on {first.Host} for one: {first.Details}"
                    : "there is no container under supervision");
            }
            if (ill.Count > 0 && time.GetElapsedTime(forgaveAt) > Patience)
            {
                forgaveAt = time.GetTimestamp();
                await Task.WhenAll(ill.Select(view => grains.GetGrain<IHostManagerGrain>(view.Host).Supervise(view.Id, cancellationToken)));
            }
            await Task.Delay(Round, time, cancellationToken);
        }
    }

    /// <summary>The containers that are attacked; a host that joins later is no part of it.</summary>
    private async Task<List<ContainerView>> ViewsAsync(ImmutableArray<string> hosts, CancellationToken cancellationToken) =>
        [.. (await Controller.GetHosts(cancellationToken)).Where(host => hosts.Contains(host.Address)).SelectMany(host => host.Containers).Where(IsPlayed)];

    private static bool IsPlayed(ContainerView view) => view.Health is not (HealthState.Ignored or HealthState.Gone);

    private static ScenarioChange All(AttackScenario scenario) => new()
    {
        Heavy = scenario.Heavy,
        Balance = scenario.Balance,
        Loss = scenario.Loss,
        Frequency = scenario.Frequency,
        Duration = scenario.Duration,
        Seed = scenario.Seed,
        Kinds = scenario.Kinds,
    };
}
