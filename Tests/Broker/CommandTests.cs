using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using HmsOrleans.Tests.Node;
using Xunit;

namespace HmsOrleans.Tests.Broker;

/// <summary>Commands of programs outside the cluster, from a client that is not ours.</summary>
[Collection<BrokerCollection>]
public sealed class CommandTests(CommandNodeFixture fixture) : IClassFixture<CommandNodeFixture>, IAsyncLifetime
{
    private const string Controller = "controller";
    private const string Manager = $"manager.{NodeProcess.Host}";
    private const string Bell = NodeFixture.Bell;

    private readonly PikaClient _client = PikaClient.Start(fixture.Broker);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private NodeProcess Node => fixture.Node;

    public async ValueTask InitializeAsync()
    {
        // Connected to its broker, and not only ready, which it is without one too.
        await _client.AskAsync(Controller, new { command = "get_all_containers" }, Token);
        await Node.UntilContainerAsync(Bell, view => Text(view, "health") == "healthy", Token);
    }

    public ValueTask DisposeAsync() => _client.DisposeAsync();

    [Theory]
    [InlineData("ours")]
    [InlineData("the report's")]
    public async Task Every_command_of_either_dialect_does_and_answers_what_the_API_does(string dialect)
    {
        const string Sender = "rest.tests";
        if (dialect != "ours")
        {
            await _client.JoinAsync(Sender, Token);
        }

        await ShowsAsync(Controller, new() { ["command"] = "get_all_containers" }, "containers");
        await ShowsAsync(Controller, new() { ["command"] = "get_host_containers", ["address"] = NodeProcess.Host }, $"containers/{NodeProcess.Host}");
        await ShowsAsync(Controller, new() { ["command"] = "get_container", ["address"] = NodeProcess.Host, ["containerID"] = Bell }, $"containers/{NodeProcess.Host}/{Bell}");
        await ShowsAsync(Manager, new() { ["command"] = "give_content" }, $"containers/{NodeProcess.Host}");

        await DoesAsync(Controller, new() { ["command"] = "remove_container", ["address"] = NodeProcess.Host, ["containerID"] = Bell });
        await Node.UntilContainerAsync(Bell, view => Text(view, "health") == "ignored", Token);
        await DoesAsync(Controller, new() { ["command"] = "add_container", ["address"] = NodeProcess.Host, ["containerID"] = Bell });
        await Node.UntilContainerAsync(Bell, view => Text(view, "health") == "healthy", Token);
        await DoesAsync(Manager, new() { ["command"] = "container_ignore", ["containerID"] = Bell });
        await Node.UntilContainerAsync(Bell, view => Text(view, "health") == "ignored", Token);
        await DoesAsync(Manager, new() { ["command"] = "container_add", ["containerID"] = Bell });
        await Node.UntilContainerAsync(Bell, view => Text(view, "health") == "healthy", Token);

        await DoesAsync(Controller, new() { ["command"] = "change_all_threshold", ["threshold"] = 71 });
        await UntilThresholdAsync(71);
        await DoesAsync(Controller, new() { ["command"] = "change_threshold", ["address"] = NodeProcess.Host, ["threshold"] = 72.5 });
        await UntilThresholdAsync(72.5);
        await DoesAsync(Manager, new() { ["command"] = "container_threshold", ["threshold"] = 73 });
        await UntilThresholdAsync(73);
        await DoesAsync(Manager, new() { ["command"] = "container_threshold", ["threshold"] = null });
        await UntilThresholdAsync(71);

        // There is none beside this node; what they do with one is seen elsewhere.
        foreach (var command in new[] { "add_antagonists", "remove_antagonists", "change_antagonists_conf", "add_host_antagonist", "remove_host_antagonist", "change_host_antagonist_conf" })
        {
            await FailsAsync("agent-missing", Controller, new() { ["command"] = command, ["address"] = NodeProcess.Host, ["heavy"] = 90, ["loss"] = 80 });
        }
        foreach (var command in new[] { "start_antagonist", "stop_antagonist", "conf_antagonist" })
        {
            await FailsAsync("agent-missing", $"antagonist.{NodeProcess.Host}", new() { ["command"] = command, ["duration"] = 20 });
        }

        await FailsAsync("command-unsupported", Controller, new() { ["command"] = "add_host", ["address"] = "10.0.0.9", ["password"] = "secret" });
        await FailsAsync("command-unsupported", Controller, new() { ["command"] = "remove_host", ["address"] = NodeProcess.Host, ["password"] = "secret" });
        await FailsAsync("container-not-found", Manager, new() { ["command"] = "container_ignore", ["containerID"] = "nobody" });
        await FailsAsync("host-unknown", Controller, new() { ["command"] = "get_host_containers", ["address"] = "10.0.0.9" });
        await FailsAsync("field-invalid", Controller, new() { ["command"] = "change_all_threshold", ["threshold"] = 101 });
        await FailsAsync("command-unknown", Controller, new() { ["command"] = "container_add", ["containerID"] = Bell });

        async Task ShowsAsync(string key, Dictionary<string, object?> command, string path)
        {
            // What is measured changes between the two.
            var (shown, expected) = (default(JsonElement), default(JsonElement));
            await Node.UntilAsync($"{command["command"]} shows what {path} does", async () =>
            {
                var reply = await AskAsync(key, command);
                Assert.Equal("ok", Text(reply, "command"));
                (shown, expected) = (reply.GetProperty("content"), await Node.Http.GetFromJsonAsync<JsonElement>(new Uri(path, UriKind.Relative), Token));
                return JsonElement.DeepEquals(shown, expected);
            }, Token, () => $"{shown}\n{expected}");
        }

        async Task DoesAsync(string key, Dictionary<string, object?> command) => Assert.Equal("ok", Text(await AskAsync(key, command), "command"));

        async Task FailsAsync(string type, string key, Dictionary<string, object?> command)
        {
            var reply = await AskAsync(key, command);
            Assert.Equal(("error", type), (Text(reply, "command"), Text(reply, "type")));
            Assert.NotEmpty(Text(reply, "description"));
        }

        async Task<JsonElement> AskAsync(string key, Dictionary<string, object?> command)
        {
            if (dialect == "ours")
            {
                return await _client.AskAsync(key, command, Token);
            }
            var id = PikaClient.NewId();
            _client.SendAsReported(key, new Dictionary<string, object?>(command) { ["sender"] = Sender }, id);
            return Assert.Single(await _client.UntilAsync(id, 1, Token)).Content;
        }
    }

