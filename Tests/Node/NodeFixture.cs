using HmsOrleans.Tests.Engine;
using Xunit;

namespace HmsOrleans.Tests.Node;

/// <summary>One node over the shared engine for all tests of a class; a start takes seconds.</summary>
public class NodeFixture(EngineFixture engine) : IAsyncLifetime
{
    /// <summary>A container of the class's own, for <see cref="NodeStory.UntilTheNodeHasSeenItAllAsync"/>.</summary>
    internal const string Bell = "bell";

    /// <summary>A container is judged, and its recovery confirmed, soon after its start.</summary>
    private protected static readonly (string Key, string Value)[] Brisk =
        [("Hms:Health:StartGrace", "00:00:00.3"), ("Hms:Health:RecoveredAfter", "00:00:01")];

    internal DockerHost Host { get; } = engine.Host;

    internal NodeProcess Node { get; private set; } = null!;

    private protected virtual (string Key, string Value)[] Settings => Brisk;

    public virtual async ValueTask InitializeAsync()
    {
        await Host.RunContainerAsync(Bell, TestContext.Current.CancellationToken);
        Node = await NodeProcess.StartReadyAsync(Host.Socket, TestContext.Current.CancellationToken, Settings);
    }

    public virtual async ValueTask DisposeAsync()
    {
        if (Node is not null)
        {
            await Node.DisposeAsync();
        }
        await Host.RemoveAllAsync(CancellationToken.None);
        GC.SuppressFinalize(this);
    }
}
