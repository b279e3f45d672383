using HmsOrleans.Tests.Engine;
using HmsOrleans.Tests.Events;
using Xunit;

namespace HmsOrleans.Tests.Node;

/// <summary>Somebody follows the events of a real node while its containers live and die.</summary>
[Collection<EngineCollection>]
public sealed class EventsTests(NodeFixture fixture) : NodeStory(fixture), IClassFixture<NodeFixture>
{
    [Fact]
    public async Task A_container_that_is_killed_is_seen_to_fall_and_to_rise_and_to_go()
    {
        await using var events = await EventReader.OpenAsync(Node.Http);
        await events.NextAsync("snapshot");
        await Host.RunContainerAsync("web", Token);
        await SeesAsync(events, "healthy", "running");

        await Host.Docker(Token, "kill", "web");
        await SeesAsync(events, "restarting", "exited");
        await SeesAsync(events, "healthy", "running");

        await Host.Docker(Token, "rm", "-f", "web");
        var removed = await events.UntilAsync("delta", delta => delta.GetProperty("removed").GetArrayLength() > 0);
        Assert.Equal(NodeProcess.Host, removed.GetProperty("removed")[0].GetProperty("host").GetString());
    }

    [Fact]
    public async Task Who_loses_the_connection_goes_on_where_it_was()
    {
        string? id;
        await using (var events = await EventReader.OpenAsync(Node.Http))
        {
            await events.NextAsync("snapshot");
            id = events.LastId;
        }
        await Host.RunContainerAsync("web", Token);
        await UntilAsync("web", "healthy");

        await using var again = await EventReader.OpenAsync(Node.Http, id);
        while (!(await again.NextAsync("delta")).GetProperty("changed").EnumerateArray().Any(view => Text(view, "name") == "web"))
        {
        }
    }

    [Fact]
    public async Task A_node_that_is_stopped_does_not_wait_for_those_who_look()
    {
        await using var node = await NodeProcess.StartReadyAsync(Host.Socket, Token);
        await using var events = await EventReader.OpenAsync(node.Http);
        await events.NextAsync("snapshot");
        await node.StopAsync(Token);

        Assert.True(await events.EndsAsync());
        Assert.Equal(0, node.ExitCode);
    }

    private static Task<System.Text.Json.JsonElement> SeesAsync(EventReader events, string health, string state) => events.UntilAsync("delta", delta =>
        delta.GetProperty("changed").EnumerateArray().Any(view => (Text(view, "name"), Text(view, "health"), Text(view, "containerState")) == ("web", health, state)));
}
