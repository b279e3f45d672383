using System.CommandLine;
using System.Text.Json;
using HmsOrleans.Cli.Client;
using HmsOrleans.Cli.Output;

namespace HmsOrleans.Cli.Commands;

/// <summary><c>incidents</c>: what went wrong, what was done about it, and whether it helped.</summary>
internal static class IncidentsCommand
{
    /// <summary>As many as the API gives at once.</summary>
    private const int MaxPage = 500;

    private static readonly string[] AllCauses = ["stopped", "died", "outOfMemory", "packetLoss", "unhealthy", "startRefused", "disconnected", "engineSilent", "hostOffline"];

    private static readonly string[] AllOutcomes = ["open", "recovered", "quarantined", "ignored", "removed"];

    private static readonly Argument<string?> Id = new Argument<string?>("ID") { Description = "Only this one, with all that is known of it.", Arity = ArgumentArity.ZeroOrOne }.Word();

    private static readonly Option<string> OfHost = Names.HostOption("Only of this host.");

    private static readonly Option<string> OfContainer = Names.ContainerOption("Only of the container with this name or id; HOST/NAME for the one on that host.");

    private static readonly Option<string[]> Causes = new Option<string[]>("--cause")
    {
        Description = "Only of this cause; may be given several times.",
        HelpName = string.Join('|', AllCauses),
    }.AcceptOnlyFromAmong(AllCauses);

    private static readonly Option<string[]> Outcomes = new Option<string[]>("--outcome")
    {
        Description = "Only with this outcome; may be given several times.",
        HelpName = string.Join('|', AllOutcomes),
    }.AcceptOnlyFromAmong(AllOutcomes);

    private static readonly Option<string> Since = new("--since")
    {
        Description = "Only those that had not ended before: so long ago (90s, 30m, 2h, 7d), or a time (2026-05-01T12:00Z).",
        HelpName = "TIME",
    };

    private static readonly Option<double?> Limit = new("--limit", "-n") { Description = "As many at most.", HelpName = "N", DefaultValueFactory = _ => 20, CustomParser = Numbers.Within(1, 100_000, "incidents") };

    static IncidentsCommand() => Since.Validators.Add(result => Times.Check(result, "--since", result.GetValue(Since)));

    public static Command Create(Terminal terminal)
    {
        var command = new Command("incidents", "Lists what went wrong, newest first, or tells all about one incident.") { Id, OfHost, OfContainer, Causes, Outcomes, Since, Limit };
        command.Validators.Add(result =>
        {
            if (result.GetValue(OfHost) is not null && result.GetValue(OfContainer)?.Contains('/', StringComparison.Ordinal) == true)
            {
                result.AddError("--host and --container HOST/NAME cannot be given together: the name has its host.");
            }
        });
        return command.Runs(terminal, (call, cancellationToken) => call.Given.GetValue(Id) is { } id ? ShowAsync(id, call, cancellationToken) : ListAsync(call, cancellationToken));
    }

