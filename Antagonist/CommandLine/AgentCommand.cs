using System.CommandLine;
using HmsOrleans.Antagonist.Agent;
using HmsOrleans.Antagonist.Cluster;
using HmsOrleans.Antagonist.Faults;
using HmsOrleans.Grains.Hosts;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace HmsOrleans.Antagonist.CommandLine;

/// <summary><c>agent</c>: attacks the containers of this machine when the cluster says so.</summary>
internal static class AgentCommand
{
    private static readonly Option<string> Host = new("--host")
    {
        Description = "Address of this host, as its node bears it (Hms:Host:Address).",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("Hms__Host__Address") ?? "",
    };

    private static readonly Option<double> MaxShare = new("--max-share")
    {
        Description = "Percent of the host's containers that are attacked at once, at most. One always may be.",
        DefaultValueFactory = _ => 50,
        CustomParser = result => Numbers.Read("--max-share", result, value => value is > 0 and <= 100, "a number above 0 and up to 100 (percent)") ?? 0,
    };

    private static readonly Option<bool> DryRun = new("--dry-run") { Description = "Say what would be done, and do nothing." };

    private static readonly Option<string[]> Lab = new("--lab")
    {
        Description = "Permits faults of the host itself (killSilo, killEngine, cutHost), for labs: the files with the process ids of node and engine, and the interface to the others.",
        Arity = new(3, 3),
        AllowMultipleArgumentsPerToken = true,
        HelpName = "silo.pid> <docker.pid> <interface",
    };

    static AgentCommand()
    {
        Host.Validators.Add(result =>
        {
            var given = result.GetValueOrDefault<string>();
            if (HostAddress.Parse(given) is null)
            {
                result.AddError(given.Length > 0
                    ? $"--host is '{given}'; it must be an IP address or a host name"
                    : "--host is missing: give the address of this host, as GET /hosts lists it");
            }
        });
    }

    public static Command Create()
    {
        var command = new Command("agent", $"""
            Attacks the containers of this host when it is told to (PUT /test, or the commands over RabbitMQ), and undoes what it did when it
            is told to halt, when a fault's time is over, and when it ends. Needs root for all but stopping, killing, pausing and disconnecting.
            Containers that are not under supervision or have the label {Attacker.DenyLabel}=deny are left alone.
            """)
        { Host, MaxShare, DryRun, Lab, EngineOptions.Endpoint, EngineOptions.Directory };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult given, CancellationToken cancellationToken)
    {
        ThreadPool.SetMinThreads(32, 32);
        using var home = await AgentDirectory.OpenAsync(given.GetValue(EngineOptions.Directory)!, cancellationToken);
        // By itself and first: whatever is wrong with the settings of the cluster or the way to it, what was left is undone.
        using var early = new EarlyLog(TimeProvider.System);
        using var engine = EngineOptions.OpenEngine(given);
        var log = new AttackLog(TimeProvider.System, early.CreateLogger<AttackLog>());
        var hostPrograms = given.GetValue(Lab) is [var silo, var docker, var network] ? new HostPrograms(silo, docker, network) : null;
        var bench = EngineOptions.OpenBench(engine, home, log, early, hostPrograms);
        if (bench.Running is { Length: > 0 } left)
        {
            Console.WriteLine($"undoing {left.Length} faults that an earlier agent left");
            await bench.UndoAllAsync(cancellationToken);
        }
        await bench.ProbeAsync(cancellationToken);
        Console.WriteLine($"can {string.Join(", ", bench.Abilities.Select(ability => ability.ToString().ToLowerInvariant()))}{(bench.LossBackend is { } backend ? $" (packets by {backend})" : "")}{(bench.Missing is { } missing ? $"; not the rest: {missing}" : "")}");
        var builder = ClusterConnection.CreateBuilder();
        builder.Services.AddSingleton(engine).AddSingleton(bench).AddSingleton(log);
        await AddAgentAsync(builder, given, home, cancellationToken);
        using var app = builder.Build();
        early.Follow(app.Services.GetRequiredService<ILoggerFactory>());
        await app.RunAsync(cancellationToken);
        return 0;
    }

    private static async Task AddAgentAsync(HostApplicationBuilder builder, ParseResult given, AgentDirectory home, CancellationToken cancellationToken)
    {
        builder.Services.AddSingleton(new AgentOptions(HostAddress.Parse(given.GetValue(Host)!)!, given.GetValue(MaxShare), given.GetValue(DryRun), home.HaltedAt));
        builder.Services.AddSingleton<OwnContainer>();
        var lifelines = await Lifelines.FindAsync(builder.Configuration, cancellationToken);
        foreach (var unknown in lifelines.Unknown)
        {
            Console.WriteLine($"the address of {unknown} is not known: if it is a container of this host, give it the label {Attacker.DenyLabel}=deny");
        }
        builder.Services.AddSingleton(lifelines);
        // Before the cluster is sought: faults are undone without it, too.
        builder.Services.AddSingleton<FaultKeeper>().AddHostedService(services => services.GetRequiredService<FaultKeeper>());
        builder.AddCluster();
        builder.Services.AddHostedService<Attacker>();
    }
}
