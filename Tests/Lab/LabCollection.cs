using HmsOrleans.Tests.Notifications;
using Xunit;

namespace HmsOrleans.Tests.Lab;

/// <summary>One lab for all tests that need several hosts; nothing else runs meanwhile, for it takes all of a small machine.</summary>
[CollectionDefinition(DisableParallelization = true)]
#pragma warning disable CA1711 // "Collection" is the word of xunit for it
public sealed class LabCollection : ICollectionFixture<LabFixture>;
#pragma warning restore CA1711

/// <summary>Three hosts with three containers each, and somebody who is told of all that happens.</summary>
public sealed class LabFixture : IAsyncLifetime
{
    internal HostLab Lab { get; private set; } = null!;

    internal Receiver Receiver { get; private set; } = null!;

    /// <summary>A test failed half way: the next one gets a new lab.</summary>
    internal bool LeftBroken { get; set; }

    public async ValueTask InitializeAsync()
    {
        Receiver = await Receiver.StartAsync(HostLab.Outside);
        Lab = await StartAsync(TestContext.Current.CancellationToken);
    }

    internal async Task MendAsync(CancellationToken token)
    {
        if (LeftBroken)
        {
            await Lab.DisposeAsync();
            Lab = await StartAsync(token);
            LeftBroken = false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Lab is not null)
        {
            await Lab.DisposeAsync();
        }
        await Receiver.DisposeAsync();
    }

    private Task<HostLab> StartAsync(CancellationToken token) => HostLab.StartAsync(
        hosts: 3, containers: 3, port: 8399, token, hasAntagonist: false,
        ("Hms:Notifications:All", "true"), ("Hms:Notifications:MaxPerMinute", "1000"),
        ("Hms:Notifications:Channels:0:Name", "hook"), ("Hms:Notifications:Channels:0:Type", "webhook"), ("Hms:Notifications:Channels:0:Url", Receiver.Url));
}
