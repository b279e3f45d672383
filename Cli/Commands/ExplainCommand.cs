using System.CommandLine;
using HmsOrleans.Cli.Client;
using HmsOrleans.Cli.Output;

namespace HmsOrleans.Cli.Commands;

/// <summary><c>explain</c>: says why a container is in its state.</summary>
internal static class ExplainCommand
{
    private static readonly Argument<string> OfContainer = Names.Container();

    public static Command Create(Terminal terminal) =>
        new Command("explain", "Says why a container is in its state: the facts, the rule, what holds for it, and what happens next.") { OfContainer }.Runs(terminal, RunAsync);

    private static async Task RunAsync(Call call, CancellationToken cancellationToken)
    {
        var container = await call.FindAsync(call.Given.GetValue(OfContainer)!, cancellationToken);
        var answer = await call.Api.GetAsync(Call.PathOf(container, "explanation"), ApiJson.Default.Explanation, cancellationToken);
        if (call.IsJson)
        {
            call.Json(answer.Json);
            return;
        }
        var (why, page) = (answer.Value, new Page(call.Terminal));
        page.Title(why.Name, $"on {why.Host}: ", why.Health, Tones.OfHealth(why.Health), $" for {Words.Span(why.At - why.Since)}, since {Words.Time(why.Since)} UTC");
        page.Text(why.Details);
        page.Section("Why");
        page.Text(why.Rule);
        page.Section("Facts");
        page.Facts(Facts(why));
        page.Section("What holds");
        page.Facts(Policy(why.Policy));
        page.Section("What happens next");
        page.Facts(why.Next.Select(step => (step.At is { } at ? $"{Words.TimeOfDay(at)}, {(at > why.At ? $"in {Words.Span(at - why.At)}" : "now")}" : "", (string?)step.Text)));
    }

    private static IEnumerable<(string, string?)> Facts(Explanation why)
    {
        var facts = why.Facts;
        string? At(DateTimeOffset? at) => at is { } given ? $"{Words.Time(given)} UTC, {Words.Ago(given, why.At)}" : null;
        return
        [
            ("engine", facts.Silence is { } silence ? $"silent: {silence}" : $"says {facts.ContainerState}, last heard of it {At(facts.EngineSaidAt)}"),
            ("running since", At(facts.RunningSince)),
            ("well since", At(facts.WellSince)),
            ("exit code", facts.ExitCode is { } code ? Words.Number(code) : null),
            ("stop asked", At(facts.StopAskedAt)),
            ("out of memory", At(facts.OutOfMemoryAt)),
            ("health check", facts.HealthCheck == "none" ? null : facts.HealthCheck),
            .. facts.Probes.Select(probe => ($"probes", (string?)$"{probe.Lost} of {probe.Sent} lost to {probe.Address}, {(probe.Rtt is null ? "" : $"{Words.Milliseconds(probe.Rtt)}, ")}{Words.Ago(probe.At, why.At)}")),
            ("not probed", facts.NotProbed),
            ("memory", facts.Memory is null ? null : Words.Bytes(facts.Memory)),
            ("last fault", facts.LastFault is { } fault ? $"{fault.Cause} ({fault.Evidence}), {At(fault.At)}" : null),
            ("restarts", $"{facts.Restarts} since the node came up"),
        ];
    }

    private static IEnumerable<(string, string?)> Policy(Policy policy) =>
    [
        ("supervised", $"{(policy.Supervised ? "yes" : "no")} ({Source(policy.SupervisedBy)})"),
        ("threshold", $"{Words.Percent(policy.Threshold)} of {policy.ProbeCount} probes ({Source(policy.ThresholdBy)})"),
        ("restarts", $"{policy.Restart} ({Source(policy.RestartBy)})"),
        ("start grace", Words.Span(policy.StartGrace)),
        ("recovered after", $"{Words.Span(policy.RecoveredAfter)} of unbroken health"),
        ("back-off", $"{Words.Span(policy.BackOff)}, doubled by each failed recovery, at most {Words.Span(policy.MaxBackOff)}"),
        ("quarantine", $"after {policy.QuarantineAfter} failed recoveries within {Words.Span(policy.QuarantineWindow)}; {policy.FailedRecoveries} so far"),
    ];

    private static string Source(string source) => source switch
    {
        "container" => "set for it by hand",
        "label" => "its label",
        "host" => "set for its host",
        "fleet" => "set for the fleet",
        _ => "default",
    };
}