    [Fact]
    public async Task The_brokers_own_pseudo_queue_can_be_the_address_of_the_answer()
    {
        var reply = await _client.AskAsync(Manager, new { command = "give_content" }, Token, replyTo: "direct");
        Assert.Equal("ok", Text(reply, "command"));
    }

    [Fact]
    public async Task A_repeat_gets_the_first_answer_and_has_no_second_effect()
    {
        var (id, other) = (PikaClient.NewId(), PikaClient.NewId());
        var first = await _client.AskAsync(Manager, new { command = "container_threshold", threshold = 61 }, Token, id);
        await _client.AskAsync(Manager, new { command = "container_threshold", threshold = 62 }, Token, other);
        var second = await _client.AskAsync(Manager, new { command = "container_threshold", threshold = 61 }, Token, id);
        var taken = await _client.AskAsync(Manager, new { command = "container_threshold", threshold = 63 }, Token, id);

        Assert.Equal("ok", Text(first, "command"));
        Assert.Equal(first.GetRawText(), second.GetRawText());
        Assert.Equal(("error", "correlation-id-taken"), (Text(taken, "command"), Text(taken, "type")));
        await UntilThresholdAsync(62);
        Assert.Equal(1, CommandEffects.Of(Node)[id]);
    }

    [Fact]
    public async Task Commands_are_counted_by_what_came_of_them()
    {
        await _client.AskAsync(Controller, new { command = "get_container", address = NodeProcess.Host, containerID = "nobody" }, Token);

        await Node.UntilAsync("both are counted, and so are dead letters", async () =>
        {
            var scraped = await Node.Http.GetStringAsync(new Uri("metrics", UriKind.Relative), Token);
            return Counted("ok").IsMatch(scraped) && Counted("container-not-found").IsMatch(scraped) && DeadLetters().IsMatch(scraped);
        }, Token);

        static Regex DeadLetters() => new("""(?m)^hms_dead_letters\{.*\} \d""");

        static Regex Counted(string outcome) => new($$"""(?m)^hms_commands_total\{.*kind=".+".*outcome="{{outcome}}".*\} [1-9]""");
    }

    [Fact]
    public async Task A_burst_of_repeats_has_one_effect_and_an_answer_each()
    {
        var id = PikaClient.NewId();
        for (var i = 0; i < 50; i++)
        {
            _client.Send(Manager, new { command = "container_threshold", threshold = 64 }, id);
        }
        var replies = await _client.UntilAsync(id, 50, Token);
        Assert.Equal([replies[0].Body], replies.Select(reply => reply.Body).Distinct());
        Assert.Equal(1, CommandEffects.Of(Node)[id]);
    }

    [Fact]
    public async Task Answers_come_in_the_order_of_the_commands_of_a_host()
    {
        List<string> ids = [.. Enumerable.Range(0, 200).Select(_ => PikaClient.NewId())];
        var first = _client.Order.Count;
        foreach (var (index, id) in ids.Index())
        {
            _client.Send(Manager, index % 3 == 0 ? new { command = "give_content" } : new { command = "container_threshold", threshold = index % 100 }, id);
        }
        await _client.UntilAsync(ids[^1], 1, Token);
        Assert.Equal(ids, _client.Order.Skip(first));
    }

