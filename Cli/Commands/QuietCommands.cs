using System.CommandLine;
using System.Text.Json.Nodes;
using HmsOrleans.Cli.Client;
using HmsOrleans.Cli.Output;

namespace HmsOrleans.Cli.Commands;

/// <summary><c>mute</c>, <c>unmute</c> and <c>maintenance</c>: of what, and when, people are told nothing. Containers are healed as before.</summary>
internal static class QuietCommands
{
    private const string Time = "So long (90s, 30m, 2h, 7d), or until a time (2026-05-01T12:00Z)";

    public static Command Mute(Terminal terminal)
    {
        var container = Names.OptionalContainer();
        var time = new Option<string>("--for") { Description = $"{Time}; for good without it.", HelpName = "TIME" };
        time.Validators.Add(result => Times.Check(result, "--for", result.GetValue(time)));
        return new Command("mute", "Has nothing told of a container; without one, shows those of which nothing is told.") { container, time }
            .Runs(terminal, (call, cancellationToken) => call.Given.GetValue(container) is { } given
                ? ChangeAsync(call, HttpMethod.Put, given, call.Given.GetValue(time) is { } text ? new() { ["until"] = Times.Text(Times.Future(text, Call.Now)!.Value) } : null, cancellationToken)
                : ShowAsync(call, "mutes", Mutes, known => known.Mutes, cancellationToken));
    }

    public static Command Unmute(Terminal terminal)
    {
        var container = Names.Container();
        return new Command("unmute", "Has a container told of again, also what is broken now.") { container }
            .Runs(terminal, (call, cancellationToken) => ChangeAsync(call, HttpMethod.Delete, call.Given.GetValue(container)!, null, cancellationToken));
    }

    public static Command Maintenance(Terminal terminal)
    {
        var until = new Argument<string>("TIME") { Description = $"{Time}." };
        until.Validators.Add(result => Times.Check(result, "TIME", result.GetValue(until)));
        var host = Names.HostOption("Of this host only.");
        var id = new Argument<string>("ID") { Description = "Of the window, as 'hms maintenance' shows it." }.Word();
        return new Command("maintenance", "Shows the times in which nothing is told, now or later; begins and ends them.")
        {
            new Command("begin", "Has nothing told from now on: of one host, or of all.") { until, host }.Runs(terminal, (call, cancellationToken) =>
                BeginAsync(call, Times.Future(call.Given.GetValue(until)!, Call.Now)!.Value, call.Given.GetValue(host), cancellationToken)),
            new Command("end", "Ends such a time before it is over; what is broken now is told.") { id }.Runs(terminal, async (call, cancellationToken) =>
                Show(call, await call.Api.SendAsync(HttpMethod.Delete, ApiClient.Path("notifications", "maintenance", call.Given.GetValue(id)!), null, ApiJson.Default.Notifications, cancellationToken), "windows", Windows, known => known.Windows)),
        }.Runs(terminal, (call, cancellationToken) => ShowAsync(call, "windows", Windows, known => known.Windows, cancellationToken));
    }

    private static Table<Mute> Mutes => new Table<Mute>()
        .Text("HOST", mute => mute.Host)
        .Text("CONTAINER", mute => mute.Container, _ => Tone.Strong)
        .Text("UNTIL (UTC)", mute => mute.Until is null ? "for good" : Words.Time(mute.Until));

    private static Table<MaintenanceWindow> Windows => new Table<MaintenanceWindow>()
        .Text("ID", window => window.Id)
        .Text("HOST", window => window.Host ?? "all", _ => Tone.Strong)
        .Text("FROM (UTC)", window => Words.Time(window.From))
        .Text("UNTIL (UTC)", window => Words.Time(window.Until));

    /// <remarks>Named by its name, whoever has the name next is meant as well: the API tells by what it is given. With its host, it need not be there any more.</remarks>
    private static async Task ChangeAsync(Call call, HttpMethod method, string given, JsonObject? fields, CancellationToken cancellationToken)
    {
        var (host, name) = ContainerPick.Split(given);
        if (host is null && await call.FindAsync(given, cancellationToken) is var found)
        {
            (host, name) = (found.Host, found.Name == name ? name : found.Id);
        }
        Show(call, await call.Api.SendAsync(method, ApiClient.Path("notifications", "mutes", host!, name), fields, ApiJson.Default.Notifications, cancellationToken), "mutes", Mutes, known => known.Mutes);
    }

    private static async Task BeginAsync(Call call, DateTimeOffset until, string? host, CancellationToken cancellationToken)
    {
        JsonObject fields = new() { ["until"] = Times.Text(until) };
        if (host is not null)
        {
            fields["host"] = host;
        }
        var answer = await call.Api.SendAsync(HttpMethod.Post, "notifications/maintenance", fields, ApiJson.Default.MaintenanceWindow, cancellationToken);
        call.Warn(answer.Unsaved);
        if (call.IsJson)
        {
            call.Json(answer.Json);
            return;
        }
        call.Table(Windows, [answer.Value]);
    }

    private static async Task ShowAsync<T>(Call call, string field, Table<T> table, Func<Notifications, T[]?> rows, CancellationToken cancellationToken) =>
        Show(call, await call.Api.GetAsync("notifications", ApiJson.Default.Notifications, cancellationToken), field, table, rows);

    private static void Show<T>(Call call, Answer<Notifications> answer, string field, Table<T> table, Func<Notifications, T[]?> rows)
    {
        call.Warn(answer.Unsaved);
        if (call.IsJson)
        {
            call.Json(answer.Json.GetProperty(field));
            return;
        }
        call.Table(table, rows(answer.Value) ?? []);
    }
}
