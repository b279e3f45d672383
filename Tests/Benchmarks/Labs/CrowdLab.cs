using System.Collections.Immutable;
using System.Net;
using HmsOrleans.Api;
using HmsOrleans.Api.Events;
using HmsOrleans.Grains;
using HmsOrleans.Grains.Engine;
using HmsOrleans.Grains.Fleet;
using HmsOrleans.Grains.Health;
using HmsOrleans.Grains.Hosts;
using HmsOrleans.Grains.Incidents;
using HmsOrleans.Grains.Probing;
using HmsOrleans.Grains.Settings;
using HmsOrleans.Silo.History;
using HmsOrleans.Tests.Cluster;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Dashboard;
using Orleans.Storage;

namespace HmsOrleans.Benchmarks.Labs;

/// <summary>
/// A node in this process that has many hosts, whose engine alone is made up, and the API over it: from a fact about a container to the page
/// everything goes the way that it goes in earnest.
/// </summary>
internal sealed class CrowdLab : IAsyncDisposable
{
    private const int SiloPort = 11799;
    private const int GatewayPort = 30799;
    private const string Address = "172.17.0.2";

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("hms-crowd-");
    private readonly FakeEngine _engine = new();
    private readonly IHost _node;
    private readonly WebApplication _app;
    private readonly int _perHost;

    private CrowdLab(int hosts, int perHost)
    {
        _perHost = perHost;
        Containers = [.. Enumerable.Range(0, hosts * perHost).Select(i => Container(new(i / perHost, i % perHost)))];
        _node = BuildNode();
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.Configuration.Sources.Clear();
        builder.Configuration.AddInMemoryCollection([new("urls", "http://127.0.0.1:0")]);
        builder.Services.AddSingleton(Grains);
        new DashboardServices(builder.Services, builder.Configuration).AddDashboard();
        builder.AddHmsApi(null);
        _app = builder.Build();
        _app.MapHmsApi();
    }

    /// <summary>Of the API.</summary>
    public Uri Base => new(_app.Urls.Single());

    public ImmutableArray<EngineContainer> Containers { get; }

    /// <summary>How many follow the events, as far as the server knows.</summary>
    public int Viewers => _app.Services.GetRequiredService<FleetFeed>().Viewers;

    private IGrainFactory Grains => _node.Services.GetRequiredService<IGrainFactory>();

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    /// <summary>Starts it, and has all containers seen.</summary>
    public static async Task<CrowdLab> StartAsync(int hosts, int perHost, CancellationToken token)
    {
        var lab = new CrowdLab(hosts, perHost);
        await lab._node.StartAsync(token);
        await lab._app.StartAsync(token);
        var now = Now;
        foreach (var container in lab.Containers)
        {
            lab._engine.Put(container);
        }
        for (var host = 0; host < hosts; host++)
        {
            await lab.TellAsync(host, isComplete: true, lab.Containers.Skip(host * perHost).Take(perHost).Select(container => new ContainerFact(container.Id, new Observation.Seen(now, container))), token);
        }
        return lab;
    }

    /// <summary>Containers answer their probes in another time than before.</summary>
    /// <param name="numbers">Of which.</param>
    /// <param name="roundTrip">How long it took.</param>
    /// <param name="token">Ends the telling.</param>
    public Task ProbeAsync(IEnumerable<int> numbers, TimeSpan roundTrip, CancellationToken token)
    {
        var now = Now;
        return Task.WhenAll(numbers.GroupBy(number => number / _perHost).Select(host => TellAsync(
            host.Key, isComplete: false, host.Select(number => new ContainerFact(Containers[number].Id, new Observation.Probed(now, now, Address, Sent: 5, Lost: 0, roundTrip))), token)));
    }

    /// <summary>A container dies. The engine has started it again as soon as it is asked to.</summary>
    public Task KillAsync(int number, CancellationToken token)
    {
        var now = Now;
        var id = Containers[number].Id;
        return TellAsync(
            number / _perHost, isComplete: false, [new(id, new Observation.Signalled(now, 9)), new(id, new Observation.Died(now.AddMilliseconds(1), 137))], token);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        await _node.StopAsync();
        _node.Dispose();
        _directory.Delete(recursive: true);
    }

    private IHost BuildNode()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Logging.SetMinimumLevel(LogLevel.None);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<IContainerEngine>(_engine);
        builder.Services.AddSingleton<IProber>(new FakeProber());
        builder.Services.AddSingleton<IIncidentOutbox>(new FakeOutbox());
        builder.Services.AddSingleton(new NodeMode());
        builder.Services.AddOptions<HealthOptions>();
        var history = new SqliteHistory(_directory.FullName);
        builder.Services.AddSingleton<IIncidentStore>(new IncidentStore(history, new IncidentTable(history, IncidentTable.History), TimeProvider.System));
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(SiloPort, GatewayPort);
            silo.Services.AddSingleton<IHostSilos>(services => new EveryHost(services.GetRequiredService<ILocalSiloDetails>().SiloAddress));
            silo.AddHostBoundGrains();
            silo.Services.AddKeyedSingleton<IGrainStorage>(StorageNames.Host, new FakeStore());
            silo.Services.AddKeyedSingleton<IGrainStorage>(StorageNames.Cluster, new FakeStore());
        });
        return builder.Build();
    }

    private async Task TellAsync(int host, bool isComplete, IEnumerable<ContainerFact> facts, CancellationToken token) =>
        await Grains.GetGrain<IHostManagerGrain>(new FakeContainer(host, 0).Host).Observe(new(Now, null, isComplete, [.. facts]), token);

    private static EngineContainer Container(FakeContainer fake) => new()
    {
        Id = fake.Id,
        Name = fake.Name,
        Image = "shop/service:4.2",
        State = ContainerState.Running,
        StartedAt = Now.AddHours(-1),
        NetworkMode = "bridge",
        Addresses = [new("bridge", IPAddress.Parse(Address), 16)],
    };

    private sealed class EveryHost(SiloAddress silo) : IHostSilos
    {
        public long Version => 1;

        public SiloAddress? Find(string host) => silo;
    }

    private sealed record DashboardServices(IServiceCollection Services, IConfiguration Configuration) : Orleans.Hosting.IClientBuilder;
}
