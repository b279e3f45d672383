using System.CommandLine;
using HmsOrleans.Cli.Client;
using HmsOrleans.Cli.Output;

namespace HmsOrleans.Cli.Commands;

/// <summary><c>settings</c>: shows or changes what holds for all hosts.</summary>
internal static class SettingsCommand
{
    private static readonly Option<double?> Window = new("--aggregation-window")
    {
        Description = "Seconds over which a host collects measurements before it tells of them, 0.05 to 60.",
        HelpName = "SECONDS",
        CustomParser = Numbers.Within(0.05, 60, "seconds"),
    };

    public static Command Create(Terminal terminal) =>
        new Command("settings", "Shows what holds for all hosts, and changes it.") { Window }.Runs(terminal, RunAsync);

    private static async Task RunAsync(Call call, CancellationToken cancellationToken)
    {
        var answer = call.Given.GetValue(Window) is { } window
            ? await call.Api.SendAsync(HttpMethod.Post, "settings", new() { ["aggregationWindow"] = window }, ApiJson.Default.Settings, cancellationToken)
            : await call.Api.GetAsync("settings", ApiJson.Default.Settings, cancellationToken);
        call.Warn(answer.Unsaved);
        if (call.IsJson)
        {
            call.Json(answer.Json);
            return;
        }
        new Page(call.Terminal).Facts(
        [
            ("threshold", $"{Words.Percent(answer.Value.Threshold)} of packet loss"),
            ("aggregation window", Words.Span(answer.Value.AggregationWindow)),
            ("heartbeat", $"every {Words.Span(answer.Value.Heartbeat)}"),
            ("offline after", $"{Words.Span(answer.Value.OfflineAfter)} without one"),
        ]);
    }
}
