using HmsOrleans.Tests.Engine;
using HmsOrleans.Tests.Node;
using Xunit;

namespace HmsOrleans.Tests.Broker;

/// <summary>A broker that speaks TLS with a certificate of a private authority, and wants to see one of its clients.</summary>
[Collection<BrokerCollection>]
public sealed class TlsTests(EngineFixture engine, BrokerFixture shared)
{
    private readonly BrokerProcess _broker = shared.Broker;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Uri => $"amqps://localhost:{_broker.TlsPort}";

    [Fact]
    public async Task Commands_come_over_TLS_with_certificates_of_both_sides()
    {
        await using var node = await NodeProcess.StartReadyAsync(engine.Host.Socket, Token,
            ("Hms:RabbitMq:Uri", Uri), ("Hms:RabbitMq:UserName", "guest"), ("Hms:RabbitMq:Password", "guest"),
            ("Hms:RabbitMq:CertificateAuthority", _broker.Certificates.Authority), ("Hms:RabbitMq:ClientCertificate", _broker.Certificates.Client));
        await using var client = PikaClient.Start(_broker);
        var reply = await client.AskAsync($"manager.{NodeProcess.Host}", new { command = "give_content" }, Token);
        Assert.Equal("ok", reply.GetProperty("command").GetString());
        Assert.Contains($"RabbitMQ at localhost:{_broker.TlsPort} takes and gives messages", node.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_user_the_certificate_is_the_login()
    {
        await using var node = await NodeProcess.StartReadyAsync(engine.Host.Socket, Token,
            // With which nobody gets in who needs one.
            ("Hms:RabbitMq:Uri", Uri), ("Hms:RabbitMq:Password", "wrong"),
            ("Hms:RabbitMq:CertificateAuthority", _broker.Certificates.Authority), ("Hms:RabbitMq:ClientCertificate", _broker.Certificates.Client));
        await using var client = PikaClient.Start(_broker);
        var reply = await client.AskAsync($"manager.{NodeProcess.Host}", new { command = "give_content" }, Token);
        Assert.Equal("ok", reply.GetProperty("command").GetString());
    }

    [Fact]
    public async Task A_broker_whose_certificate_another_authority_signed_is_not_trusted()
    {
        await using var node = NodeProcess.Start(engine.Host.Socket,
            ("Hms:RabbitMq:Uri", Uri), ("Hms:RabbitMq:CertificateAuthority", _broker.Certificates.OtherAuthority), ("Hms:RabbitMq:ClientCertificate", _broker.Certificates.Client));
        await UntilToldAsync(node, "certificate was rejected");
    }

    [Fact]
    public async Task A_name_that_is_not_in_the_certificate_is_not_trusted()
    {
        await using var node = NodeProcess.Start(engine.Host.Socket,
            ("Hms:RabbitMq:Uri", $"amqps://127.0.0.2:{_broker.TlsPort}"), ("Hms:RabbitMq:CertificateAuthority", _broker.Certificates.Authority), ("Hms:RabbitMq:ClientCertificate", _broker.Certificates.Client));
        await UntilToldAsync(node, "certificate was rejected");
    }

    [Fact]
    public async Task Without_a_certificate_of_its_own_it_is_refused()
    {
        await using var node = NodeProcess.Start(engine.Host.Socket,
            ("Hms:RabbitMq:Uri", Uri), ("Hms:RabbitMq:CertificateAuthority", _broker.Certificates.Authority));
        await UntilToldAsync(node, "cannot be used, it is tried again: ");
        Assert.DoesNotContain("takes and gives messages", node.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_password_is_refused_and_is_not_told_to_anybody()
    {
        const string Password = "wrong-password-of-the-tests";
        await using var node = NodeProcess.Start(engine.Host.Socket, ("Hms:RabbitMq:Uri", _broker.Uri), ("Hms:RabbitMq:UserName", "guest"), ("Hms:RabbitMq:Password", Password));
        await UntilToldAsync(node, "cannot be used, it is tried again: ACCESS_REFUSED");
        Assert.DoesNotContain(Password, node.Log, StringComparison.Ordinal);
    }

    private static Task UntilToldAsync(NodeProcess node, string text) =>
        node.UntilAsync($"it says '{text}'", () => Task.FromResult(node.Log.Contains(text, StringComparison.Ordinal)), Token);
}
