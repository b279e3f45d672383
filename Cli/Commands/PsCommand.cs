using System.CommandLine;
using HmsOrleans.Cli.Client;
using HmsOrleans.Cli.Output;

namespace HmsOrleans.Cli.Commands;

/// <summary><c>ps</c>: lists containers.</summary>
internal static class PsCommand
{
    private static readonly Argument<string?> OfHost = Names.OptionalHost();

    private static readonly Option<bool> All = new("--all", "-a") { Description = "Those that are ignored, too." };

    private static readonly Option<string[]> States = new Option<string[]>("--state", "-s")
    {
        Description = "Only those in this state; may be given several times.",
        HelpName = string.Join('|', Container.States),
    }.AcceptOnlyFromAmong([.. Container.States]);

    private static readonly Option<bool> Trouble = new("--trouble", "-t")
    {
        Description = "Only those in trouble: suspect, restarting, backing off, quarantined, or on a host that is offline or whose engine is silent.",
    };

    private static readonly Option<bool> Check = new("--check") { Description = "Exit code 5 when a container or a host is in trouble." };

    public static Command Create(Terminal terminal) => new Command("ps", "Lists containers and their state.") { OfHost, All, States, Trouble, Check }.Runs(terminal, RunAsync);

    /// <summary>The columns of a list of containers.</summary>
    public static Table<FleetContainer> Table(bool ofSeveralHosts)
    {
        var table = new Table<FleetContainer>();
        return (ofSeveralHosts ? table.Text("HOST", container => container.View.Host) : table)
            .Text("CONTAINER", container => container.View.Name, _ => Tone.Strong)
            .Text("STATE", container => container.View.Health, container => Tones.OfHealth(container.View.Health))
            .Figure("LOSS", container => Words.Percent(container.View.PacketLoss))
            .Figure("RTT", container => Words.Milliseconds(container.View.Rtt))
            .Figure("MEMORY", container => Words.Bytes(container.View.Memory))
            .Figure("RESTARTS", container => Words.Number(container.View.Restarts))
            .Text("DETAILS", container => container.Blind is { } blind && container.View.StaleSince is { } since
                ? $"{blind}, as of {Words.Time(since)}: {container.View.Details}" : container.View.Details);
    }

    private static async Task<int> RunAsync(Call call, CancellationToken cancellationToken)
    {
        var hosts = await HostsAsync(call, call.Given.GetValue(OfHost), cancellationToken);
        var all = FleetContainer.AllOf(hosts).ToList();
        var states = call.Given.GetValue(States) ?? [];
        var shown = all.Where(container =>
            (states.Length > 0 ? states.Contains(container.View.Health) : call.Given.GetValue(All) || container.View.Health != Container.Ignored)
            && (!call.Given.GetValue(Trouble) || container.IsInTrouble)).ToList();
        if (call.IsJson)
        {
            call.Json(shown.Select(container => container.Json));
        }
        else
        {
            call.Table(Table(hosts.Value.Length > 1), shown);
        }
        return call.Given.GetValue(Check) && (all.Exists(container => container.IsInTrouble) || hosts.Value.Any(host => host.Blind is not null)) ? ExitCode.Trouble : ExitCode.Ok;
    }

    private static async Task<Answer<Host[]>> HostsAsync(Call call, string? host, CancellationToken cancellationToken)
    {
        if (host is null)
        {
            return await call.Api.HostsWithContainersAsync(cancellationToken);
        }
        var answer = await call.Api.GetAsync(ApiClient.Path("containers", host), ApiJson.Default.Host, cancellationToken);
        using var array = System.Text.Json.JsonDocument.Parse($"[{answer.Json.GetRawText()}]");
        return new([answer.Value], array.RootElement.Clone(), null);
    }
}
