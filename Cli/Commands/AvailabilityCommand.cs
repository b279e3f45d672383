using System.CommandLine;
using System.Text.Json;
using HmsOrleans.Cli.Client;
using HmsOrleans.Cli.Output;

namespace HmsOrleans.Cli.Commands;

/// <summary><c>availability</c>: how much of the time a container, or each host, was well.</summary>
internal static class AvailabilityCommand
{
    private static readonly Argument<string?> OfContainer = Names.OptionalContainer();

    public static Command Create(Terminal terminal) =>
        new Command("availability", "Says how much of the time a container was well; without one, each host.") { OfContainer }.Runs(terminal, RunAsync);

    private static async Task RunAsync(Call call, CancellationToken cancellationToken)
    {
        if (call.Given.GetValue(OfContainer) is { } given)
        {
            var container = await call.FindAsync(given, cancellationToken);
            var answer = await call.Api.GetAsync(Call.PathOf(container, "availability"), ApiJson.Default.Availability, cancellationToken);
            if (call.IsJson)
            {
                call.Json(answer.Json);
                return;
            }
            call.Table(Table(null), [.. answer.Value.Windows.Select(window => (container.Name, window))]);
            return;
        }

        var (rows, json) = (new List<(string, AvailabilityWindow)>(), new List<(string, JsonElement)>());
        foreach (var host in (await call.Api.GetAsync("hosts", ApiJson.Default.HostSummaryArray, cancellationToken)).Value)
        {
            var answer = await call.Api.GetAsync(ApiClient.Path("hosts", host.Address, "availability"), ApiJson.Default.Availability, cancellationToken);
            rows.AddRange(answer.Value.Windows.Select(window => (host.Address, window)));
            json.Add((host.Address, answer.Json));
        }
        if (call.IsJson)
        {
            call.Json(json.Select(host => WithHost(host.Item1, host.Item2)));
            return;
        }
        call.Table(Table("HOST"), rows);
    }

    private static Table<(string Of, AvailabilityWindow Window)> Table(string? title)
    {
        var table = new Table<(string Of, AvailabilityWindow Window)>();
        return (title is null ? table : table.Text(title, row => row.Of, _ => Tone.Strong))
            .Text("LAST", row => row.Window.Window)
            .Figure("AVAILABLE", row => row.Window.Availability is { } percent ? $"{percent.ToString("0.###", System.Globalization.CultureInfo.InvariantCulture)} %" : Words.Nothing)
            .Figure("DOWN", row => Words.Span(row.Window.Down))
            .Figure("OBSERVED", row => Words.Span(row.Window.Observed))
            .Figure("INCIDENTS", row => Words.Number(row.Window.Incidents))
            .Figure("RESTARTS", row => Words.Number(row.Window.Restarts))
            .Figure("HEALED IN", row => Words.Span(row.Window.TimeToHeal));
    }

    /// <summary>The API says it of one host at a time.</summary>
    private static JsonElement WithHost(string host, JsonElement availability) => JsonElement.Parse(JsonText.Write(isIndented: false, writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("host", host);
        foreach (var property in availability.EnumerateObject())
        {
            property.WriteTo(writer);
        }
        writer.WriteEndObject();
    }));
}
