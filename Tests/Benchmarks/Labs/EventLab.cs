using System.Diagnostics;
using System.Globalization;
using HmsOrleans.Api;
using HmsOrleans.Api.Events;
using HmsOrleans.Tests.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Dashboard;

namespace HmsOrleans.Benchmarks.Labs;

/// <summary>The API on a server in this process, over a fleet that is made up: what is measured with it is GET /events alone.</summary>
internal sealed class EventLab : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly FakeFleet _fleet = new() { History = new FakeHistory() };
    private readonly FakeHost[] _hosts;
    private readonly int _perHost;
    private readonly WebApplication _app;
    private long _changes;

    private EventLab(int hosts, int perHost)
    {
        _perHost = perHost;
        _hosts = [.. Enumerable.Range(0, hosts).Select(host => new FakeHost(new FakeContainer(host, 0).Host, [.. Enumerable.Range(0, perHost).Select(number => View(new FakeContainer(host, number)))]))];
        foreach (var host in _hosts)
        {
            _fleet.Hosts.Add(host.View.Address, host);
        }
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.Configuration.Sources.Clear();
        builder.Configuration.AddInMemoryCollection([new("urls", "http://127.0.0.1:0")]);
        builder.Services.AddSingleton<IGrainFactory>(_fleet);
        new DashboardServices(builder.Services, builder.Configuration).AddDashboard();
        builder.AddHmsApi(null);
        _app = builder.Build();
        _app.MapHmsApi();
    }

    public Uri Address => new(_app.Urls.Single());

    /// <summary>How many follow the events, as far as the server knows.</summary>
    public int Viewers => _app.Services.GetRequiredService<FleetFeed>().Viewers;

    public static async Task<EventLab> StartAsync(int hosts, int perHost, CancellationToken token)
    {
        var lab = new EventLab(hosts, perHost);
        await lab._app.StartAsync(token);
        return lab;
    }

    /// <summary>Changes containers, some on each host. They say when they were changed: <c>at</c> and a time stamp of <see cref="Stopwatch"/>.</summary>
    public void Change(int count)
    {
        for (var i = 0; i < count; i++)
        {
            var next = (int)(_changes++ * 7 % (_hosts.Length * _perHost));
            var containers = _hosts[next / _perHost].Containers;
            containers[next % _perHost] = containers[next % _perHost] with { Details = string.Create(CultureInfo.InvariantCulture, $"at {Stopwatch.GetTimestamp()}") };
        }
        _fleet.Controller.Tell();
    }

    /// <summary>Waits until something holds; throws after a minute.</summary>
    public static async Task UntilAsync(string what, Func<bool> holds, CancellationToken token)
    {
        var began = Stopwatch.GetTimestamp();
        while (!holds())
        {
            if (Stopwatch.GetElapsedTime(began) > Patience)
            {
                throw new TimeoutException($"not true within {Patience.TotalSeconds} s: {what}");
            }
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, token);
        }
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static Grains.Containers.ContainerView View(FakeContainer container) => Samples.Web with
    {
        Id = container.Id,
        ShortId = container.Id[..12],
        Name = container.Name,
        Host = container.Host,
        LastFault = null,
    };

    private sealed record DashboardServices(IServiceCollection Services, IConfiguration Configuration) : Orleans.Hosting.IClientBuilder;
}
