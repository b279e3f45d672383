using System.Reflection;
using HmsOrleans.Grains.Hosts;

namespace HmsOrleans.Tests.Api;

/// <summary>What a fake grain does before it answers.</summary>
internal delegate Task Fault(CancellationToken cancellationToken);

internal static class Faults
{
    public static readonly Fault None = _ => Task.CompletedTask;

    /// <summary>As Orleans does before it knows that a silo is dead.</summary>
    public static readonly Fault Rejected = Throws((Exception)Activator.CreateInstance(
        typeof(OrleansMessageRejectionException), BindingFlags.Instance | BindingFlags.NonPublic, null, ["no route to 10.0.0.1:11111"], null)!);

    public static Fault NoSilo(string host) => Throws(new HostUnavailableException(host, $"no silo for {host} is in the cluster"));

    public static Fault Throws(Exception exception) => _ => Task.FromException(exception);
}

/// <summary>A grain that never answers and does not look at its token; it tells when it was asked.</summary>
internal sealed class Silence
{
    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Asked => _asked.Task;

    public Fault Fault => _ =>
    {
        _asked.TrySetResult();
        return new TaskCompletionSource().Task;
    };
}
