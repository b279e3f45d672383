using HmsOrleans.Tests.Engine;
using Xunit;

namespace HmsOrleans.Tests.Broker;

/// <summary>
/// <c>[Collection&lt;BrokerCollection&gt;]</c> on a class: its tests share a broker and an engine with all such classes, which run one
/// after another, and alone. Leave the broker running. Its queues stay: take a correlation id of your own for each request.
/// </summary>
[CollectionDefinition(DisableParallelization = true)]
#pragma warning disable CA1711 // "Collection" is the word of xunit for it
public sealed class BrokerCollection : ICollectionFixture<EngineFixture>, ICollectionFixture<BrokerFixture>;
#pragma warning restore CA1711

/// <summary>The shared broker.</summary>
public sealed class BrokerFixture : IAsyncLifetime
{
    internal BrokerProcess Broker { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Broker = await BrokerProcess.StartAsync(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (Broker is not null)
        {
            await Broker.DisposeAsync();
        }
    }
}
