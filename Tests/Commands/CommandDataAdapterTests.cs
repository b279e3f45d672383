using System.Text;
using HmsOrleans.Grains.Commands;
using HmsOrleans.Silo.Commands;
using HmsOrleans.Silo.RabbitMq;
using Xunit;

namespace HmsOrleans.Tests.Commands;

/// <summary>Who is answered, and by which names.</summary>
public sealed class CommandDataAdapterTests
{
    private static readonly string Long = new('\u00fc', 127); // 254 bytes
    private static readonly string TooLong = new('\u00fc', 128);

    private readonly CommandDataAdapter _adapter = new();

    [Fact]
    public void A_name_may_have_as_many_bytes_as_the_broker_permits()
    {
        var ours = Assert.IsType<ExternalCommand>(Assert.Single(Read(CommandDataAdapter.Exchange, Long, Long).Events));
        Assert.Equal((Long, new ReplyAddress("", Long)), (ours.CorrelationId, ours.ReplyTo));
        var reported = Assert.IsType<ExternalCommand>(Assert.Single(Read(CommandDataAdapter.ReportExchange, "id", null, Long).Events));
        Assert.Equal(new(CommandDataAdapter.ReportExchange, Long), reported.ReplyTo);
    }

    [Fact]
    public void An_address_that_is_too_long_in_bytes_is_refused_and_not_answered()
    {
        foreach (var reading in (RabbitMqReading[])[Read(CommandDataAdapter.Exchange, "id", TooLong), Read(CommandDataAdapter.ReportExchange, "id", null, TooLong)])
        {
            Assert.StartsWith("reply-address-missing", reading.Refusal, StringComparison.Ordinal);
            Assert.Null(reading.Answer);
        }
    }

    [Fact]
    public void An_id_that_is_too_long_in_bytes_is_refused_and_answered_without_it()
    {
        var reading = Read(CommandDataAdapter.Exchange, TooLong, "answers");
        Assert.StartsWith("correlation-id-missing", reading.Refusal, StringComparison.Ordinal);
        Assert.Equal(("answers", null), (reading.Answer!.RoutingKey, reading.Answer.CorrelationId));
    }

    private RabbitMqReading Read(string exchange, string? correlationId, string? replyTo, string? sender = null) => _adapter.Read(new(
        exchange, CommandFormat.Controller, Encoding.UTF8.GetBytes($$"""{"command": "get_all_containers", "sender": "{{sender}}"}"""), null, correlationId, replyTo, Redelivered: false, Guid.NewGuid()));
}
