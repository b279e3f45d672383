using System.Net;
using HmsOrleans.Api;
using HmsOrleans.Api.Cluster;
using HmsOrleans.Api.Logging;
using HmsOrleans.Api.Security;
using HmsOrleans.Grains;
using HmsOrleans.Grains.Engine;
using HmsOrleans.Grains.Fleet;
using HmsOrleans.Grains.Health;
using HmsOrleans.Grains.Hosts;
using HmsOrleans.Grains.Incidents;
using HmsOrleans.Grains.Probing;
using HmsOrleans.Grains.Settings;
using HmsOrleans.Silo.Cgroups;
using HmsOrleans.Silo.Cluster;
using HmsOrleans.Silo.Commands;
using HmsOrleans.Silo.Docker;
using HmsOrleans.Silo.History;
using HmsOrleans.Silo.Hosts;
using HmsOrleans.Silo.Icmp;
using HmsOrleans.Silo.Notifications;
using HmsOrleans.Silo.Settings;
using HmsOrleans.Silo.Storage;
using HmsOrleans.Silo.Supervision;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection.Extensions;
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
builder.AddHmsConsole();
if (builder.Configuration["Hms:Docker:Endpoint"] is null && Environment.GetEnvironmentVariable("DOCKER_HOST") is { Length: > 0 } dockerHost)
{
    builder.Configuration["Hms:Docker:Endpoint"] = dockerHost;
}
builder.Configuration["urls"] ??= "http://127.0.0.1:8080";
// The same with and without a cluster: what a host keeps is found again when it joins one.
builder.Configuration["Orleans:ServiceId"] ??= "hms-orleans";
builder.Configuration["Orleans:ClusterId"] ??= "hms-orleans";
builder.Configuration.AddSecrets();
if (NodeSettings.Unknown(builder.Configuration) is { Count: > 0 } unknown)
{
    return Refuse(string.Join(Environment.NewLine, unknown));
}

var services = builder.Services;
services.AddOptions<HostOptions>().BindConfiguration(HostOptions.Section).PostConfigure(options => options.Address = HostAddress.Parse(options.Address) ?? options.Address).ValidateOnStart();
services.AddOptions<DockerOptions>().BindConfiguration(DockerOptions.Section).ValidateOnStart();
services.AddOptions<ProbeOptions>().BindConfiguration(ProbeOptions.Section).ValidateOnStart();
services.AddOptions<HealthOptions>().BindConfiguration(HealthOptions.Section).ValidateOnStart();
services.AddOptions<RegistrationOptions>().BindConfiguration(RegistrationOptions.Section).ValidateOnStart();
services.AddOptions<ControllerOptions>().BindConfiguration(ControllerOptions.Section).ValidateOnStart();
services.AddOptions<CommandPathOptions>().BindConfiguration(CommandPathOptions.Section).ValidateOnStart();
services.AddOptions<HistoryOptions>().BindConfiguration(HistoryOptions.Section).ValidateOnStart();
services.AddSingleton<IValidateOptions<HistoryOptions>, HistoryOptionsValidator>();
services.AddSingleton<IValidateOptions<CommandPathOptions>, CommandPathOptionsValidator>();
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
services.AddSupervision();
services.AddNotifications();
// Before Orleans, so that the engine is asked while the silo starts.
services.AddHostedService<HostPump>();

var given = builder.Configuration.GetSection(HostOptions.Section).Get<HostOptions>()?.Address ?? new HostOptions().Address;
var address = HostAddress.Parse(given) ?? given;
var dataDirectory = builder.Configuration["Hms:DataDirectory"]
    ?? (Environment.IsPrivilegedProcess ? "/var/lib/hms-orleans" : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), "hms-orleans"));

var isCluster = builder.Configuration.GetSection("Orleans:Clustering").Exists();
if (!SiloPorts.TryRead(builder.Configuration, isCluster && IPAddress.TryParse(address, out var own) ? own : IPAddress.Loopback, out var ports, out var trouble))
{
    return Refuse(trouble);
}

ClusterDatabase? database;
try
{
    database = ClusterDatabase.Of(builder.Configuration);
}
catch (ClusterSettingsException e)
{
    return Refuse(e.Message);
}
var failedJoin = new FailedJoin(dataDirectory, TimeProvider.System);
var mode = new NodeMode(database is null ? null : await database.TroubleAsync(CancellationToken.None) ?? failedJoin.Reason);
services.AddSingleton(mode);
services.AddSingleton(failedJoin);
services.AddSingleton<IFatalErrorHandler, FatalErrors>();
if (mode.IsIsland)
{
    builder.Configuration["Orleans:Clustering:ProviderType"] = "Development";
    builder.Configuration["Orleans:ClusterId"] += $"-island-{address}";
    services.AddSingleton(database!).AddSingleton<IslandWatch>().AddHostedService(provider => provider.GetRequiredService<IslandWatch>());
}
else if (database is not null)
{
    builder.Configuration["Orleans:Clustering:ConnectionString"] = database.ConnectionString;
    services.AddHostedService<MembershipWatch>();
}

