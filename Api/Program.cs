using HmsOrleans.Api;
using HmsOrleans.Api.Cluster;
using HmsOrleans.Api.Logging;
using HmsOrleans.Api.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Orleans.Dashboard;
using Orleans.Serialization;

if (args.Any(argument => argument is "--help" or "-h" or "-?"))
{
    Console.WriteLine("""
        HmsOrleans.Api [--Section:Setting=value ...]

        Serves the API and the page of a cluster at ASPNETCORE_URLS (http://127.0.0.1:8080) as a client of it: it needs no Docker
        engine, and waits for the cluster where that is not there yet. Ctrl-C or SIGTERM ends it. Exit codes: 0 ended, 1 a setting
        is wrong or a port is taken.

          Orleans:ClusterId                    as that of the nodes (hms-orleans)
          Orleans:Clustering:ProviderType      AdoNet
          Orleans:Clustering:Invariant         Npgsql
          Orleans:Clustering:ConnectionString  of the cluster's PostgreSQL
          Hms:Api:Keys:0:Name, :Key, :Role     as for a node; without keys it answers to this machine alone
          Hms:Api:PublicBadges, :Proxies       as for a node
        """);
    return 0;
}

var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
builder.AddHmsConsole();
builder.Configuration["urls"] ??= "http://127.0.0.1:8080";
builder.Configuration["Orleans:ServiceId"] ??= "hms-orleans";
builder.Configuration["Orleans:ClusterId"] ??= "hms-orleans";
builder.Configuration["Orleans:Messaging:ResponseTimeout"] ??= "00:00:05";
// A node that hangs keeps its connections: until the list says that it is gone, calls through it wait in vain. Orleans reads it once a minute.
builder.Configuration["Orleans:Gateway:GatewayListRefreshPeriod"] ??= "00:00:01";
builder.Configuration.AddSecrets();
if (!builder.Configuration.GetSection("Orleans:Clustering").Exists())
{
    return Refuse("Orleans:Clustering is missing: --help says how to name the cluster's database. A node that is a cluster of its own serves the API itself.");
}

builder.UseOrleansClient(client =>
{
    client.UseConnectionRetryFilter<PatientConnection>();
    client.AddDashboard();
    client.Services.Configure<ExceptionSerializationOptions>(exceptions => exceptions.SupportedNamespacePrefixes.Add(nameof(Npgsql)));
});
builder.AddHmsApi(localHost: null);

try
{
    await using var app = builder.Build();
    app.Services.GetRequiredService<IStartupValidator>().Validate();
    app.MapHmsApi();
    await app.RunAsync();
    return 0;
}
catch (OptionsValidationException e)
{
    return Refuse(string.Join(Environment.NewLine, e.Failures));
}
catch (ApiBindingException e)
{
    return Refuse(e.Message);
}
catch (IOException e) when (e.InnerException is AddressInUseException)
{
    return Refuse($"{e.Message} Another program listens there: end it, or choose another port with ASPNETCORE_URLS=http://127.0.0.1:PORT.");
}
catch (OperationCanceledException)
{
    return 0; // ended while it waited for the cluster
}

static int Refuse(string message)
{
    Console.Error.WriteLine(message);
    return 1;
}
