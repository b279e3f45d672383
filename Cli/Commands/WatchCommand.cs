using System.CommandLine;
using HmsOrleans.Cli.Output;
using HmsOrleans.Cli.Watch;

namespace HmsOrleans.Cli.Commands;

/// <summary><c>watch</c>: follows the fleet.</summary>
internal static class WatchCommand
{
    private static readonly Argument<string?> OfHost = Names.OptionalHost();

    public static Command Create(Terminal terminal) =>
        new Command("watch", "Follows the fleet: redraws a list on a terminal, trouble first; elsewhere prints a line for each change of state.") { OfHost }.Runs(terminal, RunAsync);

    private static Task RunAsync(Call call, CancellationToken cancellationToken)
    {
        var isScreen = call.Terminal.IsInteractive && !call.IsJson;
        // A screen shows by itself what keeps the news away.
        var feed = new FleetFeed(call.Api, TimeProvider.System, isScreen ? TextWriter.Null : call.Terminal.Error);
        var picture = new FleetPicture(call.Given.GetValue(OfHost));
        return isScreen
            ? new Screen(call.Terminal, call.Api.Url, picture, TimeProvider.System).RunAsync(feed, cancellationToken)
            : new ChangeLines(call.Terminal, call.IsJson, TimeProvider.System).RunAsync(feed, picture, cancellationToken);
    }
}
