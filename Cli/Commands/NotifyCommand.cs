using System.CommandLine;
using HmsOrleans.Cli.Client;
using HmsOrleans.Cli.Output;

namespace HmsOrleans.Cli.Commands;

/// <summary><c>notify</c>: how it is with the channels by which people are told, and a test of them.</summary>
internal static class NotifyCommand
{
    private static readonly Argument<string?> OfChannel = new Argument<string?>("CHANNEL") { Description = "Only this channel, by its name.", Arity = ArgumentArity.ZeroOrOne }.Word();

    public static Command Create(Terminal terminal) => new Command("notify", "Shows the channels by which people are told, and tests them.")
    {
        new Command("test", "Sends a message by all channels, or by one. Exit code 1 when one is not delivered.") { OfChannel }.Runs(terminal, TestAsync),
    }.Runs(terminal, ShowAsync);

    private static async Task ShowAsync(Call call, CancellationToken cancellationToken)
    {
        var answer = await call.Api.GetAsync("notifications", ApiJson.Default.Notifications, cancellationToken);
        if (call.IsJson)
        {
            call.Json(answer.Json);
            return;
        }
        call.Table(new Table<Channel>()
            .Text("CHANNEL", channel => channel.Name, _ => Tone.Strong)
            .Text("TYPE", channel => channel.Type)
            .Figure("WAITING", channel => Words.Number(channel.Waiting))
            .Figure("LOST", channel => Words.Number(channel.Lost), channel => channel.Lost > 0 ? Tone.Bad : Tone.Plain)
            .Text("LAST DELIVERED (UTC)", channel => Words.Time(channel.LastSuccess))
            .Text("DETAILS", channel => channel.Trouble is null ? "" : $"{channel.Trouble}{(channel.NextAttempt is { } at ? $"; next attempt at {Words.TimeOfDay(at)}" : "")}"), answer.Value.Channels);
    }

    private static async Task<int> TestAsync(Call call, CancellationToken cancellationToken)
    {
        var path = "notifications/test" + ApiClient.Query(("channel", call.Given.GetValue(OfChannel)));
        var answer = await call.Api.SendAsync(HttpMethod.Post, path, null, ApiJson.Default.ChannelTestArray, cancellationToken);
        if (call.IsJson)
        {
            call.Json(answer.Json);
        }
        else
        {
            call.Table(new Table<ChannelTest>()
                .Text("CHANNEL", test => test.Channel, _ => Tone.Strong)
                .Text("DELIVERED", test => test.Delivered ? "yes" : "no", test => test.Delivered ? Tone.Good : Tone.Bad)
                .Text("DETAILS", test => test.Trouble ?? ""), answer.Value);
        }
        return answer.Value.All(test => test.Delivered) ? ExitCode.Ok : ExitCode.Failed;
    }
}
