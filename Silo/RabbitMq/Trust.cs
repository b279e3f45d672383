using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace HmsOrleans.Silo.RabbitMq;

/// <summary>Whether the certificate of a broker was signed, for a server, by one of our own authorities.</summary>
internal static class Trust
{
    /// <summary>Server authentication (id-kp-serverAuth of RFC 5280): a certificate that is for clients only must not pass for a broker's.</summary>
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    public static bool IsTrusted(X509Certificate2Collection authorities, X509Certificate? shown, X509Chain? sent, SslPolicyErrors errors)
    {
        // A wrong name, or no certificate at all, is wrong whoever signed it.
        if (shown is not X509Certificate2 certificate || (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != SslPolicyErrors.None)
        {
            return false;
        }
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.ApplicationPolicy.Add(new(ServerAuthentication));
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck; // a private authority publishes no list
        foreach (var element in sent?.ChainElements ?? Enumerable.Empty<X509ChainElement>())
        {
            chain.ChainPolicy.ExtraStore.Add(element.Certificate);
        }
        return chain.Build(certificate);
    }
}
