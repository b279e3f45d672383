using Microsoft.Extensions.Configuration;

namespace HmsOrleans.Api.Cluster;

/// <summary>Settings that are not for everybody's eyes.</summary>
public static class Secrets
{
    /// <summary>
    /// Reads them as systemd (<c>LoadCredential</c>) and Docker hand them over: one file each, that bears the setting's name, as
    /// <c>Orleans__Clustering__ConnectionString</c>.
    /// </summary>
    public static IConfigurationBuilder AddSecrets(this IConfigurationBuilder configuration) =>
        configuration.AddKeyPerFile(Environment.GetEnvironmentVariable("CREDENTIALS_DIRECTORY") ?? "/run/secrets", optional: true);
}
