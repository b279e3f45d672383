using System.Net.Sockets;
using System.Text;
using HmsOrleans.Tests.Engine;
using Xunit;

namespace HmsOrleans.Tests.Node;

/// <summary>What a node tells systemd, at whose socket the test listens.</summary>
[Collection<EngineCollection>]
public sealed class NotifyTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_says_when_it_is_ready_that_it_lives_and_that_it_stops()
    {
        var directory = Directory.CreateTempSubdirectory("hms-notify-");
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            var path = Path.Combine(directory.FullName, "notify");
            socket.Bind(new UnixDomainSocketEndPoint(path));
            // An engine that is silent is no standstill of the node.
            await using var node = NodeProcess.Start("unix:///run/hms-test/nobody.sock", ("NOTIFY_SOCKET", path), ("WATCHDOG_USEC", "6000000"));

            await UntilAsync("READY=1");
            using (var reply = await node.Http.GetAsync(new Uri("healthz", UriKind.Relative), Token))
            {
                Assert.True(reply.IsSuccessStatusCode); // it is as ready as it said
            }
            for (var times = 1; times <= 3; times++)
            {
                await UntilAsync("WATCHDOG=1");
            }
            await node.StopAsync(Token);
            await UntilAsync("STOPPING=1");
            Assert.Equal(0, node.ExitCode);

            async Task UntilAsync(string wanted)
            {
                using var limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
                limit.CancelAfter(TimeSpan.FromSeconds(60));
                var buffer = new byte[4096];
                try
                {
                    while (Encoding.UTF8.GetString(buffer, 0, await socket.ReceiveAsync(buffer, limit.Token)) != wanted)
                    {
                    }
                }
                catch (OperationCanceledException) when (!Token.IsCancellationRequested)
                {
                    Assert.Fail($"no {wanted} within a minute:{Environment.NewLine}{node.Log}");
                }
            }
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }
}
