namespace HmsOrleans.Silo.Commands;

/// <summary>The broker through which programs outside the cluster send commands (Hms:RabbitMq).</summary>
internal sealed class CommandPathOptions
{
    public const string Section = "Hms:RabbitMq";

    /// <summary>See <see cref="RabbitMq.RabbitMqOptions.Uri"/>. Null: no such commands are taken.</summary>
    public string? Uri { get; set; }

    /// <summary>See <see cref="RabbitMq.RabbitMqOptions.UserName"/>.</summary>
    public string? UserName { get; set; }

    /// <summary>See <see cref="RabbitMq.RabbitMqOptions.Password"/>.</summary>
    public string? Password { get; set; }

    /// <summary>See <see cref="RabbitMq.RabbitMqOptions.CertificateAuthority"/>.</summary>
    public string? CertificateAuthority { get; set; }

    /// <summary>See <see cref="RabbitMq.RabbitMqOptions.ClientCertificate"/>.</summary>
    public string? ClientCertificate { get; set; }

    /// <summary>Programs written for the report's system are understood, too.</summary>
    public bool ReportDialect { get; set; }
}
