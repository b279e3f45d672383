using System.CommandLine;
using HmsOrleans.Cli.Client;
using HmsOrleans.Cli.Output;

namespace HmsOrleans.Cli.Commands;

/// <summary><c>notify test</c>: sends a message to everybody who would be told of an incident.</summary>
internal static class NotifyCommand
{
    public static Command Create(Terminal terminal) => new("notify", "Notifications.")
    {
        new Command("test", "Sends a message to everybody who would be told of an incident, and shows what the API says of it.").Runs(terminal, async (call, cancellationToken) =>
            call.Json((await call.Api.SendAsync(HttpMethod.Post, "notifications/test", null, ApiJson.Default.JsonElement, cancellationToken)).Json)),
    };
}
