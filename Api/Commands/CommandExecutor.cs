using System.Text.Json;
using HmsOrleans.Api.Antagonist;
using HmsOrleans.Api.Containers;
using HmsOrleans.Api.Fleet;
using HmsOrleans.Api.Hosts;
using HmsOrleans.Api.Problems;
using HmsOrleans.Api.Settings;
using HmsOrleans.Grains.Antagonist;
using HmsOrleans.Grains.Commands;
using HmsOrleans.Grains.Containers;
using HmsOrleans.Grains.Hosts;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;

namespace HmsOrleans.Api.Commands;

/// <summary>Commands from outside mean what requests to the API mean: same calls, same content, same errors.</summary>
internal sealed class CommandExecutor(FleetCalls fleet, AntagonistCalls antagonists, IOptions<JsonOptions> json) : ICommandExecutor
{
    public async Task<IReadOnlyList<string>> Execute(IReadOnlyList<ExternalCommand> commands, CancellationToken enough)
    {
        var outcomes = new List<Outcome>();
        while (outcomes.Count < commands.Count && !enough.IsCancellationRequested)
        {
            // Readings between two changes do not disturb each other.
            var readings = commands.Skip(outcomes.Count).TakeWhile(command => command.IsReading).ToList();
            outcomes.AddRange(readings.Count == 0
                ? [await Execute(commands[outcomes.Count], enough)]
                : await Task.WhenAll(readings.Select(command => Execute(command, enough))));
        }
        var isDone = commands.Zip(outcomes, (command, outcome) => !command.IsReading && outcome.IsDone).ToList();
        var unsaved = await WhenSaved(commands.Where((_, index) => isDone.ElementAtOrDefault(index)).Select(command => command.Host).Distinct());
        return [.. outcomes.Select((outcome, index) => Write(isDone[index] ? outcome with { Unsaved = unsaved } : outcome))];
    }

    public string CorrelationIdTaken(ExternalCommand command) => Write(CommandProblems.CorrelationIdTaken(command));

    private string Write(Outcome outcome) => JsonSerializer.Serialize(outcome, json.Value.SerializerOptions);

    private async Task<Outcome> Execute(ExternalCommand command, CancellationToken enough)
    {
        if (!command.IsReading)
        {
            CommandMark.Set(command.CorrelationId);
        }
        try
        {
            return await Carry(command, enough);
        }
        catch (NoAnswerException e)
        {
            return Outcome.Failed(e.Problem);
        }
        catch (OperationCanceledException) when (enough.IsCancellationRequested)
        {
            return Outcome.Failed(command.Host is null
                ? ProblemType.FleetUnavailable.With("The controller did not answer in time. The command may still be carried out.")
                : ProblemType.HostUnavailable.With($"{command.Host} did not answer in time. The command may still be carried out."));
        }
    }

    private Task<Outcome> Carry(ExternalCommand command, CancellationToken enough) => command.Kind switch
    {
        CommandKind.GetContainers => GetContainers(enough),
        CommandKind.GetHost => OnHost(command, host => Task.FromResult(Outcome.Of(HostReply.From(host))), enough),
        CommandKind.GetContainer => OnHost(command, host => Task.FromResult(Find(host, command.Container!)), enough),
        CommandKind.Supervise => OnContainer(command, (grain, token) => grain.Supervise(command.Container!, token), enough),
        CommandKind.Ignore => OnContainer(command, (grain, token) => grain.Ignore(command.Container!, token), enough),
        CommandKind.SetFleetThreshold => SetFleetThreshold(command.Threshold, enough),
        CommandKind.SetHostThreshold => OnHost(command, host => SetHostThreshold(host, command.Threshold, enough), enough),
        CommandKind.StartTests => OnAntagonists((grain, token) => grain.Start(new(), token), enough),
        CommandKind.StopTests => OnAntagonists((grain, token) => grain.Halt(token), enough),
        CommandKind.ConfigureTests => OnAntagonists((grain, token) => grain.Configure(command.Scenario!, token), enough),
        CommandKind.StartTest => OnAntagonist(command, (grain, token) => grain.Start(new(), token), enough),
        CommandKind.StopTest => OnAntagonist(command, (grain, token) => grain.Halt(token), enough),
        CommandKind.ConfigureTest => OnAntagonist(command, (grain, token) => grain.Configure(command.Scenario!, token), enough),
        CommandKind.AddHost or CommandKind.RemoveHost => Task.FromResult(CommandProblems.NotInstalled(command)),
        _ => throw new ArgumentOutOfRangeException(nameof(command), command.Kind, "no such command"),
    };

