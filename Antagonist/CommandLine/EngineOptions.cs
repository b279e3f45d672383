using System.CommandLine;
using HmsOrleans.Antagonist.Engine;
using HmsOrleans.Antagonist.Faults;
using HmsOrleans.Antagonist.Leases;
using Microsoft.Extensions.Logging;

namespace HmsOrleans.Antagonist.CommandLine;

/// <summary>What the commands that touch this machine's containers have in common.</summary>
internal static class EngineOptions
{
    public static readonly Option<string> Endpoint = new("--engine")
    {
        Description = "Socket of the Docker engine.",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("DOCKER_HOST") ?? "unix:///var/run/docker.sock",
    };

    public static readonly Option<string> Directory = new("--data")
    {
        Description = "Directory where it is written down what has to be undone.",
        DefaultValueFactory = _ => Environment.IsPrivilegedProcess
            ? "/var/lib/hms-antagonist"
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), "hms-antagonist"),
    };

    static EngineOptions() => Endpoint.Validators.Add(result =>
    {
        if (!Uri.TryCreate(result.GetValueOrDefault<string>(), UriKind.Absolute, out var endpoint) || endpoint.Scheme != "unix" || endpoint.AbsolutePath.Length < 2)
        {
            result.AddError($"--engine (or DOCKER_HOST) is '{result.GetValueOrDefault<string>()}'; it must be the socket of an engine on this machine, as unix:///var/run/docker.sock");
        }
    });

    /// <summary>The bench of an engine. It is put together by hand: what an earlier agent has left is not to wait for more.</summary>
    public static FaultBench OpenBench(AttackEngine engine, AgentDirectory home, IFaultLog log, ILoggerFactory logs, HostPrograms? hostPrograms = null) =>
        new(engine, new LeaseBook(home.Leases, logs.CreateLogger<LeaseBook>()), log, TimeProvider.System, logs.CreateLogger<FaultBench>(), hostPrograms);

    /// <summary>The engine that is meant.</summary>
    public static AttackEngine OpenEngine(ParseResult given) => new(new Uri(given.GetValue(Endpoint)!));
}
