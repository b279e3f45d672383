using System.CommandLine;
using HmsOrleans.Cli.Client;
using HmsOrleans.Cli.Output;

namespace HmsOrleans.Cli.Commands;

/// <summary><c>test</c>: the antagonists, which attack containers to show how they are kept alive.</summary>
internal static class TestCommand
{
    public static Command Create(Terminal terminal) => new Command("test", "Shows, starts and halts the antagonists, which attack containers to show how they are kept alive.")
    {
        On("status", "Shows what they do; as does 'test' alone.", HttpMethod.Get, terminal),
        On("start", "Has them attack, with the scenario that was set last. Needs a key with the role chaos.", HttpMethod.Put, terminal),
        On("halt", "Ends all attacks and undoes what they have done.", HttpMethod.Delete, terminal),
    }.Runs(terminal, (call, cancellationToken) => AskAsync(HttpMethod.Get, null, call, cancellationToken));

    private static Command On(string name, string description, HttpMethod method, Terminal terminal)
    {
        var host = Names.OptionalHost();
        return new Command(name, description) { host }.Runs(terminal, (call, cancellationToken) => AskAsync(method, call.Given.GetValue(host), call, cancellationToken));
    }

    private static async Task AskAsync(HttpMethod method, string? host, Call call, CancellationToken cancellationToken)
    {
        if (host is null)
        {
            Show(call, await call.Api.SendAsync(method, "test", null, ApiJson.Default.AntagonistArray, cancellationToken));
            return;
        }
        var one = await call.Api.SendAsync(method, ApiClient.Path("test", host), null, ApiJson.Default.Antagonist, cancellationToken);
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
