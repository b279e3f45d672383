using System.CommandLine;
using HmsOrleans.Cli.Client;
using HmsOrleans.Cli.Output;

namespace HmsOrleans.Cli.Commands;

/// <summary><c>ignore</c>, <c>supervise</c> and <c>restart</c>: each one change of one container.</summary>
internal static class ContainerCommands
{
    public static Command Ignore(Terminal terminal) =>
        Change("ignore", "Puts a container on the ignored list: it is left alone, and runs on.", HttpMethod.Delete, [], terminal);

    public static Command Supervise(Terminal terminal) =>
        Change("supervise", "Puts a container (back) under supervision, out of quarantine too; starts it when it is stopped.", HttpMethod.Put, [], terminal);

    public static Command Restart(Terminal terminal) =>
        Change("restart", "Restarts a container now.", HttpMethod.Post, ["restart"], terminal);

    private static Command Change(string name, string description, HttpMethod method, string[] more, Terminal terminal)
    {
        var container = Names.Container();
        return new Command(name, description) { container }.Runs(terminal, async (call, cancellationToken) =>
        {
            var found = await call.FindAsync(call.Given.GetValue(container)!, cancellationToken);
            var answer = await call.Api.SendAsync(method, Call.PathOf(found, more), null, ApiJson.Default.Container, cancellationToken);
            call.Warn(answer.Unsaved);
            if (call.IsJson)
            {
                call.Json(answer.Json);
                return;
            }
            var now = answer.Value;
            call.Out.WriteLine(Words.Printable($"{now.Name} on {now.Host}: {now.Health}{(now.Details == now.Health ? "" : $", {now.Details}")}"));
        });
    }
}
