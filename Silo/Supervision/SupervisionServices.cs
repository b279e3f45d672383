using System.Globalization;
using HmsOrleans.Grains.Probing;
using HmsOrleans.Silo.Cluster;
using HmsOrleans.Silo.Icmp;
using Microsoft.Extensions.Hosting.Systemd;

namespace HmsOrleans.Silo.Supervision;

/// <summary>What a supervisor is told, as its environment asks for: <c>NOTIFY_SOCKET</c> and <c>WATCHDOG_USEC</c>, as systemd sets them.</summary>
internal static class SupervisionServices
{
    public static void AddSupervision(this IServiceCollection services)
    {
        services.AddSingleton<FactsTaken>();
        var systemd = new SystemdNotifier();
        if (systemd.IsEnabled)
        {
            // Not AddSystemd: it would also take our log's form away, and in every child process of some unit.
            services.AddSingleton<ISystemdNotifier>(systemd);
            services.AddSingleton<IHostLifetime, SystemdLifetime>();
        }
        if (Limit(Environment.GetEnvironmentVariable) is { } limit)
        {
            services.AddHostedService(provider => new Watchdog(
                limit,
                Look(provider.GetRequiredService<FactsTaken>(), provider.GetRequiredService<IProber>()),
                alive: () => systemd.Notify(new ServiceState("WATCHDOG=1")), // heard by nobody where there is no systemd
                giveUp: () => EndUnless(systemd.IsEnabled),
                provider.GetRequiredService<IHostApplicationLifetime>(),
                provider.GetRequiredService<TimeProvider>(),
                provider.GetRequiredService<ILogger<Watchdog>>()));
        }
    }

    /// <summary>The time without a sign of life that the supervisor grants; null: it wants none, or from another process.</summary>
    internal static TimeSpan? Limit(Func<string, string?> environment) =>
        (environment("WATCHDOG_PID") ?? Text(Environment.ProcessId)) == Text(Environment.ProcessId)
        && long.TryParse(environment("WATCHDOG_USEC"), NumberStyles.None, CultureInfo.InvariantCulture, out var microseconds) && microseconds > 0
            ? TimeSpan.FromMicroseconds(microseconds)
            : null;

    private static Func<Progress> Look(FactsTaken facts, IProber prober) =>
        () => new(facts.Count, prober is IcmpProber { Status.Mode: not ProberMode.Off } icmp ? icmp.Turns : null);

    /// <summary>Ends the process, unless the supervisor has seen by itself that it gives no sign of life.</summary>
    private static void EndUnless(bool seen)
    {
        if (!seen)
        {
            Environment.Exit(ExitCodes.LostItsPlace);
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
