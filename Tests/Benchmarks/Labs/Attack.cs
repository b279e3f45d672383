using System.Diagnostics;
using HmsOrleans.Tests.Engine;

namespace HmsOrleans.Benchmarks.Labs;

/// <summary>A way to end a container.</summary>
/// <param name="Name">As a person would say it.</param>
/// <param name="IsBlamed">The container is blamed for it, so that a second time soon after makes it wait.</param>
/// <param name="CarryOutAsync">Does it; the process id is that of the container's process 1.</param>
internal sealed record Attack(string Name, bool IsBlamed, Func<EngineSocket, Subject, int, CancellationToken, Task> CarryOutAsync)
{
    public static Attack Kill { get; } = new("docker kill", false, (engine, target, _, token) => engine.OrderAsync($"containers/{target.Id}/kill", token));

    public static Attack Stop { get; } = new("docker stop -t 0", false, (engine, target, _, token) => engine.OrderAsync($"containers/{target.Id}/stop?t=0", token));

    public static Attack Outside { get; } = new("process killed from outside", true, (_, _, pid, _) =>
    {
        using var process = Process.GetProcessById(pid);
        process.Kill();
        return Task.CompletedTask;
    });

    /// <summary>Process 1 then eats memory until the kernel kills it: see <see cref="Lab.Script"/>.</summary>
    public static Attack OutOfMemory { get; } = new("out of memory", true, (_, _, pid, _) => Command.SignalAsync("USR1", [pid]));
}
