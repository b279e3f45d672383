using System.Text.Json;
using System.Text.Json.Serialization;
using HmsOrleans.Api.Antagonist;
using HmsOrleans.Api.Bodies;
using HmsOrleans.Api.Commands;
using HmsOrleans.Api.Containers;
using HmsOrleans.Api.Events;
using HmsOrleans.Api.Fleet;
using HmsOrleans.Api.Hosts;
using HmsOrleans.Api.Incidents;
using HmsOrleans.Api.Notifications;
using HmsOrleans.Api.OpenApi;
using HmsOrleans.Api.Page;
using HmsOrleans.Api.Problems;
using HmsOrleans.Api.Readiness;
using HmsOrleans.Api.Security;
using HmsOrleans.Api.Settings;
using HmsOrleans.Api.Telemetry;
using HmsOrleans.Grains.Commands;
using HmsOrleans.Grains.Fleet;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace HmsOrleans.Api;

/// <summary>The API in a web application: on a node, or alone as a client of the cluster.</summary>
public static class ApiExtensions
{
    /// <summary>Adds what <see cref="MapHmsApi"/> needs. <see cref="IGrainFactory"/> has to come from Orleans, and its dashboard's services from <c>AddDashboard</c>.</summary>
    /// <param name="builder">The application's builder.</param>
    /// <param name="localHost">Address of the Docker host that this node is responsible for; null for a node that only serves the API.</param>
    public static IHostApplicationBuilder AddHmsApi(this IHostApplicationBuilder builder, string? localHost)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var services = builder.Services;

        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(new LocalHost(localHost));
        services.TryAddSingleton(new NodeMode());
        services.AddSingleton<FleetCalls>();
        services.AddSingleton<AntagonistCalls>();
        services.AddSingleton<FleetFeed>().AddHostedService(provider => provider.GetRequiredService<FleetFeed>());
        services.AddSingleton<ICommandExecutor, CommandExecutor>();
        services.AddExceptionHandler<ExceptionProblems>();
        services.AddOpenApi(openApi => OpenApiDocs.Configure(openApi));
        services.Configure<KestrelServerOptions>(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = CommandBody.MaxBytes;
        });
        services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.NumberHandling = JsonNumberHandling.Strict;
            json.SerializerOptions.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false));
        });

        services.AddOptions<ApiOptions>().BindConfiguration(ApiOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<ApiOptions>, ApiOptionsValidator>();
        services.AddOptions<ForwardedHeadersOptions>().Configure<IOptions<ApiOptions>>(TrustedProxies.Configure);
        services.AddSingleton<KeyRing>();
        services.AddHostedService<BindingCheck>();
        services.AddAuthentication(KeyAuthentication.SchemeName)
            .AddScheme<AuthenticationSchemeOptions, KeyAuthentication>(KeyAuthentication.SchemeName, null)
            .AddCookie(SignInEndpoints.SchemeName, SignInEndpoints.Configure);
        var policy = new AuthorizationPolicyBuilder().RequireAuthenticatedUser().AddRequirements(new RoleRequirement()).Build();
        services.AddAuthorizationBuilder().SetDefaultPolicy(policy).SetFallbackPolicy(policy);
        services.Configure<KeyManagementOptions>(SessionKeys.Configure);
        builder.AddHmsTelemetry();
        return builder;
    }

    /// <summary>Maps the whole API and what guards it; nothing else should be in the pipeline before it.</summary>
    public static WebApplication MapHmsApi(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        app.UseForwardedHeaders();
        app.Use(HeadRequests.Invoke);
        app.Use(SecurityHeaders.Invoke);
        app.UseExceptionHandler(_ => { });
        app.UseStatusCodePages(StatusProblems.Write);
        app.UseMiddleware<HostNameGuard>();
        app.UseRouting();
        app.UseAuthentication();
        app.UseMiddleware<OriginGuard>();
        app.UseAuthorization();
        app.UseMiddleware<CommandLog>();

        var api = app.MapGroup("");
        api.AddEndpointFilter(NoAnswerException.Filter);
        api.MapContainers();
        api.MapHosts();
        api.MapEvents();
        api.MapIncidents();
        api.MapSettings();
        api.MapAntagonist();
        api.MapNotifications();
        api.MapReadiness();

        app.MapOpenApi("/openapi/{documentName:regex(^v1$)}.json");
        app.MapMetrics();
        app.MapSignIn();
        app.MapPages();
        return app;
    }
}
