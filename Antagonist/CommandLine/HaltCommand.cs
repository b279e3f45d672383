using System.CommandLine;
using HmsOrleans.Antagonist.Cluster;
using HmsOrleans.Antagonist.Faults;
using HmsOrleans.Antagonist.Leases;
using HmsOrleans.Grains.Antagonist;
using HmsOrleans.Grains.Fleet;
using Microsoft.Extensions.DependencyInjection;

namespace HmsOrleans.Antagonist.CommandLine;

/// <summary><c>halt</c>: ends all attacks and undoes what they have done.</summary>
internal static class HaltCommand
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <summary>An agent that is ended undoes everything at its end, and gives that up after twenty seconds.</summary>
    private static readonly TimeSpan LocalLimit = TimeSpan.FromSeconds(30);

    /// <summary>An agent tries for as long as it lives; here somebody waits for the answer.</summary>
    private const int Attempts = 5;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(300);

    private static readonly Option<bool> Local = new("--local")
    {
        Description = "Only on this host, without the cluster: ends the agent, if one runs, and undoes what is left.",
    };

    public static Command Create()
    {
        var command = new Command("halt", "Ends all attacks on all hosts and undoes what they have done. Exit code 1 where something is left, or may be: where no agent answers.")
        { Local, EngineOptions.Endpoint, EngineOptions.Directory };
        command.SetAction((given, cancellationToken) => given.GetValue(Local) ? HaltHereAsync(given, cancellationToken) : HaltAllAsync(cancellationToken));
        return command;
    }

    private static async Task<int> HaltAllAsync(CancellationToken cancellationToken)
    {
        var builder = ClusterConnection.CreateBuilder();
        builder.AddCluster();
        using var app = builder.Build();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Limit);
        try
        {
            await app.StartAsync(limit.Token);
            var grains = app.Services.GetRequiredService<IGrainFactory>();
            var hosts = await grains.GetGrain<IControllerGrain>(IControllerGrain.Key).GetHosts(limit.Token);
            var ends = await Task.WhenAll(hosts.Select(host => HaltAsync(grains, host.Address, limit.Token)));
            return ends.All(end => end) ? 0 : 1;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new CommandFailedException($"the cluster does not answer ({e.GetBaseException().Message.Split('\n')[0]}): end the attacks on each host with 'halt --local'", e);
        }
    }

    private static async Task<bool> HaltAsync(IGrainFactory grains, string host, CancellationToken cancellationToken)
    {
        try
        {
            var view = await grains.GetGrain<IAntagonistGrain>(host).Halt(cancellationToken);
            var isDone = view.IsHalted && view.Agent!.Trouble is null;
            Console.WriteLine(isDone ? $"{host}: halted, nothing is left" : $"{host}: {WhatIsLeft(view.Agent!)}");
            return isDone;
        }
        catch (AgentMissingException)
        {
            Console.WriteLine($"{host}: no agent reports from there, and what one has left is not undone: 'halt --local' on that host undoes it, and says whether there is any");
            return false;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            Console.WriteLine($"{host}: does not answer ({e.GetBaseException().Message.Split('\n')[0]}): 'halt --local' on that host ends its attacks");
            return false;
        }
    }

    private static string WhatIsLeft(AgentReport agent) => agent.Faults is { Length: > 0 } left
        ? $"{left.Length} faults are not undone yet: {agent.Trouble ?? string.Join(", ", left.Select(fault => $"{fault.Kind} of {fault.Container}"))}"
        : agent.Trouble ?? "the agent has not said yet that it has halted";

    private static async Task<int> HaltHereAsync(ParseResult given, CancellationToken cancellationToken)
    {
        var path = given.GetValue(EngineOptions.Directory)!;
        if (!Directory.Exists(path))
        {
            Console.WriteLine($"no agent has ever worked in {path}");
            return 0;
        }
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(LocalLimit);
        try
        {
            // First: an agent that is ended may be started again before all is undone.
            AgentDirectory.MarkHalted(path, TimeProvider.System.GetUtcNow());
            using var home = await TakeAsync(path, limit.Token);
            return await UndoAsync(given, home, limit.Token);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new CommandFailedException($"not done within {LocalLimit.TotalSeconds:0} s: what is left is still written down in {path}, try again", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FaultFailedException)
        {
            throw new CommandFailedException($"the agent of {path} cannot be ended: {e.Message}", e);
        }
    }

    private static async Task<int> UndoAsync(ParseResult given, AgentDirectory home, CancellationToken cancellationToken)
    {
        using var early = new EarlyLog(TimeProvider.System);
        using var engine = EngineOptions.OpenEngine(given);
        var bench = EngineOptions.OpenBench(engine, home, new ConsoleLog(), early);
        await bench.UndoAllAsync(cancellationToken);
        for (var attempt = 1; bench.Running.Length > 0 && attempt < Attempts; attempt++)
        {
            // The engine or the monitor may be about the container just now.
            await Task.Delay(Pause, TimeProvider.System, cancellationToken);
            await bench.UndoAllAsync(cancellationToken);
        }
        var isDone = bench.Running.Length == 0 && bench.Trouble is null;
        Console.WriteLine(isDone ? "halted, nothing is left" : $"{bench.Running.Length} faults are not undone: {bench.Trouble}");
        return isDone ? 0 : 1;
    }

    /// <summary>The agent that has the directory is ended: it undoes everything at its end.</summary>
    private static async Task<AgentDirectory> TakeAsync(string path, CancellationToken cancellationToken)
    {
        var isTold = false;
        while (true)
        {
            if (AgentDirectory.TryOpen(path) is { } home)
            {
                return home;
            }
            // One that has just begun may not have written down yet who it is; what is there then is of one that has ended.
            if (!isTold && AgentDirectory.Owner(path) is { } agent && Processes.Signal(agent, Processes.Terminate))
            {
                Console.WriteLine($"ending the agent, process {agent.Pid}");
                isTold = true;
            }
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, cancellationToken);
        }
    }

    private sealed class ConsoleLog : IFaultLog
    {
        public void Begun(Lease lease, DateTimeOffset at) { }

        public void Ended(Lease lease, DateTimeOffset at, string? why) => Console.WriteLine($"{lease.Kind} of {lease.Container}: {why ?? "undone"}");
    }
}
