using HmsOrleans.Api;
using HmsOrleans.Api.Security;
using HmsOrleans.Grains.Engine;
using HmsOrleans.Grains.Fleet;
using HmsOrleans.Grains.Health;
using HmsOrleans.Grains.Hosts;
using HmsOrleans.Grains.Probing;
using HmsOrleans.Grains.Settings;
using HmsOrleans.Silo.Docker;
using HmsOrleans.Silo.Hosts;
using HmsOrleans.Silo.Icmp;
using HmsOrleans.Silo.Storage;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Newtonsoft.Json;
using Orleans.Configuration;
using Orleans.Dashboard;
using Orleans.Serialization;
using HostOptions = HmsOrleans.Silo.Hosts.HostOptions;

// A burst of blocking work (SQLite, name lookups) must not hold up the ticks; on two cores the pool would grow by one thread a second.
ThreadPool.SetMinThreads(32, 32);

// appsettings.json is beside the program, wherever it is called from.
var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
if (builder.Configuration["Hms:Docker:Endpoint"] is null && Environment.GetEnvironmentVariable("DOCKER_HOST") is { Length: > 0 } dockerHost)
{
    builder.Configuration["Hms:Docker:Endpoint"] = dockerHost;
}
builder.Configuration["urls"] ??= "http://127.0.0.1:8080";

var services = builder.Services;
services.AddOptions<HostOptions>().BindConfiguration(HostOptions.Section).ValidateOnStart();
services.AddOptions<DockerOptions>().BindConfiguration(DockerOptions.Section).ValidateOnStart();
services.AddOptions<ProbeOptions>().BindConfiguration(ProbeOptions.Section).ValidateOnStart();
services.AddOptions<HealthOptions>().BindConfiguration(HealthOptions.Section).ValidateOnStart();
services.AddOptions<ControllerOptions>().BindConfiguration(ControllerOptions.Section).ValidateOnStart();
services.AddSingleton<IValidateOptions<HostOptions>, HostOptionsValidator>();
services.AddSingleton<IValidateOptions<DockerOptions>, DockerOptionsValidator>();
services.AddSingleton<IValidateOptions<ProbeOptions>, ProbeOptions.Validator>();
services.AddSingleton<IValidateOptions<HealthOptions>, HealthOptionsValidator>();
services.AddSingleton<IValidateOptions<ControllerOptions>, ControllerOptionsValidator>();

services.TryAddSingleton(TimeProvider.System);
services.AddSingleton<DockerEngine>();
services.AddSingleton<IContainerEngine>(provider => provider.GetRequiredService<DockerEngine>());
services.AddSingleton<DockerWatcher>();
services.AddSingleton<IProber, IcmpProber>();

var address = builder.Configuration.GetSection(HostOptions.Section).Get<HostOptions>()?.Address ?? new HostOptions().Address;
var dataDirectory = builder.Configuration["Hms:DataDirectory"]
    ?? (Environment.IsPrivilegedProcess ? "/var/lib/hms-orleans" : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), "hms-orleans"));
GrainStore.Prepare(dataDirectory);

builder.UseOrleans(silo =>
{
    if (!builder.Configuration.GetSection("Orleans:Clustering").Exists())
    {
        silo.UseLocalhostClustering(
            builder.Configuration.GetValue("Orleans:Endpoints:SiloPort", 11111),
            builder.Configuration.GetValue("Orleans:Endpoints:GatewayPort", 30000));
    }
    silo.Configure<SiloOptions>(options => options.SiloName = address);
    silo.AddPlacementDirector<HostBoundPlacement, HostBoundPlacementDirector>();
    silo.AddAdoNetGrainStorage(StorageNames.Host, Store);
    silo.AddAdoNetGrainStorage(StorageNames.Cluster, Store);
    // Newtonsoft cannot keep references to immutable dictionaries, which the settings are made of: it writes what it then fails to read.
    silo.Services.Configure<OrleansJsonSerializerOptions>(json => json.JsonSerializerSettings.PreserveReferencesHandling = PreserveReferencesHandling.None);
    silo.AddDashboard();
});
builder.AddHmsApi(address);
services.AddHostedService<HostPump>();

var app = builder.Build();
app.MapHmsApi();
try
{
    await app.RunAsync();
    return 0;
}
catch (Exception e) when (e is OptionsValidationException or ApiBindingException)
{
    // The operator reads the message; where in the code it was found is no help to anybody.
    await Console.Error.WriteLineAsync(e.Message);
    return 1;
}

void Store(AdoNetGrainStorageOptions options)
{
    options.Invariant = GrainStore.Invariant;
    options.ConnectionString = GrainStore.ConnectionString(dataDirectory);
}
