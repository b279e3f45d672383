using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;
using Orleans.Metadata;
using Orleans.Streams;

namespace HmsOrleans.Silo.RabbitMq;

/// <summary>
/// Spreads the queues over those silos that have the provider: Orleans' own balancers take all of the cluster, also those that would
/// not read. Each queue goes to the silo that its name and the silo's endpoint choose, so that others keep theirs when one comes or goes.
/// </summary>
internal sealed class ReaderBalancer(IServiceProvider services, string provider, ILogger<ReaderBalancer> logger) : QueueBalancerBase(services, logger)
{
    private readonly IClusterManifestProvider _manifests = services.GetRequiredService<IClusterManifestProvider>();
    private List<QueueId> _queues = [];
    private FrozenSet<SiloAddress> _active = [];
    private Task _following = Task.CompletedTask;

    public override Task Initialize(IStreamQueueMapper queueMapper)
    {
        _queues = [.. queueMapper.GetAllQueues()];
        _following = FollowAsync();
        return base.Initialize(queueMapper);
    }

    public override async Task Shutdown()
    {
        await base.Shutdown();
        await _following.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public override IEnumerable<QueueId> GetMyQueues()
    {
        var active = Volatile.Read(ref _active);
        var readers = _manifests.Current.Silos.Where(silo => active.Contains(silo.Key) && ReaderMark.IsOn(silo.Value, provider)).Select(silo => silo.Key).ToList();
        return [.. _queues.Where(queue => SiloAddress.Equals(readers.MaxBy(silo => Weight(queue, silo))))];
    }

    protected override void OnClusterMembershipChange(HashSet<SiloAddress> activeSilos)
    {
        Volatile.Write(ref _active, activeSilos.ToFrozenSet());
        NotifyListeners().Ignore();
    }

    /// <summary>Whether a silo that is new has the provider is known a moment later than the silo.</summary>
    private async Task FollowAsync()
    {
        await foreach (var _ in _manifests.Updates.WithCancellation(Cancellation))
        {
            NotifyListeners().Ignore();
        }
    }

    /// <summary>The same on all silos. A silo that is started again has the weight that it had.</summary>
    private static ulong Weight(QueueId queue, SiloAddress silo) =>
        BitConverter.ToUInt64(SHA256.HashData(Encoding.UTF8.GetBytes($"{queue} {silo.Endpoint}")));
}

/// <summary>Tells the other silos that this one has a provider, in what each silo tells of itself.</summary>
internal sealed class ReaderMark(string provider) : IGrainPropertiesProvider
{
    public void Populate(Type grainClass, GrainType grainType, Dictionary<string, string> properties) => properties[Name(provider)] = "";

    public static bool IsOn(GrainManifest silo, string provider) => silo.Grains.Values.Any(grain => grain.Properties.ContainsKey(Name(provider)));

    private static string Name(string provider) => $"hms.rabbitmq.{provider}";
}
