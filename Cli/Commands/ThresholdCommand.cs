using System.CommandLine;
using System.Text.Json.Nodes;
using HmsOrleans.Cli.Client;
using HmsOrleans.Cli.Output;

namespace HmsOrleans.Cli.Commands;

/// <summary><c>threshold</c>: shows or sets the packet loss above which containers are restarted.</summary>
internal static class ThresholdCommand
{
    private static readonly Argument<double?> Percent = new("PERCENT") { Description = "0 to 100; 100 switches it off. Without it: what holds.", Arity = ArgumentArity.ZeroOrOne, CustomParser = Numbers.Within(0, 100, "percent") };

    private static readonly Option<string> OfHost = Names.HostOption("Of this host, for containers without one of their own.");

    private static readonly Option<string> OfContainer = Names.ContainerOption("Of this container.");

    private static readonly Option<bool> Reset = new("--reset") { Description = "Takes back what was set for the host or container: what stands above decides again." };

    public static Command Create(Terminal terminal)
    {
        var command = new Command("threshold", "Shows or sets the packet loss in percent above which containers are restarted: of all hosts, of a host or of a container.")
        { Percent, OfHost, OfContainer, Reset };
        command.Validators.Add(result =>
        {
            var (hasPercent, reset) = (result.GetResult(Percent)?.Tokens.Count > 0, result.GetValue(Reset));
            if (reset && hasPercent)
            {
                result.AddError("PERCENT and --reset cannot be given together.");
            }
            if (result.GetValue(OfHost) is not null && result.GetValue(OfContainer) is not null)
            {
                result.AddError("--host and --container cannot be given together: HOST/NAME names a container on a host.");
            }
            if (reset && result.GetValue(OfHost) is null && result.GetValue(OfContainer) is null)
            {
                result.AddError("--reset needs --host or --container: for all hosts there is nothing above that could decide.");
            }
        });
        return command.Runs(terminal, (call, cancellationToken) => (call.Given.GetValue(OfContainer), call.Given.GetValue(OfHost)) switch
        {
            ({ } container, _) => ContainerAsync(container, call, cancellationToken),
            (_, { } host) => HostAsync(host, call, cancellationToken),
            _ => FleetAsync(call, cancellationToken),
        });
    }

    private static JsonObject? Change(Call call) =>
        call.Given.GetValue(Percent) is { } percent ? new() { ["threshold"] = percent } : call.Given.GetValue(Reset) ? new() { ["threshold"] = null } : null;

    private static async Task ContainerAsync(string given, Call call, CancellationToken cancellationToken)
    {
        var container = await call.FindAsync(given, cancellationToken);
        var answer = Change(call) is { } change
            ? await call.Api.SendAsync(HttpMethod.Post, Call.PathOf(container), change, ApiJson.Default.Container, cancellationToken)
            : await call.Api.GetAsync(Call.PathOf(container), ApiJson.Default.Container, cancellationToken);
        Tell(call, answer, $"{container.Name} on {container.Host}: {Words.Percent(answer.Value.Threshold)}");
    }

    private static async Task HostAsync(string host, Call call, CancellationToken cancellationToken)
    {
        var path = ApiClient.Path("containers", host);
        if (Change(call) is { } change)
        {
            var answer = await call.Api.SendAsync(HttpMethod.Post, path, change, ApiJson.Default.HostSummary, cancellationToken);
            Tell(call, answer, $"{answer.Value.Address}: {Words.Percent(answer.Value.Status?.Threshold)}");
            return;
        }
        var known = await call.Api.GetAsync(path, ApiJson.Default.Host, cancellationToken);
        Tell(call, known, $"{known.Value.Address}: {Words.Percent(known.Value.Status?.Threshold)}");
    }

    private static async Task FleetAsync(Call call, CancellationToken cancellationToken)
    {
        if (Change(call) is not { } change)
        {
            var settings = await call.Api.GetAsync("settings", ApiJson.Default.Settings, cancellationToken);
            Tell(call, settings, $"all hosts: {Words.Percent(settings.Value.Threshold)}");
            return;
        }
        var answer = await call.Api.SendAsync(HttpMethod.Post, "containers", change, ApiJson.Default.FleetThreshold, cancellationToken);
        Tell(call, answer, $"all hosts: {Words.Percent(answer.Value.Threshold)}");
        foreach (var host in answer.Value.Hosts.Where(host => !host.Applied))
        {
            call.Terminal.Error.WriteLine(Words.Printable($"hms: {host.Address} does not know it yet ({host.Reason}); it will when it is back"));
        }
    }

    private static void Tell<T>(Call call, Answer<T> answer, string text)
    {
        call.Warn(answer.Unsaved);
        if (call.IsJson)
        {
            call.Json(answer.Json);
            return;
        }
        call.Out.WriteLine(Words.Printable(text));
    }
}
