using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using HmsOrleans.Silo.RabbitMq;
using HmsOrleans.Tests.Broker;
using Xunit;

namespace HmsOrleans.Tests.RabbitMq;

/// <summary>Whose certificates pass for a broker's.</summary>
public sealed class TrustTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("hms-trust-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task Only_a_certificate_for_servers_that_our_authority_signed_is_trusted()
    {
        var files = await Certificates.WriteAsync(_directory.FullName, TestContext.Current.CancellationToken);

        Assert.True(IsTrusted(files.Authority, files.Server, SslPolicyErrors.RemoteCertificateChainErrors));
        Assert.False(IsTrusted(files.Authority, files.Client, SslPolicyErrors.RemoteCertificateChainErrors));
        Assert.False(IsTrusted(files.OtherAuthority, files.Server, SslPolicyErrors.RemoteCertificateChainErrors));
        Assert.False(IsTrusted(files.Authority, files.Server, SslPolicyErrors.RemoteCertificateNameMismatch));
    }

    private static bool IsTrusted(string authority, string shown, SslPolicyErrors errors)
    {
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPemFile(authority);
        using var certificate = X509Certificate2.CreateFromPemFile(shown, shown);
        return Trust.IsTrusted(authorities, certificate, null, errors);
    }
}
