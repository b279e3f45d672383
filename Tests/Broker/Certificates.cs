using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace HmsOrleans.Tests.Broker;

/// <summary>Files (PEM) of a private authority, and of another one that nobody trusts.</summary>
/// <param name="Authority">The authority's certificate.</param>
/// <param name="OtherAuthority">The certificate of an authority that signed nothing here.</param>
/// <param name="Server">Certificate and key of the broker, which is called <c>localhost</c>.</param>
/// <param name="Client">Certificate and key of a client, in the name of the broker's user <c>guest</c>.</param>
internal sealed record Certificates(string Authority, string OtherAuthority, string Server, string Client)
{
    public static async Task<Certificates> WriteAsync(string directory, CancellationToken token)
    {
        using var authority = MakeAuthority("the tests' own authority");
        using var other = MakeAuthority("an authority of others");
        var files = new Certificates($"{directory}/authority.pem", $"{directory}/other.pem", $"{directory}/server.pem", $"{directory}/client.pem");
        await File.WriteAllTextAsync(files.Authority, authority.ExportCertificatePem(), token);
        await File.WriteAllTextAsync(files.OtherAuthority, other.ExportCertificatePem(), token);
        await File.WriteAllTextAsync(files.Server, Sign(authority, "localhost", "1.3.6.1.5.5.7.3.1"), token);
        await File.WriteAllTextAsync(files.Client, Sign(authority, "guest", "1.3.6.1.5.5.7.3.2"), token);
        return files;
    }

    private static X509Certificate2 MakeAuthority(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }

    private static string Sign(X509Certificate2 authority, string name, string use)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(use)], critical: false));
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.Create(authority, authority.NotBefore, authority.NotAfter, RandomNumberGenerator.GetBytes(8));
        return $"{certificate.ExportCertificatePem()}\n{key.ExportPkcs8PrivateKeyPem()}\n";
    }
}
