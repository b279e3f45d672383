using System.Globalization;
using HmsOrleans.Grains.Engine;
using HmsOrleans.Grains.Health;

namespace HmsOrleans.Grains.Containers;

/// <summary>Says why a container is in its state and what comes next, as <see cref="HealthMachine"/> has it. Pure, like it.</summary>
internal static class ContainerReasons
{
    /// <summary>Null before the engine has described the container.</summary>
    public static ContainerExplanation? Explain(string host, ContainerHealth health, HealthPolicy policy, RuleSources sources, DateTimeOffset at)
    {
        if (ContainerSentence.View(host, health, policy) is not { } view)
        {
            return null;
        }
        var container = health.Container!;
        return new()
        {
            Host = host,
            Id = view.Id,
            Name = view.Name,
            At = at,
            Health = view.Health,
            Since = health.Since,
            Details = view.Details,
            Rule = Rule(health, container, policy, sources),
            Facts = Facts(health, container, view),
            Policy = Rules(health, policy, sources, at),
            Next = [.. Next(health, container, policy, sources, at)],
        };
    }

    private static ContainerFacts Facts(ContainerHealth health, EngineContainer container, ContainerView view) => new()
    {
        ContainerState = container.State,
        EngineSaidAt = health.LastFactAt,
        Silence = health.Silence,
        RunningSince = health.RunningSince,
        WellSince = health.WellSince,
        ExitCode = container.State is ContainerState.Exited or ContainerState.Restarting or ContainerState.Dead ? container.ExitCode : null,
        OutOfMemoryAt = health.OutOfMemoryAt,
        StopAskedAt = health.StopAskedAt,
        HealthCheck = container.HealthCheck,
        Probes = [.. health.Probes.Values.Select(probed => new ProbedAddress(
            probed.Address, probed.At, probed.Sent, probed.Lost, probed.RoundTrip is { } rtt ? Math.Round(rtt.TotalMilliseconds, 3) : null))],
        NotProbed = WhyNotProbed(health, container),
        Memory = health.Memory,
        LastFault = health.LastFault,
        Restarts = view.Restarts,
        EnginePolicy = container.RestartPolicy,
    };

    private static ContainerRules Rules(ContainerHealth health, HealthPolicy policy, RuleSources sources, DateTimeOffset at) => new()
    {
        Supervised = policy.Supervised,
        SupervisedBy = sources.Supervised,
        Threshold = policy.Threshold,
        ThresholdBy = sources.Threshold,
        Restart = policy.Restart,
        RestartBy = sources.Restart,
        ProbeCount = policy.ProbeCount,
        StartGrace = policy.StartGrace.TotalSeconds,
        RecoveredAfter = policy.RecoveredAfter.TotalSeconds,
        BackOff = policy.BackOff.TotalSeconds,
        MaxBackOff = policy.MaxBackOff.TotalSeconds,
        QuarantineAfter = policy.QuarantineAfter,
        QuarantineWindow = policy.QuarantineWindow.TotalSeconds,
        FailedRecoveries = FailedRecoveries(health, policy, at),
    };