    private static async Task ListAsync(Call call, CancellationToken cancellationToken)
    {
        var limit = (int)call.Given.GetValue(Limit)!.Value;
        var since = call.Given.GetValue(Since) is { } text ? Times.Text(Times.Past(text, Call.Now)!.Value) : null;
        var (host, container) = call.Given.GetValue(OfContainer) is { } named ? ContainerPick.Split(named) : (null, null);
        var (incidents, json, before) = (new List<Incident>(), new List<JsonElement>(), (string?)null);
        do
        {
            var query = ApiClient.Query(
            [
                ("host", host ?? call.Given.GetValue(OfHost)), ("container", container),
                .. (call.Given.GetValue(Causes) ?? []).Select(cause => ("cause", (string?)cause)),
                .. (call.Given.GetValue(Outcomes) ?? []).Select(outcome => ("outcome", (string?)outcome)),
                ("from", since), ("before", before), ("limit", Words.Number(Math.Min(limit - incidents.Count, MaxPage))),
            ]);
            var page = await call.Api.GetAsync("incidents" + query, ApiJson.Default.IncidentPage, cancellationToken);
            incidents.AddRange(page.Value.Incidents);
            json.AddRange(page.Json.GetProperty("incidents").EnumerateArray());
            before = page.Value.Next;
        }
        while (before is not null && incidents.Count < limit);

        if (call.IsJson)
        {
            call.Json(json);
            return;
        }
        call.Table(new Table<Incident>()
            .Text("ID", incident => incident.Id)
            .Text("WHEN (UTC)", incident => Words.Time(incident.FaultAt))
            .Text("HOST", incident => incident.Host)
            .Text("CONTAINER", incident => incident.Container ?? Words.Nothing, _ => Tone.Strong)
            .Text("CAUSE", incident => incident.Cause)
            .Text("OUTCOME", incident => incident.Outcome, incident => ToneOf(incident.Outcome))
            .Figure("DETECTED", incident => Words.Span(incident.TimeToDetect))
            .Figure("HEALED", incident => Words.Span(incident.TimeToHeal))
            .Figure("ATTEMPTS", incident => Words.Number(incident.Attempts?.Length ?? 0))
            .Text("EVIDENCE", incident => incident.Evidence), incidents);
    }

    private static async Task ShowAsync(string id, Call call, CancellationToken cancellationToken)
    {
        var answer = await call.Api.GetAsync(ApiClient.Path("incidents", id), ApiJson.Default.Incident, cancellationToken);
        if (call.IsJson)
        {
            call.Json(answer.Json);
            return;
        }
        var (incident, page) = (answer.Value, new Page(call.Terminal));
        page.Title(incident.Container ?? incident.Host, incident.Container is null ? ": " : $"on {incident.Host}: ", incident.Outcome, ToneOf(incident.Outcome), "");
        page.Facts(
        [
            ("id", incident.Id),
            ("cause", $"{incident.Cause}: {incident.Evidence}"),
            ("image", incident.Image),
            ("down since", incident.DownSince is { } down ? $"{Words.Time(down)} UTC" : null),
            ("fault found", $"{Words.Time(incident.FaultAt)} UTC{(incident.TimeToDetect is { } detected ? $", {Words.Span(detected)} later" : "")}"),
            ("running again", incident.RunningAgainAt is { } again ? $"{Words.Time(again)} UTC{(incident.TimeToHeal is { } healed ? $", healed in {Words.Span(healed)}" : "")}" : "no"),
            ("ended", incident.EndedAt is { } ended ? $"{Words.Time(ended)} UTC" : "no"),
        ]);
        if (incident.Attempts is { Length: > 0 } attempts)
        {
            page.Section("What was done");
            page.Facts(attempts.Select(attempt => (
                $"{attempt.Number}. {Words.TimeOfDay(attempt.At)}",
                (string?)$"{attempt.Action} for {attempt.Cause} ({attempt.Evidence}): {(attempt.Outcome is null ? "under way" : $"{attempt.Outcome} after {Words.Span(attempt.EndedAt - attempt.At is { } took ? took.TotalSeconds : null)}")}{(attempt.Detail is null ? "" : $", {attempt.Detail}")}")));
        }
        if (incident.Capture is { } capture)
        {
            page.Section($"What was found at {Words.TimeOfDay(capture.At)}");
            page.Facts(
            [
                ("exit code", capture.ExitCode is { } code ? Words.Number(code) : null),
                ("out of memory", capture.OutOfMemory ? "yes" : null),
                ("memory", capture.Memory is null ? null : Words.Bytes(capture.Memory)),
                ("health check", capture.HealthOutput),
            ]);
            if (capture.Log is { Length: > 0 } log)
            {
                page.Section("Its last output");
                foreach (var line in log)
                {
                    call.Out.WriteLine($"  {Words.Printable(line)}");
                }
            }
        }
    }

    private static Tone ToneOf(string outcome) => outcome switch
    {
        "recovered" => Tone.Good,
        "open" => Tone.Busy,
        "quarantined" => Tone.Bad,
        _ => Tone.Faint,
    };
}
