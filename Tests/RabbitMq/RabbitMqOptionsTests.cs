using HmsOrleans.Silo.RabbitMq;
using Xunit;

namespace HmsOrleans.Tests.RabbitMq;

/// <summary>Options that cannot work refuse the start, and say which and why.</summary>
public sealed class RabbitMqOptionsTests
{
    [Fact]
    public void What_needs_to_be_given_is_little() => new RabbitMqOptionsValidator(Good(), "tests").ValidateConfiguration();

    [Fact]
    public void Each_wrong_option_is_named()
    {
        foreach (var (spoil, message) in (List<(Action<RabbitMqOptions>, string)>)
        [
            (options => options.Uri = null, "Uri is wrong; it must be amqp://host"),
            (options => options.Uri = new("http://localhost"), "Uri is wrong; it must be amqp://host"),
            (options => options.Name = " ", "Name is missing"),
            (options => options.CertificateAuthority = "/dev/null", "certificates are for amqps:// only"),
            (options => options.ClientCertificate = "/nowhere/client.pem", "/nowhere/client.pem cannot be used: "),
            (options => options.QueueCount = 0, "QueueCount is 0; it must be from 1 to 64"),
            (options => options.Prefetch = 0, "Prefetch is 0; it must be from 1 to 10000"),
            (options => options.DeliveryLimit = 0, "DeliveryLimit is 0; it must be from 1 to 1000"),
            (options => options.BatchSize = 1001, "BatchSize is 1001; it must be from 1 to 1000"),
            (options => options.LongPoll = TimeSpan.Zero, "LongPoll in seconds is 0; it must be from 0.001 to 10"),
            (options => options.ConfirmTimeout = TimeSpan.FromHours(1), "ConfirmTimeout in seconds is 3600; it must be from 0.1 to 60"),
            (options => options.Bindings.Add(new("others", "topic", Durable: true, "#", 1)), "a binding names a queue that is not one of the 1"),
        ])
        {
            var options = Good();
            spoil(options);
            var e = Assert.Throws<OrleansConfigurationException>(() => new RabbitMqOptionsValidator(options, "tests").ValidateConfiguration());
            Assert.StartsWith("RabbitMQ stream provider 'tests': ", e.Message, StringComparison.Ordinal);
            Assert.Contains(message, e.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_file_that_holds_no_certificate_is_refused()
    {
        foreach (var spoil in (Action<RabbitMqOptions>[])[options => options.CertificateAuthority = "/etc/hostname", options => options.ClientCertificate = "/etc/hostname"])
        {
            var options = Good();
            options.Uri = new("amqps://localhost");
            spoil(options);
            Assert.Contains("/etc/hostname cannot be used: ", string.Join("; ", options.Problems()), StringComparison.Ordinal);
        }
    }

    private static RabbitMqOptions Good() => new() { Uri = new("amqp://localhost"), Name = "tests" };
}
