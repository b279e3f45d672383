using System.Net.Http.Json;
using System.Text.Json;
using HmsOrleans.Benchmarks.Reports;
using HmsOrleans.Tests.Engine;
using HmsOrleans.Tests.Node;

namespace HmsOrleans.Benchmarks.Labs;

/// <summary>An engine with containers, and the one who listens to it. Nothing of it survives <see cref="DisposeAsync"/>.</summary>
internal sealed class Lab : IAsyncDisposable
{
    /// <summary>Ends at once on SIGTERM; eats all its memory on SIGUSR1.</summary>
    public const string Script = "trap exit TERM; trap 'exec tail /dev/zero' USR1; while :; do sleep 3600 & wait; done";

    /// <summary>Enough for the idle, and soon eaten.</summary>
    private static readonly string[] Memory = ["--memory", "32m", "--memory-swap", "32m"];

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Run _run;

    private Lab(Run run, DockerHost host)
    {
        (_run, Host) = (run, host);
        Engine = new EngineSocket(host.SocketPath);
    }

    public DockerHost Host { get; }

    public EngineSocket Engine { get; }

    public EventLog Events { get; private set; } = null!;

    public IReadOnlyList<Subject> Containers { get; private set; } = [];

    /// <summary>An engine with so many containers, all running.</summary>
    public static async Task<Lab> StartAsync(Run run, int containers, CancellationToken token)
    {
        run.Say($"  an engine with {containers} containers");
        var lab = new Lab(run, await DockerHost.StartAsync(token));
        try
        {
            lab.Events = await EventLog.StartAsync(lab.Host, token);
            var made = new Subject[containers];
            // As many at once as a small machine has cores.
            await Parallel.ForEachAsync(Enumerable.Range(0, containers), new ParallelOptions { MaxDegreeOfParallelism = 2, CancellationToken = token },
                async (i, stop) => made[i] = await lab.RunContainerAsync($"c{i:00}", Script, stop));
            lab.Containers = made;
            return lab;
        }
        catch
        {
            await lab.DisposeAsync();
            throw;
        }
    }

    public async Task<Subject> RunContainerAsync(string name, string script, CancellationToken token, params string[] options) =>
        new(name, await Host.Docker(token, ["run", "-d", "--name", name, .. Memory, .. options, DockerHost.IdleImage, "/bin/sh", "-c", script]));

    /// <summary>A node that watches this engine, with all containers healthy.</summary>
    public async Task<NodeProcess> StartNodeAsync(CancellationToken token, params (string Key, string Value)[] settings)
    {
        var node = NodeProcess.Start(Host.Socket, settings);
        try
        {
            await UntilCalmAsync(node, token);
            return node;
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
    }

    /// <summary>A node that has ended lives again, with all containers healthy; it remembers no faults.</summary>
    public async Task StartAgainAsync(NodeProcess node, CancellationToken token)
    {
        node.StartAgain();
        await UntilCalmAsync(node, token);
        foreach (var container in Containers)
        {
            container.Forget();
        }
    }

    /// <summary>Waits until the node is ready and shows all containers as healthy.</summary>
    public async Task UntilCalmAsync(NodeProcess node, CancellationToken token)
    {
        await node.UntilReadyAsync(token);
        var last = default(JsonElement);
        var began = TimeProvider.System.GetTimestamp();
        do
        {
            if (TimeProvider.System.GetElapsedTime(began) > Patience)
            {
                throw new TimeoutException($"not all containers are healthy within {Patience.TotalSeconds} s: {last}{Environment.NewLine}{node.Log}");
            }
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, token);
            last = (await ViewAsync(node, token)).GetProperty("containers");
        }
        while (last.GetArrayLength() < Containers.Count || last.EnumerateArray().Any(view => view.GetProperty("health").GetString() != "healthy"));
    }

    /// <summary>The host and its containers, as the node shows them.</summary>
    public static Task<JsonElement> ViewAsync(NodeProcess node, CancellationToken token) =>
        node.Http.GetFromJsonAsync<JsonElement>(new Uri($"containers/{NodeProcess.Host}", UriKind.Relative), token);

    /// <summary>The container that was left in peace for the longest time; waits until it may fail without having to wait for its healing.</summary>
    public async Task<Subject> NextAsync(bool blamed, CancellationToken token)
    {
        var next = Containers.MinBy(container => container.Rest)!;
        if (blamed && next.Rest > TimeSpan.Zero)
        {
            await _run.WaitAsync(next.Rest, "until the last recovery counts as one", token);
        }
        return next;
    }

    /// <summary>Ends a container and waits until somebody has started it.</summary>
    /// <returns>From its end to its start, by the engine's clock.</returns>
    public async Task<TimeSpan> AttackAsync(Attack attack, Subject target, CancellationToken token)
    {
        var pid = await Engine.PidOfAsync(target.Id, token);
        var mark = Events.Count;
        await attack.CarryOutAsync(Engine, target, pid, token);
        var end = await Events.WaitAsync(mark, target.Id, "die", token);
        var start = await Events.WaitAsync(mark, target.Id, "start", token);
        target.Healed();
        return start.At - end.At;
    }

    /// <summary>Listens anew, to an engine that was started again.</summary>
    public async Task ListenAgainAsync(CancellationToken token)
    {
        await Events.DisposeAsync();
        Events = await EventLog.StartAsync(Host, token);
    }

    public async ValueTask DisposeAsync()
    {
        if (Events is not null)
        {
            await Events.DisposeAsync();
        }
        Engine.Dispose();
        await Host.DisposeAsync();
    }
}
