using HmsOrleans.Silo.RabbitMq;
using Microsoft.Extensions.Options;

namespace HmsOrleans.Silo.Commands;

/// <summary>The broker through which programs outside the cluster send commands (Hms:RabbitMq).</summary>
internal sealed class CommandPathOptions
{
    public const string Section = "Hms:RabbitMq";

    /// <summary>See <see cref="RabbitMqOptions.Uri"/>. Null: no such commands are taken.</summary>
    public string? Uri { get; set; }

    /// <summary>See <see cref="RabbitMqOptions.UserName"/>.</summary>
    public string? UserName { get; set; }

    /// <summary>See <see cref="RabbitMqOptions.Password"/>.</summary>
    public string? Password { get; set; }

    /// <summary>See <see cref="RabbitMqOptions.CertificateAuthority"/>.</summary>
    public string? CertificateAuthority { get; set; }

    /// <summary>See <see cref="RabbitMqOptions.ClientCertificate"/>.</summary>
    public string? ClientCertificate { get; set; }

    /// <summary>Programs written for the report's system are understood, too.</summary>
    public bool ReportDialect { get; set; }
}

/// <summary>Says at the start what the broker's settings cannot be.</summary>
internal sealed class CommandPathOptionsValidator : IValidateOptions<CommandPathOptions>
{
    public ValidateOptionsResult Validate(string? name, CommandPathOptions options)
    {
        if (options.Uri is null)
        {
            return ValidateOptionsResult.Success;
        }
        var broker = new RabbitMqOptions();
        CommandPath.Configure(broker, options, "");
        var problems = broker.Problems().Select(problem => $"{CommandPathOptions.Section}: {problem}.").ToList();
        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }
}
