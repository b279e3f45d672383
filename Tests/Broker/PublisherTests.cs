using System.Text;
using HmsOrleans.Silo.RabbitMq;
using HmsOrleans.Tests.Cluster;
using Microsoft.Extensions.Logging.Abstractions;
using RabbitMQ.Client;
using Xunit;

namespace HmsOrleans.Tests.Broker;

/// <summary>Messages that cannot be handed over, and a broker that takes none.</summary>
[Collection<BrokerCollection>]
public sealed class PublisherTests(BrokerFixture shared) : IAsyncLifetime
{
    private const string Name = "hms.tests.publisher";

    private readonly BrokerProcess _broker = shared.Broker;
    private RabbitMqConnection _connection = null!;
    private RabbitMqPublisher _publisher = null!;
    private IChannel _channel = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _connection = new(Options(TimeSpan.FromMinutes(1)), "tests", TimeProvider.System, NullLogger<RabbitMqConnection>.Instance);
        // A minute for a confirmation: none is late on a busy machine.
        _publisher = NewPublisher(TimeSpan.FromMinutes(1));
        _channel = await (await _connection.OpenToReadAsync(Token)).CreateChannelAsync(cancellationToken: Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _channel.DisposeAsync();
        await _publisher.DisposeAsync();
        await _connection.DisposeAsync();
    }

    [Fact]
    public async Task What_cannot_be_handed_over_is_a_dead_letter_and_the_others_arrive()
    {
        var good = await DeclareAsync([]);
        var full = await DeclareAsync(new() { ["x-max-length"] = 1, ["x-overflow"] = "reject-publish" });
        await _publisher.PublishAsync([Message("", full, "fills it")], Token);

        await _publisher.PublishAsync(
        [
            Message("", good, "first"),
            Message("", full, "too much"),
            Message("", "hms.tests.nowhere", "to no queue"),
            Message("", new('x', 256), "to a name that is too long"),
            Message("hms.tests.nowhere", "any", "to no exchange"),
            Message("", "amq.rabbitmq.reply-to.nobody", "to nobody"),
            Message("", good, "last"),
        ], Token);

        // A channel that the broker closes leaves open what it had before: that is sent again.
        Assert.Equal(["first", "last"], (await TakeAsync(good)).Select(message => message.Body).Distinct());
        Assert.Equal(["fills it"], (await TakeAsync(full)).Select(message => message.Body));
        var letters = (await TakeAsync($"{Name}.dead")).ConvertAll(message => message.Reason!);
        Assert.InRange(_connection.DeadLetters, 4, letters.Count);
        var reasons = letters.Distinct().ToList();
        Assert.Equal(4, reasons.Count);
        Assert.Contains(reasons, reason => reason.StartsWith($"its queue refuses it, as one does that is full: '{full}'", StringComparison.Ordinal));
        Assert.Contains(reasons, reason => reason.StartsWith("no queue takes it: 'hms.tests.nowhere' on the default exchange", StringComparison.Ordinal));
        Assert.Contains(reasons, reason => reason.StartsWith("it cannot be sent: ", StringComparison.Ordinal));
        Assert.Contains(reasons, reason => reason.StartsWith("the broker refuses it: NOT_FOUND", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_answer_whose_queue_does_not_confirm_is_a_dead_letter_and_the_others_are_sent_once()
    {
        var (good, stuck) = (await DeclareAsync([]), await DeclareAsync([]));
        // So short that the test need not wait for a minute.
        await using var publisher = NewPublisher(TimeSpan.FromSeconds(3));
        await _broker.SuspendAsync(stuck, isOn: true, Token);
        try
        {
            await publisher.PublishAsync([Message("", good, "first"), Message("", stuck, "is not confirmed"), Message("", good, "last")], Token);
        }
        finally
        {
            await _broker.SuspendAsync(stuck, isOn: false, CancellationToken.None);
        }

        Assert.Equal(["first", "last"], (await TakeAsync(good)).Select(message => message.Body));
        var (body, reason) = Assert.Single(await TakeAsync($"{Name}.dead"));
        Assert.Equal(("is not confirmed", $"'{stuck}' on the default exchange has not confirmed it within 3 s; it may be there all the same"), (body, reason));
    }

    [Fact]
    public async Task A_dead_letter_whose_queue_was_deleted_has_it_made_again()
    {
        await _channel.QueueDeleteAsync($"{Name}.dead", cancellationToken: Token);
        await _publisher.BuryAsync(new("", new('\u00fc', 200), "body"u8.ToArray(), "text/plain", new('\u00fc', 200)), "a test", Token);
        Assert.Equal(("body", "a test"), Assert.Single(await TakeAsync($"{Name}.dead")));
    }

    [Fact]
    public async Task While_the_broker_has_an_alarm_messages_wait_and_it_is_told_why()
    {
        var queue = await DeclareAsync([]);
        // The alarm lasts longer than a confirmation may take.
        var confirmTimeout = TimeSpan.FromSeconds(3);
        await using var publisher = NewPublisher(confirmTimeout);
        await publisher.PublishAsync([Message("", queue, "before")], Token);
        await _broker.AlarmAsync(isOn: true, Token);
        List<Task> sent;
        try
        {
            sent = [publisher.PublishAsync([Message("", queue, "first")], Token)];
            await TestSilo.UntilAsync("the alarm is known", () => _connection.Trouble is not null);
            Assert.Equal("the broker takes no messages until its alarm ends: low on disk", _connection.Trouble);
            sent.AddRange(Enumerable.Range(0, 3).Select(number => _publisher.PublishAsync([Message("", queue, $"waits {number}")], Token)));
            await Task.Delay(confirmTimeout * 2.5, TimeProvider.System, Token);
            Assert.False(sent[0].IsCompleted, "what the broker keeps back is not waited for");
        }
        finally
        {
            await _broker.AlarmAsync(isOn: false, CancellationToken.None);
        }
        await Task.WhenAll(sent);

        await TestSilo.UntilAsync("its end is known", () => _connection.Trouble is null);
        Assert.Equal(["before", "first", "waits 0", "waits 1", "waits 2"], (await TakeAsync(queue)).Select(message => message.Body));
    }

    private RabbitMqOptions Options(TimeSpan confirmTimeout) => new() { Uri = new(_broker.Uri), Name = Name, ConfirmTimeout = confirmTimeout };

    private RabbitMqPublisher NewPublisher(TimeSpan confirmTimeout) => new(Options(confirmTimeout), _connection, TimeProvider.System, NullLogger<RabbitMqPublisher>.Instance);

    private static RabbitMqMessage Message(string exchange, string key, string body) => new(exchange, key, Encoding.UTF8.GetBytes(body), "text/plain");

    private async Task<string> DeclareAsync(Dictionary<string, object?> arguments) =>
        (await _channel.QueueDeclareAsync("", durable: false, exclusive: true, autoDelete: true, arguments, cancellationToken: Token)).QueueName;

    private async Task<List<(string Body, string? Reason)>> TakeAsync(string queue)
    {
        var taken = new List<(string, string?)>();
        while (await _channel.BasicGetAsync(queue, autoAck: true, Token) is { } message)
        {
            var reason = message.BasicProperties.Headers is { } headers && headers.TryGetValue(RabbitMqPublisher.ReasonHeader, out var told) ? Encoding.UTF8.GetString((byte[])told!) : null;
            taken.Add((Encoding.UTF8.GetString(message.Body.Span), reason));
        }
        return taken;
    }
}
