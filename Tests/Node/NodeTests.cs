using HmsOrleans.Tests.Engine;
using Xunit;

namespace HmsOrleans.Tests.Node;

[Collection<EngineCollection>]
public sealed class NodeTests(EngineFixture engine) : IAsyncLifetime
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private readonly DockerHost _host = engine.Host;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync() => await _host.RemoveAllAsync(CancellationToken.None);

    [Fact]
    public async Task A_killed_container_runs_again()
    {
        await _host.RunContainerAsync("web", Token);
        await using var node = await NodeProcess.StartReadyAsync(_host.Socket, Token);
        await node.UntilContainerAsync("web", view => view.GetProperty("health").GetString() == "healthy", Token);

        await _host.Docker(Token, "kill", "web");

        var healed = await node.UntilContainerAsync("web", view => view.GetProperty("restarts").GetInt32() == 1, Token);
        Assert.Equal("stopped", healed.GetProperty("lastFault").GetProperty("cause").GetString());
    }
}
