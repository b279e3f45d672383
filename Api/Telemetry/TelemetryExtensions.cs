using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using Ours = HmsOrleans.Grains.Telemetry.Telemetry;

namespace HmsOrleans.Api.Telemetry;

/// <summary>Metrics for whoever asks for them at <see cref="Path"/>, and metrics and traces by OTLP where somebody wants them sent.</summary>
internal static class TelemetryExtensions
{
    public const string Path = "/metrics";

    /// <summary>Ours, Orleans', the server's and the runtime's own.</summary>
    private static readonly string[] Meters = [Ours.Name, "Microsoft.Orleans", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime"];

    private static readonly string[] Sources = [Ours.Name, "Microsoft.AspNetCore"];

    public static void AddHmsTelemetry(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptions<TelemetryOptions>().BindConfiguration(TelemetryOptions.Section).ValidateOnStart();
        builder.Services.AddSingleton<IValidateOptions<TelemetryOptions>, TelemetryOptionsValidator>();
        var telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("hms-orleans"))
            .WithMetrics(metrics => metrics.AddMeter(Meters).AddPrometheusExporter());
        var given = builder.Configuration[$"{TelemetryOptions.Section}:{nameof(TelemetryOptions.OtlpEndpoint)}"] ?? builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"];
        if (TelemetryOptionsValidator.AddressOf(given) is { } collector)
        {
            telemetry.WithTracing(traces => traces.AddSource(Sources)).UseOtlpExporter(OtlpExportProtocol.Grpc, collector);
        }
    }

    /// <summary>Whoever may read may scrape, with a key as bearer token.</summary>
    public static void MapMetrics(this IEndpointRouteBuilder app) => app.MapPrometheusScrapingEndpoint(Path);
}