    private async Task<Outcome> GetContainers(CancellationToken enough)
    {
        var hosts = await fleet.Read((controller, token) => controller.GetHosts(token), enough);
        return Outcome.Of(hosts.Select(HostReply.From));
    }

    private async Task<Outcome> SetFleetThreshold(double? threshold, CancellationToken enough)
    {
        var change = await fleet.Change((controller, token) => controller.Change(threshold, null, token), enough);
        return Outcome.Of(FleetThresholdReply.From(change));
    }

    private async Task<Outcome> SetHostThreshold(HostView host, double? threshold, CancellationToken enough)
    {
        await fleet.Ask(host, (grain, token) => grain.SetThreshold(threshold, token), enough);
        return Outcome.Done;
    }

    private async Task<Outcome> OnAntagonists(Func<IAntagonistGrain, CancellationToken, Task<AntagonistView>> call, CancellationToken enough) =>
        Outcome.Of(await antagonists.CommandAll(call, enough));

    private Task<Outcome> OnAntagonist(
        ExternalCommand command, Func<IAntagonistGrain, CancellationToken, Task<AntagonistView>> call, CancellationToken enough) =>
        OnHost(command, async host => Outcome.Of(await antagonists.Ask(host, call, enough)), enough);

    private Task<Outcome> OnContainer(
        ExternalCommand command, Func<IHostManagerGrain, CancellationToken, Task<ContainerCommandResult>> call, CancellationToken enough) =>
        OnHost(command, async host => await fleet.Ask(host, call, enough) switch
        {
            { View: not null } => Outcome.Done,
            { Matches: { IsDefaultOrEmpty: false } matches } => Outcome.Failed(ContainerProblems.Ambiguous(host.Address, command.Container!, matches)),
            _ => Outcome.Failed(ContainerProblems.NotFound(host.Address, command.Container!)),
        }, enough);

    private async Task<Outcome> OnHost(ExternalCommand command, Func<HostView, Task<Outcome>> call, CancellationToken enough)
    {
        if (command.Container is { } container && ContainerProblems.IsMalformed(container))
        {
            return Outcome.Failed(ContainerProblems.Malformed(container));
        }
        var (host, problem) = await HostLookup.Find(command.Host!, fleet, enough);
        return host is null ? Outcome.Failed(problem!) : await call(host);
    }

    private static Outcome Find(HostView host, string container) => ContainerName.Resolve(host.Containers, container) switch
    {
        { Container: { } found } => Outcome.Of(found),
        { Kind: ContainerMatchKind.Ambiguous, Matches: var matches } => Outcome.Failed(ContainerProblems.Ambiguous(host.Address, container, matches)),
        _ => Outcome.Failed(ContainerProblems.NotFound(host.Address, container)),
    };

    /// <summary>Waits once for all that was changed on the way.</summary>
    private async Task<string?> WhenSaved(IEnumerable<string?> hosts)
    {
        string? unsaved = null;
        foreach (var host in hosts)
        {
            unsaved ??= host is null ? await fleet.WhenSaved(CancellationToken.None) : await fleet.WhenSaved(host, CancellationToken.None);
        }
        return unsaved;
    }
}
