using System.Net.Http.Json;
using System.Text.Json;
using HmsOrleans.Tests.Engine;
using Xunit;

namespace HmsOrleans.Tests.Node;

/// <summary>An engine that answers, but not all that it is asked: as much is healed as can be seen.</summary>
[Collection<EngineCollection>]
public sealed class ReluctantEngineTests(EngineFixture engine) : NodeStory(engine.Host)
{
    private EngineProxy _proxy = null!;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _proxy = await EngineProxy.StartAsync(Host, Token);
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (Node is not null)
        {
            await Node.DisposeAsync();
        }
        await _proxy.DisposeAsync();
    }

    [Theory]
    [InlineData(null)]
    [InlineData(500)]
    public async Task All_are_healed_but_the_one_that_it_does_not_describe_and_that_one_when_it_does(int? status)
    {
        var stuck = await Host.RunContainerAsync("stuck", Token);
        await Host.RunContainerAsync("web", Token);
        _ = _proxy.Bar($"/containers/{stuck}/json", status);

        await StartNodeAsync();
        await UntilAsync("web", "healthy");
        await KillFromOutsideAsync("web");
        await UntilHealedAsync("web");

        _proxy.Allow($"/containers/{stuck}/json");
        await UntilAsync("stuck", "healthy");
        await KillFromOutsideAsync("stuck");
        await UntilHealedAsync("stuck");
        Assert.DoesNotContain("the engine is silent", Node.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_events_the_list_will_do_and_the_log_says_so_once()
    {
        await Host.RunContainerAsync("web", Token);
        _ = _proxy.Bar("/events", 403);
        await StartNodeAsync();
        for (var times = 1; times <= 3; times++)
        {
            await UntilAsync("web", "healthy");
            await KillFromOutsideAsync("web");
            await UntilHealedAsync("web", times);
        }
        Assert.Equal(1, Node.Log.Split("the engine tells no events").Length - 1);
        await UntilReadyzAsync("degraded", "the engine tells no events");

        _proxy.Allow("/events");
        await UntilReadyzAsync("ready", null);
        Assert.Contains("the engine tells events again", Node.Log, StringComparison.Ordinal);
    }

    private Task UntilReadyzAsync(string status, string? reason) => Node.UntilAsync($"it is {status}", async () =>
    {
        var reply = await Node.Http.GetFromJsonAsync<JsonElement>(new Uri("readyz", UriKind.Relative), Token);
        return reply.GetProperty("status").GetString() == status
            && (reason is null || reply.GetProperty("reason").GetString()!.StartsWith(reason, StringComparison.Ordinal));
    }, Token);

    private async Task StartNodeAsync() =>
        Node = await NodeProcess.StartReadyAsync(_proxy.Socket, Token, ("Hms:Health:StartGrace", "00:00:00.3"), ("Hms:Health:RecoveredAfter", "00:00:01"));
}
