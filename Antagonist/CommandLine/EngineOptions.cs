using System.CommandLine;
using HmsOrleans.Antagonist.Engine;
using HmsOrleans.Antagonist.Faults;
using HmsOrleans.Antagonist.Leases;
using Microsoft.Extensions.DependencyInjection;
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

    /// <summary>The bench and what it needs, but for its log.</summary>
    public static void AddBench(this IServiceCollection services, string endpoint, string leases) => services
        .AddSingleton(_ => new AttackEngine(new Uri(endpoint)))
        .AddSingleton(provider => new LeaseBook(leases, provider.GetRequiredService<ILogger<LeaseBook>>()))
        .AddSingleton(provider => new FaultBench(
            provider.GetRequiredService<AttackEngine>(), provider.GetRequiredService<LeaseBook>(), provider.GetRequiredService<IFaultLog>(),
            provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<FaultBench>>(), provider.GetService<HostPrograms>()));
}