    private static string Rule(ContainerHealth health, EngineContainer container, HealthPolicy policy, RuleSources sources) => health.State switch
    {
        HealthState.Ignored => sources.Supervised switch
        {
            RuleSource.Container => "A person put it on the ignored list: it is neither judged nor touched.",
            RuleSource.Label => "Its label (hms.enable or autoheal) opts it out: it is neither judged nor touched.",
            _ => "Its host is not under supervision: nothing there is judged or touched.",
        },
        _ when health.Silence is { } silence =>
            $"The engine does not answer ({silence}). That is no fault of its containers: nothing is concluded and nothing done. What it was before is kept: {Word(health.State)}.",
        _ when HealthMachine.AwaitsNetwork(health, policy) =>
            "It was taken off its network just now. Whoever moves a container from one network to another leaves it on none for a moment: that is no fault yet.",
        HealthState.Starting when container.HealthCheck == HealthCheck.Starting => "It runs, but its own health check has not passed yet: until it has, it does not count as healthy.",
        HealthState.Starting when health.Probes.Values.Any(probed => probed.Lost > 0) => $"It runs. Packet loss is not held against it for {Span(policy.StartGrace)} after its start.",
        HealthState.Starting => $"It runs. It counts as healthy when nothing speaks against it {Span(policy.StartGrace)} after its start; until then packet loss is not held against it.",
        HealthState.Healthy when health.PacketLoss > policy.Threshold => "It runs. Its last probes were lost; that is no proof of how it is now, and the next burst decides.",
        HealthState.Healthy when health.Recovering =>
            $"It runs again and {Answers(health, container)}. A recovery counts only after {Span(policy.RecoveredAfter)} of unbroken health, so that what led to it is not forgotten yet: {Fault(health)}.",
        HealthState.Healthy => $"It runs and {Answers(health, container)}: nothing speaks against it.",
        HealthState.Suspect when policy.Restart == RestartMode.Never =>
            $"{(health.OffNetworkSince is not null ? "It was taken off its network" : container.HealthCheck == HealthCheck.Unhealthy ? "Its own health check fails" : "It loses packets above its threshold")}, but its label hms.restart says never: it is watched and not touched.",
        HealthState.Suspect =>
            "A burst of probes was lost, but single ones were lost before, too: where there is noise, chance alone can do that. A second burst has to confirm it.",
        HealthState.Restarting when health.Asked =>
            $"A person asked for it, which waits for no fault and no back-off. {Order(health)} has been ordered, number {health.Attempt}; there is at most one at a time.",
        HealthState.Restarting =>
            $"{Fault(health)}: a fault is healed at once, unless it follows on a recovery that did not last. {Order(health)} has been ordered, number {health.Attempt}; there is at most one at a time.",
        HealthState.BackingOff when health.RetryAt is null =>
            $"It ended, and the engine restarts it under its own policy ({container.RestartPolicy}, {Times(container.EngineRestarts)} so far): a second start would be one too many.",
        HealthState.BackingOff =>
            $"{Fault(health)}, before it had been healthy for {Span(policy.RecoveredAfter)} since the last recovery. That makes {Count(health.Failures, "failed recovery", "failed recoveries")} in a row, after which the next attempt waits {Span(HealthMachine.BackOff(health.Failures, policy))}: {Span(policy.BackOff)}, doubled each time, at most {Span(policy.MaxBackOff)}.",
        HealthState.Quarantined =>
            $"{Fault(health)}, again and again: {Count(health.FailedAt.Length, "recovery", "recoveries")} failed within {Span(policy.QuarantineWindow)}. After {policy.QuarantineAfter} it is left to a person.",
        _ => Unjudged(health, container, policy),
    };

    private static string Unjudged(ContainerHealth health, EngineContainer container, HealthPolicy policy) => container.State switch
    {
        ContainerState.Paused => "It is paused: whoever did that wants it so, and a paused container is not judged.",
        ContainerState.Created => "It was created and never started: nobody misses it yet.",
        ContainerState.Removing => "The engine is removing it.",
        ContainerState.Dead => "The engine could not remove it; it can never run again.",
        ContainerState.Exited when !health.SeenRunning && !policy.Adopted => "It was already stopped when it was first seen: what has never been seen running is not missed.",
        ContainerState.Exited when container.AutoRemove => "It ended, and the engine removes it (docker run --rm).",
        ContainerState.Exited when policy.Restart == RestartMode.Never => "It ended, and its label hms.restart says never: it is watched and not touched.",
        ContainerState.Exited when policy.Restart == RestartMode.OnFailure => string.Create(CultureInfo.InvariantCulture,
            $"It ended with exit code {container.ExitCode}{(health.Excused ? " after somebody had asked for it" : "")}, and its label hms.restart says on-failure: only an end by itself with an exit code other than 0 is a fault."),
        _ => "An order for it was not carried out, or nothing has been seen of it since. The next fact decides.",
    };