    [Fact]
    public async Task What_is_no_command_is_a_dead_letter_with_its_reason_and_holds_nobody_up()
    {
        await _client.TakeAsync("hms.commands.dead", Token);
        var good = new { command = "give_content" };
        // What is wrong with it, whether it can be answered, where it goes, and what it is.
        (string Reason, bool IsAnswered, string Key, object Body, bool HasId, string? ReplyTo)[] poison =
        [
            ("body-invalid", true, Controller, "{broken"u8.ToArray(), true, "own"),
            ("body-invalid", true, Controller, new[] { good }, true, "own"),
            ("body-invalid", true, Controller, new byte[] { 0xFF, 0xFE, 0x00 }, true, "own"),
            ("body-invalid", true, Controller, Array.Empty<byte>(), true, "own"),
            ("body-too-large", true, Controller, new { command = "get_all_containers", filling = new string('x', 1 << 20) }, true, "own"),
            ("command-unknown", true, Controller, new { command = "format_disk" }, true, "own"),
            ("field-invalid", true, Controller, new { address = NodeProcess.Host }, true, "own"),
            ("field-invalid", true, Controller, new { command = 7 }, true, "own"),
            ("field-invalid", true, Controller, new { command = "change_threshold", address = NodeProcess.Host }, true, "own"),
            ("field-invalid", true, Manager, new { command = "container_threshold", threshold = "60" }, true, "own"),
            ("field-invalid", true, Controller, new { command = "get_container", address = NodeProcess.Host, containerID = new { } }, true, "own"),
            ("address-malformed", true, Controller, new { command = "get_host_containers", address = "not an address" }, true, "own"),
            ("address-malformed", true, "manager.not an address", good, true, "own"),
            ("correlation-id-missing", false, Manager, good, false, "own"),
            ("reply-address-missing", false, Manager, good, true, null),
            ("no queue takes it", false, Manager, good, true, "a-queue-that-is-gone"),
        ];
        var sent = new List<(string Reason, bool IsAnswered, string? Id)>();
        foreach (var (reason, isAnswered, key, body, hasId, replyTo) in poison)
        {
            var id = hasId ? PikaClient.NewId() : null;
            _client.Send(key, body as byte[] ?? JsonSerializer.SerializeToUtf8Bytes(body), id, replyTo);
            sent.Add((reason, isAnswered, id));
            Assert.Equal("ok", Text(await _client.AskAsync(key == Controller ? Controller : Manager, key == Controller ? new { command = "get_all_containers" } : good, Token), "command"));
        }

        var dead = new List<PikaMessage>();
        await Node.UntilAsync("all of them are dead letters", async () =>
        {
            dead.AddRange(await _client.TakeAsync("hms.commands.dead", Token));
            return dead.Count >= sent.Count;
        }, Token, () => string.Join('\n', dead));
        Assert.Equal(sent.Count, dead.Count);
        foreach (var (reason, isAnswered, id) in sent)
        {
            Assert.StartsWith(reason, Assert.Single(dead, message => message.CorrelationId == id).Reason, StringComparison.Ordinal);
            if (id is not null && isAnswered)
            {
                var reply = Assert.Single(await _client.UntilAsync(id, 1, Token)).Content;
                Assert.Equal(("error", reason), (Text(reply, "command"), Text(reply, "type")));
            }
        }
        Assert.Contains(dead, message => message.Size > 1 << 20); // whole
        await Node.UntilAsync("they are counted", async () =>
            (await Node.Http.GetFromJsonAsync<JsonElement>(new Uri("readyz", UriKind.Relative), Token)).GetProperty("broker").GetProperty("deadLetters").GetInt64() >= sent.Count, Token);
    }

    [Fact]
    public async Task A_body_as_large_as_brokers_let_pass_costs_no_connection()
    {
        await _client.TakeAsync("hms.commands.dead", Token);
        var id = PikaClient.NewId();
        // The library's own limit is 64 MiB.
        _client.SendBytes(Controller, 65 << 20, id);

        var reply = Assert.Single(await _client.UntilAsync(id, 1, Token)).Content;
        Assert.Equal(("error", "body-too-large"), (Text(reply, "command"), Text(reply, "type")));
        Assert.Equal(65 << 20, Assert.Single(await _client.TakeAsync("hms.commands.dead", Token)).Size);
        Assert.DoesNotContain("the connection was lost", Node.Log, StringComparison.Ordinal);
    }

    private static string Text(JsonElement view, string property) => view.GetProperty(property).GetString()!;

    private Task<JsonElement> UntilThresholdAsync(double threshold) =>
        Node.UntilContainerAsync(Bell, view => view.GetProperty("threshold").GetDouble() == threshold, Token);
}
