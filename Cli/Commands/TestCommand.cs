using System.CommandLine;
using System.Text.Json.Nodes;
using HmsOrleans.Cli.Client;
using HmsOrleans.Cli.Output;

namespace HmsOrleans.Cli.Commands;

/// <summary><c>test</c>: the antagonists, which attack containers to show how they are kept alive.</summary>
internal static class TestCommand
{
    /// <summary>The numbers of a scenario, as the API has them.</summary>
    private static readonly Option<double?>[] Scenario =
    [
        Number("heavy", 0, 100, "percent", "Percent of the waits that an attack follows."),
        Number("balance", 0, 100, "percent", "Percent of the attacks that end the container; the others impair it."),
        Number("loss", 0, 100, "percent", "Mean share of dropped packets in percent."),
        Number("frequency", 0.01, 86_400, "seconds", "Mean wait in seconds."),
        Number("duration", 0.1, 3_600, "seconds", "Mean length in seconds of an attack that impairs."),
        Number("seed", 0, 9_007_199_254_740_991, "a whole number", "The same seed, scenario and containers give the same attacks."),
    ];

    private static readonly Option<string[]> Kinds = new Option<string[]>("--kind")
    {
        Description = "What is done; may be given several times.",
        HelpName = "KIND",
    }.AcceptOnlyFromAmong("stop", "kill", "memory", "loss", "pause", "freeze", "disconnect", "delay", "killSilo", "killEngine", "cutHost");

    public static Command Create(Terminal terminal) => new Command("test", "Shows, starts and halts the antagonists, which attack containers to show how they are kept alive.")
    {
        On("status", "Shows what they do; as does 'test' alone.", HttpMethod.Get, terminal),
        On("start", "Has them attack, with the scenario that was set last and what is given of another. Needs a key with the role chaos.", HttpMethod.Put, terminal, [.. Scenario, Kinds]),
        On("halt", "Ends all attacks and undoes what they have done.", HttpMethod.Delete, terminal),
    }.Runs(terminal, (call, cancellationToken) => AskAsync(HttpMethod.Get, null, null, call, cancellationToken));

    private static Command On(string name, string description, HttpMethod method, Terminal terminal, params Option[] options)
    {
        var host = Names.OptionalHost();
        var command = new Command(name, description) { host };
        foreach (var option in options)
        {
            command.Add(option);
        }
        return command.Runs(terminal, (call, cancellationToken) => AskAsync(method, call.Given.GetValue(host), options.Length == 0 ? null : Change(call), call, cancellationToken));
    }

    private static Option<double?> Number(string name, double min, double max, string unit, string description) =>
        new($"--{name}") { Description = description, HelpName = "NUMBER", CustomParser = Numbers.Within(min, max, unit) };

    /// <summary>What is given of a scenario; null for nothing.</summary>
    private static JsonObject? Change(Call call)
    {
        var change = new JsonObject();
        foreach (var option in Scenario)
        {
            if (call.Given.GetValue(option) is { } number)
            {
                change[option.Name[2..]] = number;
            }
        }
        if (call.Given.GetValue(Kinds) is { Length: > 0 } kinds)
        {
            change["kinds"] = new JsonArray([.. kinds.Select(kind => JsonValue.Create(kind))]);
        }
        return change.Count == 0 ? null : change;
    }

    private static async Task AskAsync(HttpMethod method, string? host, JsonObject? change, Call call, CancellationToken cancellationToken)
    {
        if (host is null)
        {
            Show(call, await call.Api.SendAsync(method, "test", change, ApiJson.Default.AntagonistArray, cancellationToken));
            return;
        }
        var one = await call.Api.SendAsync(method, ApiClient.Path("test", host), change, ApiJson.Default.Antagonist, cancellationToken);
        Show(call, new([one.Value], one.Json, one.Unsaved));
    }

    private static void Show(Call call, Answer<Antagonist[]> answer)
    {
        if (call.IsJson)
        {
            call.Json(answer.Json);
            return;
        }
        call.Table(new Table<Antagonist>()
            .Text("HOST", antagonist => antagonist.Address, _ => Tone.Strong)
            .Text("STATE", antagonist => antagonist.State, antagonist => antagonist.State is "running" or "starting" or "halting" ? Tone.Busy : Tone.Plain)
            .Text("SINCE (UTC)", antagonist => Words.Time(antagonist.Since))
            .Figure("FAULTS", antagonist => Words.Number(antagonist.Faults?.Length ?? 0))
            .Text("DETAILS", antagonist => antagonist.Reason ?? string.Join(", ", (antagonist.Faults ?? []).Select(fault => $"{fault.Kind} of {fault.Container}"))), answer.Value);
    }
}
