using Microsoft.Extensions.Options;

namespace HmsOrleans.Silo.Docker;

/// <summary>Section <c>Hms:Docker</c>: which engine is watched.</summary>
public sealed class DockerOptions
{
    public const string Section = "Hms:Docker";

    /// <summary>A <c>unix://</c> socket of an engine on this machine.</summary>
    public string Endpoint { get; set; } = "unix:///var/run/docker.sock";
}

/// <summary>Says at start what is wrong with the endpoint, and what it may be.</summary>
internal sealed class DockerOptionsValidator : IValidateOptions<DockerOptions>
{
    public ValidateOptionsResult Validate(string? name, DockerOptions options) =>
        Uri.TryCreate(options.Endpoint, UriKind.Absolute, out var endpoint) && endpoint.Scheme == "unix" && endpoint.AbsolutePath.Length > 1
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail($"{DockerOptions.Section}:Endpoint (or DOCKER_HOST) is '{options.Endpoint}'; it must be the socket of an engine on this machine, as unix:///var/run/docker.sock");
}
