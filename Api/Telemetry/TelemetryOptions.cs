using Microsoft.Extensions.Options;

namespace HmsOrleans.Api.Telemetry;

/// <summary>Section <c>Hms:Telemetry</c>: where metrics and traces are sent, beside being asked for.</summary>
public sealed class TelemetryOptions
{
    public const string Section = "Hms:Telemetry";

    /// <summary>Address of a collector that takes OTLP over gRPC; none: nothing is sent.</summary>
    public string? OtlpEndpoint { get; set; }
}

/// <summary>Says at start what is wrong with the address.</summary>
internal sealed class TelemetryOptionsValidator : IValidateOptions<TelemetryOptions>
{
    public ValidateOptionsResult Validate(string? name, TelemetryOptions options) =>
        string.IsNullOrEmpty(options.OtlpEndpoint) || AddressOf(options.OtlpEndpoint) is not null
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail($"{TelemetryOptions.Section}:OtlpEndpoint is '{options.OtlpEndpoint}'; it must be an address such as http://127.0.0.1:4317");

    public static Uri? AddressOf(string? given) => Uri.TryCreate(given, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" ? uri : null;
}
