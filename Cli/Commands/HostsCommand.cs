using System.CommandLine;
using HmsOrleans.Cli.Client;
using HmsOrleans.Cli.Output;

namespace HmsOrleans.Cli.Commands;

/// <summary><c>hosts</c>: lists hosts.</summary>
internal static class HostsCommand
{
    public static Command Create(Terminal terminal) => new Command("hosts", "Lists hosts and how they fare.").Runs(terminal, RunAsync);

    private static async Task RunAsync(Call call, CancellationToken cancellationToken)
    {
        var hosts = await call.Api.GetAsync("hosts", ApiJson.Default.HostSummaryArray, cancellationToken);
        if (call.IsJson)
        {
            call.Json(hosts.Json);
            return;
        }
        var now = Call.Now;
        call.Table(new Table<HostSummary>()
            .Text("HOST", host => host.Address, _ => Tone.Strong)
            .Text("STATE", host => host.State, host => host.State == Host.Offline ? Tone.Bad : Tone.Good)
            .Text("HEARD", host => host.LastHeartbeat is { } at ? Words.Ago(at, now) : "never")
            .Text("ENGINE", host => host.Status is null ? Words.Nothing : host.Status.Engine.Answers ? "answers" : "silent", host => host.Blind is null ? Tone.Plain : Tone.Bad)
            .Text("PROBES", host => host.Status?.Prober.Mode ?? Words.Nothing)
            .Figure("THRESHOLD", host => Words.Percent(host.Status?.Threshold))
            .Figure("CONTAINERS", host => Count(host.Containers?.Total))
            .Figure("HEALTHY", host => Count(host.Containers?.Healthy))
            .Figure("TROUBLE", host => Count(Troubled(host.Containers)), host => Troubled(host.Containers) > 0 ? Tone.Bad : Tone.Plain)
            .Text("DETAILS", Details), hosts.Value);
    }

    private static string Count(int? count) => count is { } given ? Words.Number(given) : Words.Nothing;

    private static int? Troubled(HealthCounts? counts) => counts is null ? null : counts.Suspect + counts.Restarting + counts.BackingOff + counts.Quarantined;

    /// <summary>What is not as it should be there.</summary>
    private static string Details(HostSummary host) => host.Status is not { } status ? "" : string.Join("; ", ((string?[])
    [
        status.Supervised ? null : "not under supervision",
        status.Engine.Silence is { } silence ? $"the engine is silent: {silence}" : null,
        status.Engine.NoEvents is { } refusal ? $"the engine tells no events: {refusal}" : null,
        status.Prober.Reason is { } reason ? $"packet loss is not measured: {reason}" : null,
        status.Storage.Saved ? null : $"settings are not saved: {status.Storage.Reason}",
        status.Ready || !status.Engine.Answers ? null : "starting",
    ]).OfType<string>());
}
