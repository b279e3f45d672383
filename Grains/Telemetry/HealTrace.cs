using System.Diagnostics;
using HmsOrleans.Grains.Containers;
using HmsOrleans.Grains.Health;

namespace HmsOrleans.Grains.Telemetry;

/// <summary>The trace of one healing: from the fault through the order and the engine's work until the container runs again.</summary>
internal static class HealTrace
{
    /// <summary>Begins with the fault, which is before this is called. Null while nobody listens.</summary>
    public static Activity? Begin(string host, string container, ContainerReport report, Fault? fault, DateTimeOffset orderedAt)
    {
        var activity = Telemetry.Source.StartActivity("heal", ActivityKind.Internal, default(ActivityContext), startTime: fault?.At ?? orderedAt);
        if (activity is { IsAllDataRequested: true })
        {
            activity.SetTag("hms.host", host).SetTag("hms.container", container).SetTag("hms.attempt", report.Attempt)
                .SetTag("hms.action", Telemetry.Word(report.Action)).SetTag("hms.cause", fault is null ? "asked" : Telemetry.Word(fault.Cause)).SetTag("hms.evidence", fault?.Evidence)
                .AddEvent(new("ordered", orderedAt));
        }
        return activity;
    }

    public static void End(Activity? activity, Observation.RestartEnded ended)
    {
        activity?.SetTag("hms.outcome", Telemetry.Word(ended.Outcome));
        if (ended.Outcome is RestartOutcome.Refused or RestartOutcome.Unanswered)
        {
            activity?.SetStatus(ActivityStatusCode.Error, ended.Detail);
        }
        activity?.Stop();
    }
}
