using System.Collections.Concurrent;
using System.Diagnostics;
using HmsOrleans.Grains;
using HmsOrleans.Grains.Engine;
using HmsOrleans.Grains.Fleet;
using HmsOrleans.Grains.Health;
using HmsOrleans.Grains.Hosts;
using HmsOrleans.Grains.Incidents;
using HmsOrleans.Grains.Probing;
using HmsOrleans.Grains.Settings;
using HmsOrleans.Silo.History;
using HmsOrleans.Silo.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Core.Internal;
using Orleans.Storage;
using Xunit;

namespace HmsOrleans.Tests.Cluster;

/// <summary>
/// A real silo in this process, with an engine, a prober and a store of ours. It is the silo of every host whose address begins
/// with <c>host</c>, so that each test can have hosts of its own.
/// </summary>
public sealed class TestSilo : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static int s_count;

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("hms-silo-");
    private readonly IHost _host;
    private int _hosts;

    public TestSilo()
    {
        var number = Interlocked.Increment(ref s_count);
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Logging.SetMinimumLevel(LogLevel.None);
        builder.Services.AddSingleton<TimeProvider>(Time);
        builder.Services.AddSingleton<IContainerEngine>(Engine);
        builder.Services.AddSingleton<IProber>(Prober);
        builder.Services.AddOptions<HealthOptions>();
        builder.Services.AddSingleton(new NodeMode());
        builder.Services.AddSingleton<IIncidentOutbox>(Outbox);
        GrainStore.Prepare(_directory.FullName);
        var history = new SqliteHistory(_directory.FullName);
        builder.Services.AddSingleton<IIncidentStore>(new IncidentStore(history, new IncidentTable(history, IncidentTable.History), Time));
        // A sign of life when a host comes up, and no other in the time of a test.
        builder.Services.Configure<ControllerOptions>(options => options.Heartbeat = TimeSpan.FromHours(1));
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(11800 + number, 30800 + number);
            silo.Configure<SiloOptions>(options => options.SiloName = "test");
            silo.Services.AddSingleton<IHostSilos>(services => new AnyHost(services.GetRequiredService<ILocalSiloDetails>(), Gone));
            silo.AddHostBoundGrains();
            silo.Services.AddKeyedSingleton<IGrainStorage>(StorageNames.Host, Store);
            silo.Services.AddKeyedSingleton<IGrainStorage>(StorageNames.Cluster, Store);
            silo.AddIncomingGrainCallFilter(Pass);
            silo.AddOutgoingGrainCallFilter(Note);
        });
        _host = builder.Build();
    }

    public IGrainFactory Grains => _host.Services.GetRequiredService<IGrainFactory>();

    internal FakeEngine Engine { get; } = new();

    internal FakeProber Prober { get; } = new();

    internal FakeStore Store { get; } = new();

    internal FakeOutbox Outbox { get; } = new();

    internal ShiftedTime Time { get; } = new();

    /// <summary>How often a method of a grain was called, by "Method key"; the key is the host where a host calls.</summary>
    internal ConcurrentDictionary<string, int> Calls { get; } = new();

    /// <summary>How long a host was last told to collect.</summary>
    internal ConcurrentDictionary<string, TimeSpan> Windows { get; } = new();

    /// <summary>How often a host was asked for everything, whether or not it could answer.</summary>
    internal ConcurrentDictionary<string, int> Sought { get; } = new();

    /// <summary>Hosts whose silo is gone.</summary>
    internal ConcurrentDictionary<string, bool> Gone { get; } = new();

    /// <summary>Calls that never arrive, by "Method key"; done when one has not.</summary>
    internal ConcurrentDictionary<string, TaskCompletionSource> Lost { get; } = new();

    /// <summary>Calls whose answers never arrive, by "Method key"; done when one has not.</summary>
    internal ConcurrentDictionary<string, TaskCompletionSource> Unanswered { get; } = new();

    /// <summary>Calls that wait, by "Method key".</summary>
    internal ConcurrentDictionary<string, TaskCompletionSource> Held { get; } = new();

    public async ValueTask InitializeAsync() => await _host.StartAsync(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
        await DeleteAsync();
    }

    /// <summary>What its stores still write comes to its end in a moment.</summary>
    private async Task DeleteAsync()
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                _directory.Delete(recursive: true);
                return;
            }
            catch (IOException) when (attempt < 100)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
            }
        }
    }

    /// <summary>An address that no other test uses.</summary>
    internal string NewHost() => $"host{Interlocked.Increment(ref _hosts)}";

    /// <summary>Has a grain deactivated as soon as it is idle.</summary>
    internal static async Task EndAsync(IAddressable grain) =>
        await grain.AsReference<IGrainManagementExtension>().DeactivateOnIdle().AsTask().WaitAsync(TestContext.Current.CancellationToken);

    internal int Called(string method, string key) => Calls.GetValueOrDefault($"{method} {key}");

    /// <summary>Waits until something holds; throws after a minute.</summary>
    internal static async Task UntilAsync(string what, Func<Task<bool>> holds)
    {
        var start = Stopwatch.GetTimestamp();
        while (!await holds())
        {
            if (Stopwatch.GetElapsedTime(start) > Patience)
            {
                throw new TimeoutException($"not true within {Patience.TotalSeconds} s: {what}");
            }
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }

    internal static Task UntilAsync(string what, Func<bool> holds) => UntilAsync(what, () => Task.FromResult(holds()));

    private async Task Pass(IIncomingGrainCallContext call)
    {
        // What hosts tell the controller is kept under the host.
        var key = call.MethodName is nameof(IControllerGrain.Update) or nameof(IControllerGrain.Heartbeat) ? call.Request.GetArgument(0) : call.TargetId.Key;
        var name = $"{call.MethodName} {key}";
        Calls.AddOrUpdate(name, 1, (_, count) => count + 1);
        if (Held.TryGetValue(name, out var gate))
        {
            await gate.Task;
        }
        if (Lost.TryGetValue(name, out var lost))
        {
            lost.TrySetResult();
            throw new TimeoutException("lost on the way");
        }
        await call.Invoke();
        if (Unanswered.TryGetValue(name, out var unanswered))
        {
            unanswered.TrySetResult();
            throw new TimeoutException("lost on the way back");
        }
        if (call.MethodName == nameof(IHostManagerGrain.SetWindow))
        {
            Windows[call.TargetId.Key.ToString()!] = (TimeSpan)call.Request.GetArgument(0)!;
        }
    }

    private Task Note(IOutgoingGrainCallContext call)
    {
        if (call.MethodName == nameof(IHostManagerGrain.GetNews))
        {
            Sought.AddOrUpdate(call.TargetId.Key.ToString()!, 1, (_, count) => count + 1);
        }
        return call.Invoke();
    }

    /// <summary>All hosts of the tests are here; others have no silo.</summary>
    private sealed class AnyHost(ILocalSiloDetails silo, ConcurrentDictionary<string, bool> gone) : IHostSilos
    {
        public long Version => 1;

        public SiloAddress? Find(string host) =>
            host.StartsWith("host", StringComparison.Ordinal) && !gone.ContainsKey(host) ? silo.SiloAddress : null;
    }
}
