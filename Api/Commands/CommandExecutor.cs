using System.Diagnostics.Metrics;
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
internal sealed class CommandExecutor(FleetCalls fleet, AntagonistCalls antagonists, IOptions<JsonOptions> json, IMeterFactory meters) : ICommandExecutor
{
    private readonly Counter<long> _commands = meters.Create(Grains.Telemetry.Telemetry.Name)
        .CreateCounter<long>("hms.commands", "{command}", "Commands of programs outside, by what came of them.");

    public async Task<IReadOnlyList<string>> Execute(IReadOnlyList<ExternalCommand> commands, CancellationToken enough)
    {
        var outcomes = new List<Outcome>();
        while (outcomes.Count < commands.Count && !enough.IsCancellationRequested)
        {
            var first = commands[outcomes.Count];
            var way = Way(first);
            // One after another of the same way: readings see what the changes before them left, and changes go to their host together.
            var together = commands.Skip(outcomes.Count).TakeWhile(command => way != CommandWay.Alone && Way(command) == way && command.Host == first.Host).ToList();
            outcomes.AddRange(await Execute(way == CommandWay.Alone ? [first] : together, way, enough));
        }
        var isDone = commands.Zip(outcomes, (command, outcome) => !command.IsReading && outcome.IsDone).ToList();
        var unsaved = await WhenSaved(commands.Where((_, index) => isDone.ElementAtOrDefault(index)).Select(command => command.Host).Distinct());
        return [.. outcomes.Select((outcome, index) => Write(commands[index], isDone[index] ? outcome with { Unsaved = unsaved } : outcome))];
    }

    public string CorrelationIdTaken(ExternalCommand command) => Write(command, CommandProblems.CorrelationIdTaken(command));

    private string Write(ExternalCommand command, Outcome outcome)
    {
        _commands.Add(1, new("kind", Grains.Telemetry.Telemetry.Word(command.Kind)), new("outcome", outcome.Type ?? outcome.Command));
        return JsonSerializer.Serialize(outcome, json.Value.SerializerOptions);
    }

    private static CommandWay Way(ExternalCommand command) => command switch
    {
        { IsReading: true } => CommandWay.Reading,
        { Kind: CommandKind.Supervise or CommandKind.Ignore or CommandKind.SetHostThreshold } => CommandWay.ChangeOfHost,
        _ => CommandWay.Alone,
    };

    /// <summary>Carries out what is about the same host, or the fleet, and goes the same way.</summary>
    private async Task<IEnumerable<Outcome>> Execute(List<ExternalCommand> commands, CommandWay way, CancellationToken enough)
    {
        var host = commands[0].Host;
        try
        {
            return way switch
            {
                CommandWay.Alone => [await CarryOut(commands[0], enough)],
                CommandWay.ChangeOfHost => await OnHost(host!, commands, (view, good) => Change(view, good, enough), enough),
                _ when host is null => Enumerable.Repeat(await GetContainers(enough), commands.Count),
                _ => await OnHost(host, commands, (view, good) => Task.FromResult(good.Select(command => Read(view, command))), enough),
            };
        }
        catch (NoAnswerException e)
        {
            return Enumerable.Repeat(Outcome.Failed(e.Problem), commands.Count);
        }
        catch (OperationCanceledException) when (enough.IsCancellationRequested)
        {
            return Enumerable.Repeat(Outcome.Failed(host is null
                ? ProblemType.FleetUnavailable.With("The controller did not answer in time. The command may still be carried out.")
                : ProblemType.HostUnavailable.With($"{host} did not answer in time. The command may still be carried out.")), commands.Count);
        }
    }