services.AddHistory(dataDirectory, database, mode);

builder.UseOrleans(silo =>
{
    if (!isCluster)
    {
        silo.UseLocalhostClustering(ports.Silo, ports.Gateway, serviceId: builder.Configuration["Orleans:ServiceId"]!, clusterId: builder.Configuration["Orleans:ClusterId"]!);
    }
    else if (IPAddress.TryParse(address, out var ip) && builder.Configuration["Orleans:Endpoints:AdvertisedIPAddress"] is null)
    {
        silo.Configure<EndpointOptions>(endpoints => endpoints.AdvertisedIPAddress = ip);
    }
    silo.Configure<SiloOptions>(options => options.SiloName = address);
    silo.Configure<ClusterMembershipOptions>(builder.Configuration.GetSection("Orleans:ClusterMembership"));
    silo.AddHostBoundGrains();
    silo.AddAdoNetGrainStorage(StorageNames.Host, HostStore);
    if (mode.IsIsland)
    {
        silo.AddMemoryGrainStorage(StorageNames.Cluster);
    }
    else
    {
        silo.AddAdoNetGrainStorage(StorageNames.Cluster, ClusterStore);
    }
    if (database is not null && !mode.IsIsland)
    {
        silo.UseAdoNetReminderService(options => (options.Invariant, options.ConnectionString) = (ClusterDatabase.Invariant, database.ConnectionString));
    }
    // Newtonsoft cannot keep references to immutable dictionaries, which the settings are made of: it writes what it then fails to read.
    silo.Services.Configure<OrleansJsonSerializerOptions>(json => json.JsonSerializerSettings.PreserveReferencesHandling = PreserveReferencesHandling.None);
    // Nor does it mind that records are immutable: it writes what it reads into the object that a property has by default.
    silo.Services.Configure<OrleansJsonSerializerOptions>(json => json.JsonSerializerSettings.ObjectCreationHandling = ObjectCreationHandling.Replace);
    // What the database says must reach a grain on another silo, too.
    silo.Services.Configure<ExceptionSerializationOptions>(exceptions => exceptions.SupportedNamespacePrefixes.Add(nameof(Npgsql)));
    silo.Services.AddSingleton<SiloStart>();
    silo.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(provider => provider.GetRequiredService<SiloStart>());
    // Not on an island: it knows one host alone, and would keep the commands from those who know the others.
    if (!mode.IsIsland && builder.Configuration[$"{CommandPathOptions.Section}:{nameof(CommandPathOptions.Uri)}"] is not null)
    {
        CommandPath.Add(silo, address);
    }
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
    var island = app.Services.GetService<IslandWatch>();
    var parts = app.Services.GetServices<IHostedService>().OfType<BackgroundService>().ToList();
    await app.RunAsync();
    return island is { DatabaseIsBack: true } ? ExitCodes.OtherLife
        : parts.Exists(part => part.ExecuteTask is { IsFaulted: true }) ? ExitCodes.Failed
        : 0;
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
// The database answered when we asked. Whether it is gone again or the other nodes are out of reach: the next life is on its own, and heals.
catch (Exception e) when (database is not null && !mode.IsIsland)
{
    if (await database.TroubleAsync(CancellationToken.None) is null)
    {
        failedJoin.Note(e.GetBaseException().Message.Split('\n')[0].Trim());
    }
    Console.Error.WriteLine($"the cluster could not be joined, this node ends, to be started again on its own: {e.GetBaseException().Message}");
    return ExitCodes.OtherLife;
}

static int Refuse(string message)
{
    Console.Error.WriteLine(message);
    return 1;
}

void HostStore(AdoNetGrainStorageOptions options) => (options.Invariant, options.ConnectionString) = (GrainStore.Invariant, GrainStore.ConnectionString(dataDirectory));

void ClusterStore(AdoNetGrainStorageOptions options)
{
    HostStore(options);
    if (database is not null)
    {
        (options.Invariant, options.ConnectionString) = (ClusterDatabase.Invariant, database.ConnectionString);
    }
}
