using System.Net;
using HmsOrleans.Tests.Engine;
using Xunit;

namespace HmsOrleans.Tests.Node;

/// <summary>A node whose host is not to come under supervision by itself.</summary>
[Collection<EngineCollection>]
public sealed class RegistrationTests(RegistrationTests.Waiting fixture) : NodeStory(fixture), IClassFixture<RegistrationTests.Waiting>
{
    [Fact]
    public async Task A_host_waits_until_somebody_puts_it_under_supervision()
    {
        await Host.RunContainerAsync("web", Token);
        await Host.Docker(Token, "kill", "web");
        await Journal.UntilAsync("web", "die", Token);
        using (var reply = await SendAsync(HttpMethod.Get, $"containers/{NodeProcess.Host}"))
        {
            Assert.Equal(HttpStatusCode.NotFound, reply.StatusCode);
        }
        Assert.Equal(0, (await GoodAsync(HttpMethod.Get, "containers")).GetArrayLength());

        var put = TimeProvider.System.GetUtcNow();
        await GoodAsync(HttpMethod.Put, $"containers/{NodeProcess.Host}");
        var start = await Journal.UntilAsync("web", "start", Token, times: 2);
        Assert.True(start.At >= put, "it was not touched before");
        await UntilHealedAsync("web");

        // What holds for it outlives the node.
        await Node.KillAsync(Token);
        Node.StartAgain();
        await Node.UntilReadyAsync(Token);
        await Host.Docker(Token, "kill", "web");
        await Journal.UntilAsync("web", "start", Token, times: 3);
    }

    public sealed class Waiting(EngineFixture engine) : NodeFixture(engine)
    {
        private protected override (string Key, string Value)[] Settings => [.. Brisk, ("Hms:Hosts:AutoRegister", "false")];
    }
}