    private static IEnumerable<ExpectedStep> Next(ContainerHealth health, EngineContainer container, HealthPolicy policy, RuleSources sources, DateTimeOffset at)
    {
        var due = HealthMachine.NextDeadline(health, policy);
        return health.State switch
        {
            HealthState.Ignored => [Some(sources.Supervised is RuleSource.Container or RuleSource.Label
                ? "nothing, until a person puts it under supervision" : "nothing, until its host is put under supervision")],
            _ when health.Silence is not null => [Some("judged again as soon as the engine answers; what has stopped meanwhile is started then")],
            _ when HealthMachine.AwaitsNetwork(health, policy) =>
                [new(due, policy.Restart == RestartMode.Never ? "left so, by its label hms.restart" : "connected again, if it is still on no network by then")],
            HealthState.Starting when container.HealthCheck == HealthCheck.Starting =>
                [Some("counts as healthy when its health check passes"), .. IfItFails(health, container, policy, at)],
            HealthState.Starting => [new(due, "counts as healthy, if nothing speaks against it by then"), .. IfItFails(health, container, policy, at)],
            HealthState.Healthy when health.Recovering =>
                [new(due, "counts as recovered, and earlier failures are forgotten, if nothing speaks against it until then"), .. IfItFails(health, container, policy, at)],
            HealthState.Healthy => IfItFails(health, container, policy, at),
            HealthState.Suspect when policy.Restart == RestartMode.Never => [Some("nothing; counts as healthy when nothing speaks against it any more")],
            HealthState.Suspect => [Some($"restarted, if the next burst loses more than {Percent(policy.Threshold)}, too"), Some("counts as healthy again, if it answers")],
            HealthState.Restarting =>
                [Some(health.Ordered == HealthAction.Connect ? "the engine gives it its networks back, and it goes on running" : health.IsRunning ? "the engine stops it as it wishes to be stopped, and starts it" : "the engine starts it"),
                    Some($"then it has {Span(policy.StartGrace)} to come up, and {(health.Recovering ? $"{Span(policy.RecoveredAfter)} of unbroken health make a recovery of it" : "counts as healthy again")}"), .. IfItFails(health, container, policy, at)],
            HealthState.BackingOff when health.RetryAt is null =>
                [Some("the engine restarts it"), Some("if the engine gives up, it is started at once")],
            HealthState.BackingOff => [new(health.RetryAt, WhenDue(health, container, policy)), .. Quarantine(health, policy, at)],
            HealthState.Quarantined when due is not null => [new(due, "counts as healthy again, if nothing speaks against it until then"), Some("no attempt to heal it, until a person puts it under supervision")],
            HealthState.Quarantined => [Some("nothing, until a person puts it under supervision"), Some($"if it comes to be healthy for {Span(policy.RecoveredAfter)} all the same, it counts as such")],
            _ => Unjudged(container, policy),
        };
    }

    private static IEnumerable<ExpectedStep> Unjudged(EngineContainer container, HealthPolicy policy) => container.State switch
    {
        ContainerState.Paused => [Some("judged again when it is resumed")],
        ContainerState.Removing => [Some("gone when the engine has removed it")],
        ContainerState.Dead => [Some("nothing, until a person removes it")],
        ContainerState.Exited when container.AutoRemove => [Some("gone when the engine has removed it")],
        ContainerState.Exited when policy.Restart == RestartMode.Never => [Some("nothing, until somebody starts it")],
        ContainerState.Created or ContainerState.Exited => [Some("nothing, until somebody starts it or puts it under supervision")],
        _ => [Some("judged with the next word of the engine or the next probe")],
    };

    /// <summary>What the end of a back-off brings.</summary>
    private static string WhenDue(ContainerHealth health, EngineContainer container, HealthPolicy policy) => health switch
    {
        { IsRunning: false } => "started again",
        { OffNetworkSince: not null } => "connected to its networks again, if nobody has done so before",
        _ when container.HealthCheck == HealthCheck.Unhealthy => "restarted, if its health check still fails",
        _ => $"restarted, if it still loses more than {Percent(policy.Threshold)}; if it answers before, it is not",
    };

