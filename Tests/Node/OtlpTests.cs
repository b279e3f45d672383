using System.Net;
using System.Net.Sockets;
using HmsOrleans.Tests.Engine;
using Xunit;

namespace HmsOrleans.Tests.Node;

/// <summary>What a real node sends to a collector, and what it does when that takes nothing.</summary>
[Collection<EngineCollection>]
public sealed class OtlpTests(EngineFixture engine) : NodeStory(engine.Host)
{
    /// <summary>OpenTelemetry's own settings: what there is to tell is sent soon.</summary>
    private static readonly (string Key, string Value)[] Settings =
    [
        ("Hms:Health:StartGrace", "00:00:00.3"), ("Hms:Health:RecoveredAfter", "00:00:01"),
        ("OTEL_BSP_SCHEDULE_DELAY", "200"), ("OTEL_METRIC_EXPORT_INTERVAL", "500"),
    ];

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (Node is not null)
        {
            await Node.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_kill_comes_to_the_collector_as_one_trace_until_the_container_has_stayed_well_and_metrics_come_too()
    {
        await using var collector = await OtlpCollector.StartAsync(Token);
        await StartAsync(collector.Endpoint);
        var id = await RunHealthyAsync("web");
        await Host.Docker(Token, "kill", "web");

        await Node.UntilAsync("the trace has come", () => Task.FromResult(Heals().Any()), Token, () => string.Join(Environment.NewLine, collector.Spans));
        var heal = Assert.Single(Heals());
        // A batch may be sent between a part's end and the root's, but none of the root without its parts.
        var spans = collector.Spans.Where(span => span.Trace == heal.Trace).OrderBy(span => span.Start).ThenBy(span => span.End).ToList();
        var parts = spans.Where(span => span.Parent == heal.Id).ToList();
        var call = Assert.Single(spans, span => span.Name == "engine start");
        Assert.Equal(["observe", "restart", "prove"], parts.Select(span => span.Name));
        Assert.Equal((5, "", parts[1].Id), (spans.Count, heal.Parent, call.Parent));

        Assert.Equal((NodeProcess.Host, "web", id, "stopped", "exit code 137", "recovered"), (
            heal.Attributes["hms.host"], heal.Attributes["hms.container"], heal.Attributes["hms.container.id"],
            heal.Attributes["hms.cause"], heal.Attributes["hms.evidence"], heal.Attributes["hms.outcome"]));
        Assert.Equal("exit code 137", parts[0].Attributes["hms.evidence"]);
        Assert.Equal(["decided"], parts[0].Events);
        Assert.Equal(("start", "done", "done"), (parts[1].Attributes["hms.action"], parts[1].Attributes["hms.outcome"], call.Attributes["hms.outcome"]));
        Assert.Equal("stayedWell", parts[2].Attributes["hms.outcome"]);
        // One after another from the fault to the end, and the call within the order.
        Assert.Equal((heal.Start, heal.End), (parts[0].Start, parts[2].End));
        Assert.True(parts[0].End <= parts[1].Start && parts[1].End <= parts[2].Start, string.Join(Environment.NewLine, spans));
        Assert.True(parts[1].Start <= call.Start && call.End <= parts[1].End, string.Join(Environment.NewLine, spans));

        string[] wanted = ["hms.containers", "hms.faults", "hms.restarts", "hms.healing.duration", "hms.engine.up"];
        await Node.UntilAsync("the metrics have come", () => Task.FromResult(wanted.All(collector.Metrics.Contains)), Token, () => string.Join(' ', collector.Metrics));
        await EndsAsync();

        IEnumerable<OtlpSpan> Heals() => collector.Spans.Where(span => span.Name == "heal");
    }

    [Fact]
    public async Task A_burst_of_losses_is_the_first_part_of_its_trace()
    {
        await using var collector = await OtlpCollector.StartAsync(Token);
        await StartAsync(collector.Endpoint);
        await RunHealthyAsync("web");
        await Host.DropPacketsAsync("web", 1, Token);

        await Node.UntilAsync("the trace has come", () => Task.FromResult(collector.Spans.Any(span => span.Name == "heal")), Token, () => string.Join(Environment.NewLine, collector.Spans));
        var heal = collector.Spans.First(span => span.Name == "heal");
        var first = collector.Spans.Where(span => span.Parent == heal.Id).MinBy(span => span.Start)!;
        Assert.Equal(("packetLoss", "observe", heal.Start), (heal.Attributes["hms.cause"], first.Name, first.Start));
        // A probe is lost when it has had no answer for a tenth of a second, and not before.
        Assert.True(first.End - first.Start > 50_000_000, $"{first}");
        Assert.Contains("probes lost", first.Attributes["hms.evidence"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_collector_that_is_not_there_harms_nothing()
    {
        await StartAsync($"http://127.0.0.1:{ClosedPort()}");
        await RunHealthyAsync("web");
        await Host.Docker(Token, "kill", "web");
        await UntilHealedAsync("web");
        await EndsAsync();
    }

    [Fact]
    public async Task A_collector_that_never_answers_harms_nothing()
    {
        await using var collector = await OtlpCollector.StartAsync(Token, answers: false);
        await StartAsync(collector.Endpoint);
        await RunHealthyAsync("web");
        await Node.UntilAsync("the collector was called", () => Task.FromResult(collector.Calls > 0), Token);
        await Host.Docker(Token, "kill", "web");
        await UntilHealedAsync("web");
        await EndsAsync();
        Assert.Empty(collector.Metrics);
    }

    private async Task StartAsync(string collector) =>
        Node = await NodeProcess.StartReadyAsync(Host.Socket, Token, [.. Settings, ("Hms:Telemetry:OtlpEndpoint", collector)]);

    /// <summary>It ends as ever when it is asked to.</summary>
    private async Task EndsAsync()
    {
        await Command.SignalAsync("TERM", [Node.Pid]);
        await Node.UntilAsync("the node has ended", () => Task.FromResult(Node.HasExited), Token);
        Assert.Equal(0, Node.ExitCode);
    }

    private static int ClosedPort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
