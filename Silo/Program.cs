using HmsOrleans.Api;
using HmsOrleans.Api.Security;
using HmsOrleans.Grains.Engine;
using HmsOrleans.Grains.Fleet;
using HmsOrleans.Grains.Health;
using HmsOrleans.Grains.Hosts;
using HmsOrleans.Grains.Probing;
using HmsOrleans.Grains.Settings;
using HmsOrleans.Silo.Cgroups;
using HmsOrleans.Silo.Docker;
using HmsOrleans.Silo.Hosts;
using HmsOrleans.Silo.Icmp;
using HmsOrleans.Silo.Logging;
using HmsOrleans.Silo.Settings;
using HmsOrleans.Silo.Storage;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;
using Newtonsoft.Json;
using Orleans.Configuration;
using Orleans.Dashboard;
using Orleans.Serialization;
using HostOptions = HmsOrleans.Silo.Hosts.HostOptions;

if (args.Any(argument => argument is "--help" or "-h" or "-?"))
{
    Console.WriteLine(NodeSettings.Help);
    return 0;
}

// A burst of blocking work (SQLite, name lookups) must not hold up the ticks; on two cores the pool would grow by one thread a second.
ThreadPool.SetMinThreads(32, 32);

// appsettings.json is beside the program, wherever it is called from.
var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
if (builder.Configuration["Hms:Docker:Endpoint"] is null && Environment.GetEnvironmentVariable("DOCKER_HOST") is { Length: > 0 } dockerHost)
{
    builder.Configuration["Hms:Docker:Endpoint"] = dockerHost;
}
builder.Configuration["urls"] ??= "http://127.0.0.1:8080";
builder.Logging.AddConsoleFormatter<LineFormatter, ConsoleFormatterOptions>();
if (NodeSettings.Unknown(builder.Configuration) is { Count: > 0 } unknown)
{
    return Refuse(string.Join(Environment.NewLine, unknown));
}

var services = builder.Services;
services.AddOptions<HostOptions>().BindConfiguration(HostOptions.Section).PostConfigure(options => options.Address = HostAddress.Parse(options.Address) ?? options.Address).ValidateOnStart();
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
services.AddSingleton(_ => new MemoryMeter());
// Before Orleans, so that the engine is asked while the silo starts.
services.AddHostedService<HostPump>();

var given = builder.Configuration.GetSection(HostOptions.Section).Get<HostOptions>()?.Address ?? new HostOptions().Address;
var address = HostAddress.Parse(given) ?? given;
var dataDirectory = builder.Configuration["Hms:DataDirectory"]
    ?? (Environment.IsPrivilegedProcess ? "/var/lib/hms-orleans" : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), "hms-orleans"));

if (!SiloPorts.TryRead(builder.Configuration, out var ports, out var trouble))
{
    return Refuse(trouble);
}

builder.UseOrleans(silo =>
{
    if (!builder.Configuration.GetSection("Orleans:Clustering").Exists())
    {
        silo.UseLocalhostClustering(ports.Silo, ports.Gateway);
    }
    silo.Configure<SiloOptions>(options => options.SiloName = address);
    silo.AddPlacementDirector<HostBoundPlacement, HostBoundPlacementDirector>();
    silo.AddAdoNetGrainStorage(StorageNames.Host, Store);
    silo.AddAdoNetGrainStorage(StorageNames.Cluster, Store);
    // Newtonsoft cannot keep references to immutable dictionaries, which the settings are made of: it writes what it then fails to read.
    silo.Services.Configure<OrleansJsonSerializerOptions>(json => json.JsonSerializerSettings.PreserveReferencesHandling = PreserveReferencesHandling.None);
    silo.Services.AddSingleton<SiloStart>();
    silo.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(provider => provider.GetRequiredService<SiloStart>());
    silo.AddDashboard();
    // Every grain of a host is on the host. The cache's default of 100,000 entries is walked every second to report its size.
    silo.Configure<GrainDirectoryOptions>(options => options.CacheSize = 1000);
});
builder.AddHmsApi(address);

try
{
    await using var app = builder.Build();
    app.Services.GetRequiredService<IStartupValidator>().Validate();
    using var data = DataDirectory.Open(dataDirectory);
    GrainStore.Prepare(data.Path);
    app.MapHmsApi();
    await app.RunAsync();
    return 0;
}
// The operator reads the message; where in the code it was found is no help to anybody.
catch (OptionsValidationException e)
{
    return Refuse(string.Join(Environment.NewLine, e.Failures));
}
catch (Exception e) when (e is ApiBindingException or DataDirectoryException or InvalidOperationException { Source: "Microsoft.Extensions.Configuration.Binder" })
{
    return Refuse(e.Message);
}
catch (IOException e) when (e.InnerException is AddressInUseException)
{
    return Refuse($"{e.Message} Another program, perhaps another node, listens there: end it, or choose another port with ASPNETCORE_URLS=http://127.0.0.1:PORT.");
}

static int Refuse(string message)
{
    Console.Error.WriteLine(message);
    return 1;
}

void Store(AdoNetGrainStorageOptions options)
{
    options.Invariant = GrainStore.Invariant;
    options.ConnectionString = GrainStore.ConnectionString(dataDirectory);
}