    private Task<Outcome> CarryOut(ExternalCommand command, CancellationToken enough)
    {
        CommandMark.Set(command.CorrelationId);
        return command.Kind switch
        {
            CommandKind.SetFleetThreshold => SetFleetThreshold(command.Threshold, enough),
            CommandKind.StartTests => OnAntagonists((grain, token) => grain.Start(new(), token), enough),
            CommandKind.StopTests => OnAntagonists((grain, token) => grain.Halt(token), enough),
            CommandKind.ConfigureTests => OnAntagonists((grain, token) => grain.Configure(command.Scenario!, token), enough),
            CommandKind.StartTest => OnAntagonist(command, (grain, token) => grain.Start(new(), token), enough),
            CommandKind.StopTest => OnAntagonist(command, (grain, token) => grain.Halt(token), enough),
            CommandKind.ConfigureTest => OnAntagonist(command, (grain, token) => grain.Configure(command.Scenario!, token), enough),
            CommandKind.AddHost or CommandKind.RemoveHost => Task.FromResult(CommandProblems.NotInstalled(command)),
            _ => throw new ArgumentOutOfRangeException(nameof(command), command.Kind, "no such command"),
        };
    }

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

    /// <summary>Looks the host up once for all.</summary>
    private async Task<IEnumerable<Outcome>> OnHost(
        string address, List<ExternalCommand> commands, Func<HostView, IReadOnlyList<ExternalCommand>, Task<IEnumerable<Outcome>>> carryOut, CancellationToken enough)
    {
        var good = commands.FindAll(command => !IsMalformed(command));
        IEnumerable<Outcome> outcomes = [];
        if (good.Count > 0)
        {
            // Commands that waited for a node come as soon as it has started.
            var isOfContainers = good.Exists(command => command.Container is not null);
            var (host, problem) = await fleet.WhenUp(() => HostLookup.Find(address, fleet, enough), found => !isOfContainers || found.Host is not { IsStarting: true }, enough);
            outcomes = host is null ? Enumerable.Repeat(Outcome.Failed(problem!), good.Count) : await carryOut(host, good);
        }
        var inOrder = new Queue<Outcome>(outcomes);
        return commands.Select(command => IsMalformed(command) ? Outcome.Failed(ContainerProblems.Malformed(command.Container!)) : inOrder.Dequeue());
    }

    private async Task<Outcome> OnAntagonists(Func<IAntagonistGrain, CancellationToken, Task<AntagonistView>> call, CancellationToken enough) =>
        Outcome.Of(await antagonists.CommandAll(call, enough));

    private async Task<Outcome> OnAntagonist(
        ExternalCommand command, Func<IAntagonistGrain, CancellationToken, Task<AntagonistView>> call, CancellationToken enough) =>
        (await OnHost(command.Host!, [command], async (host, _) => [Outcome.Of(await antagonists.Ask(host, call, enough))], enough)).Single();

    private static bool IsMalformed(ExternalCommand command) => command.Container is { } container && ContainerProblems.IsMalformed(container);

    private async Task<IEnumerable<Outcome>> Change(HostView host, IReadOnlyList<ExternalCommand> commands, CancellationToken enough)
    {
        var results = await fleet.Ask(host, (grain, token) => grain.CarryOut([.. commands], token), enough);
        return commands.Zip(results, (command, result) => result switch
        {
            null or { View: not null } => Outcome.Done,
            { Matches: { IsDefaultOrEmpty: false } matches } => Outcome.Failed(ContainerProblems.Ambiguous(host.Address, command.Container!, matches)),
            _ => Outcome.Failed(ContainerProblems.NotFound(host.Address, command.Container!)),
        });
    }

    private static Outcome Read(HostView host, ExternalCommand command) =>
        command.Kind == CommandKind.GetHost ? Outcome.Of(HostReply.From(host)) : Find(host, command.Container!);

    private static Outcome Find(HostView host, string container) => ContainerName.Resolve(host.Containers, container) switch
    {
        { Container: { } found } => Outcome.Of(found),
        { Kind: ContainerMatchKind.Ambiguous, Matches: var matches } => Outcome.Failed(ContainerProblems.Ambiguous(host.Address, container, matches)),
        _ => Outcome.Failed(host.IsListed ? ContainerProblems.NotFound(host.Address, container) : HostLookup.NotListed(host.Address)),
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

    /// <summary>How commands go.</summary>
    private enum CommandWay
    {
        /// <summary>By itself.</summary>
        Alone,

        /// <summary>A reading: those that come one after another may look at the same view.</summary>
        Reading,

        /// <summary>A change of a host: those that come one after another go there in one call, which is what makes them fast.</summary>
        ChangeOfHost,
    }
}
