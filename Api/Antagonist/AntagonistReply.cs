using System.Collections.Immutable;
using HmsOrleans.Grains.Antagonist;

namespace HmsOrleans.Api.Antagonist;

/// <summary>The antagonist on one host.</summary>
/// <param name="Address">The host's address.</param>
/// <param name="State">What it does.</param>
/// <param name="Reason">Where it cannot be steered: why, and what to do; else null.</param>
/// <param name="Since">Since when it has the present order (UTC); null when there was none.</param>
/// <param name="Scenario">How it attacks, or would.</param>
/// <param name="Agent">The program that attacks; null when none reports.</param>
/// <param name="Faults">What it has caused and not undone.</param>
public sealed record AntagonistReply(
    string Address, AntagonistState State, string? Reason, DateTimeOffset? Since, AttackScenario? Scenario, AgentReply? Agent, ImmutableArray<RunningFault> Faults)
{
    internal static AntagonistReply From(AntagonistView view) => new(
        view.Host,
        (view.Agent, view.Order.IsRunning) switch
        {
            (null, _) => AntagonistState.Missing,
            ({ } agent, true) => agent.Order.Revision == view.Order.Revision ? AntagonistState.Running : AntagonistState.Starting,
            (_, false) => view.IsHalted ? AntagonistState.Off : AntagonistState.Halting,
        },
        view.Agent is null ? AntagonistCalls.HowToStart(view.Host) : view.Agent.Trouble,
        view.Order.Revision > 0 ? view.Order.Since : null,
        view.Order.Scenario,
        AgentReply.From(view.Agent),
        view.Agent?.Faults ?? []);

    internal static AntagonistReply Unknown(string host, string reason) => new(host, AntagonistState.Unknown, reason, null, null, null, []);
}

/// <summary>What the antagonist of a host does.</summary>
public enum AntagonistState
{
    /// <summary>The host does not answer.</summary>
    Unknown,

    /// <summary>No agent reports from the host.</summary>
    Missing,

    /// <summary>It leaves all alone, and nothing of it is left.</summary>
    Off,

    /// <summary>It is about to begin.</summary>
    Starting,

    /// <summary>It attacks.</summary>
    Running,

    /// <summary>It is undoing what it has done.</summary>
    Halting,
}

/// <summary>The program on a host that attacks its containers.</summary>
/// <param name="Started">When it started (UTC).</param>
/// <param name="Abilities">What it can do there.</param>
/// <param name="LossBackend">How it drops packets; null when it cannot.</param>
/// <param name="MaxShare">Percent of the host's containers that it attacks at once, at most.</param>
/// <param name="DryRun">It only says what it would do.</param>
public sealed record AgentReply(DateTimeOffset Started, ImmutableArray<AttackKind> Abilities, string? LossBackend, double MaxShare, bool DryRun)
{
    internal static AgentReply? From(AgentReport? report) =>
        report is null ? null : new(report.Started, report.Abilities, report.LossBackend, report.MaxShare, report.IsDryRun);
}
