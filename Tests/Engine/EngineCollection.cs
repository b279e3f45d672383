using Xunit;

namespace HmsOrleans.Tests.Engine;

/// <summary>
/// <c>[Collection&lt;EngineCollection&gt;]</c> on a class: its tests share one engine with all such classes, which run one after
/// another. Take <see cref="EngineFixture"/> in the constructor; leave the engine running, and empty, as it was found.
/// Nothing else runs meanwhile in their network namespace: other tests make interfaces that the engine would see.
/// </summary>
[CollectionDefinition(DisableParallelization = true)]
#pragma warning disable CA1711 // "Collection" is the word of xunit for it
public sealed class EngineCollection : ICollectionFixture<EngineFixture>;
#pragma warning restore CA1711

/// <summary>The shared engine; started by the first class that needs it.</summary>
public sealed class EngineFixture : IAsyncLifetime
{
    private bool _hasNodeImage;

    internal DockerHost Host { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Host = await DockerHost.StartAsync(TestContext.Current.CancellationToken);

    /// <summary>Gives the engine hms-orleans:latest as deploy/image.sh makes it, unless it has it from an earlier class.</summary>
    internal async Task BuildNodeImageAsync(CancellationToken token)
    {
        if (!_hasNodeImage)
        {
            await RuntimeImage.ImportAsync(Host, token);
            await Command.RunAsync(SourceTree.File("deploy/image.sh"), Host.CommandLine, TimeSpan.FromMinutes(3), token, "--", "--no-restore");
            _hasNodeImage = true;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Host is not null)
        {
            await Host.DisposeAsync();
        }
    }
}