    /// <summary>What would be done about a fault from here on.</summary>
    private static IEnumerable<ExpectedStep> IfItFails(ContainerHealth health, EngineContainer container, HealthPolicy policy, DateTimeOffset at)
    {
        if (policy.Restart == RestartMode.Never)
        {
            return [Some("whatever happens, it is not touched: its label hms.restart says never")];
        }
        var steps = new List<string>
        {
            container.AutoRemove ? "if it stops, the engine removes it"
            : policy.Restart == RestartMode.OnFailure ? $"if it ends by itself with an exit code other than 0, {Heal("started", health, policy, at)}"
            : health.Recovering ? $"if it is stopped, it is started at once; if it dies by itself, {Heal("started", health, policy, at)}"
            : "if it stops, whoever did it, it is started at once",
        };
        if (policy.Threshold < 100 && WhyNotProbed(health, container) is null)
        {
            steps.Add($"if it loses more than {Percent(policy.Threshold)} of a burst of {policy.ProbeCount} probes, {Heal("restarted", health, policy, at)}");
        }
        if (container.HealthCheck != HealthCheck.None)
        {
            steps.Add($"if its health check fails, {Heal("restarted", health, policy, at)}");
        }
        return steps.Select(Some);
    }

    private static string Heal(string done, ContainerHealth health, HealthPolicy policy, DateTimeOffset at) =>
        !health.Recovering ? $"it is {done} at once"
        : FailedRecoveries(health, policy, at) + 1 >= policy.QuarantineAfter ? "it is left to a person"
        : $"it is {done} after {Span(HealthMachine.BackOff(health.Failures + 1, policy))}";

    private static IEnumerable<ExpectedStep> Quarantine(ContainerHealth health, HealthPolicy policy, DateTimeOffset at)
    {
        var left = policy.QuarantineAfter - FailedRecoveries(health, policy, at);
        return left <= 0 ? [] : [Some($"left to a person after {Count(left, "further failed recovery", "further failed recoveries")} within {Span(policy.QuarantineWindow)}")];
    }

    private static int FailedRecoveries(ContainerHealth health, HealthPolicy policy, DateTimeOffset at) =>
        health.FailedAt.Count(failed => failed > at - policy.QuarantineWindow);

    private static string? WhyNotProbed(ContainerHealth health, EngineContainer container) =>
        container.State != ContainerState.Running ? null
        : health.NotProbed ?? (!container.Addresses.IsEmpty ? null : container is { HasOwnNetwork: true, Networks: [] } ? "it is on no network" : $"network {container.NetworkMode} gives it no address");

    private static string Answers(ContainerHealth health, EngineContainer container)
    {
        var probes = WhyNotProbed(health, container) is { } reason ? $"is not probed ({reason})" : health.Probes.IsEmpty ? "has not been probed yet" : "answers its probes";
        return container.HealthCheck == HealthCheck.Healthy ? $"{probes}, its health check passes" : probes;
    }

    private static string Fault(ContainerHealth health) =>
        health.LastFault is { } fault ? $"It {ContainerSentence.Of(fault.Cause)} ({fault.Evidence})" : "It ended";

    private static string Order(ContainerHealth health) => health.Ordered switch
    {
        HealthAction.Connect => "That it is connected again",
        _ when health.IsRunning => "A restart",
        _ => "A start",
    };

    private static string Word(HealthState state) => state switch
    {
        HealthState.BackingOff => "backing off",
        _ => state.ToString().ToLowerInvariant(),
    };

    private static ExpectedStep Some(string text) => new(null, text);

    private static string Percent(double percent) => string.Create(CultureInfo.InvariantCulture, $"{percent:0.#####} %");

    private static string Times(int count) => count == 1 ? "once" : string.Create(CultureInfo.InvariantCulture, $"{count} times");

    private static string Count(int count, string one, string many) => string.Create(CultureInfo.InvariantCulture, $"{count} {(count == 1 ? one : many)}");

    private static string Span(TimeSpan span) => span switch
    {
        { TotalSeconds: < 120 } => string.Create(CultureInfo.InvariantCulture, $"{span.TotalSeconds:0.###} s"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{span.TotalMinutes:0.#} min"),
    };
}
