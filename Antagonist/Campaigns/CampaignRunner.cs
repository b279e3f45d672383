using System.Collections.Immutable;
using System.Globalization;
using HmsOrleans.Antagonist.CommandLine;
using HmsOrleans.Grains.Antagonist;
using HmsOrleans.Grains.Engine;
using HmsOrleans.Grains.Fleet;
using HmsOrleans.Grains.Health;
using HmsOrleans.Grains.Hosts;

namespace HmsOrleans.Antagonist.Campaigns;

/// <summary>Plays the cells of a campaign that are not there yet, one after another.</summary>
internal sealed class CampaignRunner(IGrainFactory grains, CampaignSettings settings, TimeProvider time, TextWriter console)
{
    private static readonly TimeSpan Round = TimeSpan.FromSeconds(0.25);
    private static readonly TimeSpan CallLimit = TimeSpan.FromSeconds(10);

    /// <summary>Containers that are not well after so long are told that all is forgiven: their back-off belongs to the cell before.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>And after so long the campaign is given up.</summary>
    private static readonly TimeSpan LastPatience = TimeSpan.FromMinutes(3);

    private IControllerGrain Controller => grains.GetGrain<IControllerGrain>(IControllerGrain.Key);

    /// <summary>Halts the antagonists and puts the aggregation window back, however it ends.</summary>
    /// <exception cref="CommandFailedException">It cannot go on; the message says why.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var folder = new CellFolder(settings.Directory);
        var cells = settings.Cells;
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
        ImmutableArray<string> hosts = [.. (await Controller.GetHosts(cancellationToken)).Where(host => host.State != HostState.Offline).Select(host => host.Address)];
        await CheckAsync(hosts, cancellationToken);
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
            using var limit = new CancellationTokenSource(CallLimit, time);
            await Controller.Change(null, window, limit.Token);
            await HaltAsync(hosts, limit.Token);
        }
    }

    private async Task CheckAsync(ImmutableArray<string> hosts, CancellationToken cancellationToken)
    {
        if (hosts is [])
        {
            throw new CommandFailedException("the fleet has no host that is online");
        }
        foreach (var host in hosts)
        {
            var agent = (await grains.GetGrain<IAntagonistGrain>(host).GetView(cancellationToken)).Agent
                ?? throw new CommandFailedException($"no agent of the antagonist reports from {host}: start 'HmsOrleans.Antagonist agent --host {host}' there");
            if (!agent.Abilities.Contains(AttackKind.Loss))
            {
                throw new CommandFailedException($"the agent on {host} cannot drop packets, which half of the experiment is about; its log says why");
            }
        }
    }

    private async Task<CellHistory> PlayAsync(Cell cell, ImmutableArray<string> hosts, CancellationToken cancellationToken)
    {
        var change = await Controller.Change(null, TimeSpan.FromSeconds(cell.Window), cancellationToken);
        await HaltAsync(hosts, cancellationToken);
        var containers = await SettleAsync(cancellationToken);

        var scenario = ReportScenario.Of(cell.Scenario).ToAttack(settings.IsCalm, settings.Seed + cell.Repetition - 1);
        var start = time.GetUtcNow();
        var sampler = new CellSampler(grains, time, hosts, settings.NetworkCounters, start);
        var recording = sampler.RunAsync(settings.Length.TotalSeconds, cancellationToken);
        await Task.WhenAll(hosts.Select(host => grains.GetGrain<IAntagonistGrain>(host).Start(All(scenario), cancellationToken)));
        await recording;
        var end = sampler.Now;
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
        foreach (var view in await Task.WhenAll(hosts.Select(host => grains.GetGrain<IAntagonistGrain>(host).Halt(cancellationToken))))
        {
            if (view.Agent?.Faults.Length > 0)
            {
                console.WriteLine($"          {view.Host}: {view.Agent.Faults.Length} faults are not undone yet");
            }
        }
    }

    /// <summary>Waits until all containers have been well for some time.</summary>
    private async Task<ImmutableArray<CellContainer>> SettleAsync(CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        var (wellSince, forgaveAt) = (began, began);
        while (true)
        {
            var views = (await Controller.GetHosts(cancellationToken)).SelectMany(host => host.Containers).Where(view => view.Health is not (HealthState.Ignored or HealthState.Gone)).ToList();
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
