using System.Net;
using HmsOrleans.Grains.Health;
using HmsOrleans.Grains.Probing;
using HmsOrleans.Silo.Icmp;

namespace HmsOrleans.Tests.Icmp;

/// <summary>Turns a plan as the prober's loop does, in a time and on a network of its own making.</summary>
internal sealed class PlanDriver
{
    internal static readonly DateTimeOffset Origin = new(2025, 1, 1, 0, 0, 0, TimeSpan.Zero);
    internal static readonly TimeSpan RoundTrip = TimeSpan.FromMicroseconds(50);
    internal static readonly ProbeTarget Web = new("web", IPAddress.Parse("10.99.0.2"), 24, 60);

    private readonly List<(TimeSpan At, ushort Sequence, EchoAddress From)> _answers = [];
    private TimeSpan? _due = TimeSpan.Zero;

    internal PlanDriver(ProbeOptions? options = null)
        => Plan = new ProbePlan(options ?? new ProbeOptions(), _ => HostTrouble);

    internal ProbePlan Plan { get; }

    internal TimeSpan Now { get; private set; }

    internal Moment Moment => new(Now, Origin + Now);

    internal string? HostTrouble { get; set; }

    /// <summary>Whether a probe sent now is answered.</summary>
    internal Func<EchoRequest, bool> Answers { get; set; } = _ => true;

    /// <summary>The kernel's error for a probe; 0: it leaves.</summary>
    internal int SendError { get; set; }

    /// <summary>When probes were sent, in milliseconds.</summary>
    internal List<double> SentAt { get; } = [];

    internal List<ProbeReport> Reports { get; } = [];

    internal IEnumerable<ProbeReport.Window> Windows => Reports.OfType<ProbeReport.Window>();

    internal IEnumerable<ProbeReport.Window> Lossy
        => Windows.Where(window => LossWindow.Judge(window.Sent, window.Lost, 20, Web.Threshold) == LossVerdict.Lossy);

    internal IEnumerable<ProbeReport.Blind> Blind => Reports.OfType<ProbeReport.Blind>();

    internal static DateTimeOffset Wall(double milliseconds) => Origin + TimeSpan.FromMilliseconds(milliseconds);

    internal PlanDriver Watch(ProbeTarget target)
    {
        Plan.Watch(target, Now);
        _due = Now;
        return this;
    }

    /// <summary>Lets time pass, with a turn whenever one is due or an answer arrives.</summary>
    internal void RunTo(double milliseconds)
    {
        var until = TimeSpan.FromMilliseconds(milliseconds);
        while (Next() is { } next && next <= until)
        {
            Now = next > Now ? next : Now;
            Turn();
        }
        Now = until;
    }

    /// <summary>Lets time pass without a turn, then takes one.</summary>
    internal void OversleepTo(double milliseconds)
    {
        Now = TimeSpan.FromMilliseconds(milliseconds);
        Turn();
    }

    private TimeSpan? Next()
    {
        var next = _due;
        foreach (var (at, _, _) in _answers)
        {
            next = next is null || at < next ? at : next;
        }
        return next;
    }

    private void Turn()
    {
        foreach (var (at, sequence, from) in _answers.Where(answer => answer.At <= Now))
        {
            Plan.Answered(sequence, from, at, Moment);
        }
        _answers.RemoveAll(answer => answer.At <= Now);
        Plan.Begin(Moment);
        foreach (var request in Plan.Requests)
        {
            Send(request);
        }
        _due = Plan.End(Moment);
        Reports.AddRange(Plan.Reports);
        Plan.Reports.Clear();
    }

    private void Send(EchoRequest request)
    {
        if (SendError is Libc.Errors.TryAgain or Libc.Errors.NoBuffers)
        {
            Plan.Postponed(request.Sequence, Moment);
            return;
        }
        SentAt.Add(Now.TotalMilliseconds);
        if (SendError != 0)
        {
            Plan.Failed(request.Sequence, SendError, Moment);
            return;
        }
        Plan.Sent(request.Sequence, Now, Now);
        if (Answers(request))
        {
            _answers.Add((Now + RoundTrip, request.Sequence, request.To));
        }
    }
}
