using System.Collections.Immutable;
using HmsOrleans.Grains.Containers;
using HmsOrleans.Grains.Engine;
using HmsOrleans.Grains.Health;
using HmsOrleans.Grains.Incidents;

namespace HmsOrleans.Tests.Incidents;

/// <summary>Tells a container facts, as its host would, and follows what becomes of them. Every fact comes a millisecond after the one before.</summary>
internal sealed class IncidentStory
{
    private const string Home = "172.17.0.3";

    private readonly List<Incident> _revisions = [];
    private ContainerHealth _health = ContainerHealth.Fresh;
    private EngineContainer _engine;

    public IncidentStory(HealthPolicy? policy = null, Func<EngineContainer, EngineContainer>? container = null)
    {
        Policy = policy ?? new();
        var engine = new EngineContainer
        {
            Id = new('a', 64),
            Name = "web",
            Image = "nginx",
            State = ContainerState.Running,
            StartedAt = SampleIncidents.Noon,
            NetworkMode = "bridge",
        };
        _engine = container?.Invoke(engine) ?? engine;
        Now = SampleIncidents.Noon.AddHours(1);
    }

    public DateTimeOffset Now { get; private set; }

    public HealthPolicy Policy { get; set; }

    public IncidentTrail Trail { get; set; } = IncidentTrail.Empty;

    /// <summary>The incidents as they are now, oldest first.</summary>
    public IReadOnlyList<Incident> Incidents => [.. _revisions.GroupBy(incident => incident.Id).Select(revisions => revisions.Last())];

    public Incident Last => Incidents[^1];

    public HealthState State => _health.State;

    /// <summary>One that has been well for an hour.</summary>
    public static IncidentStory OfHealthy(HealthPolicy? policy = null, Func<EngineContainer, EngineContainer>? container = null) => new IncidentStory(policy, container).Seen();

    public IncidentStory After(double seconds)
    {
        Now = Now.AddSeconds(seconds);
        return this;
    }

    public IncidentStory Seen() => Tell(new Observation.Seen(Now, _engine));

    /// <summary>Taken off its network.</summary>
    public IncidentStory Disconnected()
    {
        var network = _engine.Networks[0].Network;
        _engine = _engine with { Networks = [] };
        return Tell(new Observation.Disconnected(Now, network));
    }

    public IncidentStory Connected(NetworkSeat seat)
    {
        _engine = _engine with { Networks = [seat] };
        return Seen();
    }

    public IncidentStory Killed(int exitCode = 137) => Tell(new Observation.Signalled(Now, 9)).Died(exitCode);

    public IncidentStory Died(int exitCode = 1)
    {
        _engine = _engine with { State = ContainerState.Exited, ExitCode = exitCode, FinishedAt = Now };
        return Tell(new Observation.Died(Now, exitCode));
    }

    /// <summary>It is found dead by somebody who has not seen it die.</summary>
    public IncidentStory FoundDead(DateTimeOffset finishedAt)
    {
        _engine = _engine with { State = ContainerState.Exited, ExitCode = 1, FinishedAt = finishedAt };
        return Seen();
    }

    public IncidentStory Started()
    {
        _engine = _engine with { State = ContainerState.Running, StartedAt = Now };
        return Tell(new Observation.Started(Now));
    }

    /// <summary>The engine has carried out the order; the container runs since half a second ago.</summary>
    public IncidentStory Healed()
    {
        _engine = _engine with { State = ContainerState.Running, StartedAt = Now };
        After(0.5);
        return Tell(new Observation.Seen(Now, _engine), new Observation.RestartEnded(Now, _health.Attempt, RestartOutcome.Done));
    }

    public IncidentStory Ended(RestartOutcome outcome, string? detail = null) => Tell(new Observation.RestartEnded(Now, _health.Attempt, outcome, detail));

    /// <summary>A burst of probes within the last 0.3 s.</summary>
    public IncidentStory Probed(int lost) => Tell(new Observation.Probed(Now, Now.AddSeconds(-0.3), Home, 20, lost, null));

    public IncidentStory Tick(double after = 0) => After(after).Tell(new Observation.Ticked(Now));

    public IncidentStory Tell(params Observation[] facts)
    {
        var (action, changes) = (HealthAction.None, ImmutableArray.CreateBuilder<HealthChange>());
        foreach (var fact in facts)
        {
            var decision = HealthMachine.Decide(_health, fact, Policy);
            action = decision.Action == HealthAction.None ? action : decision.Action;
            _health = decision.Next;
        }
        var report = new ContainerReport(
            ContainerSentence.View("10.0.0.1", _health, Policy), action, _health.Attempt, null, 0, _health.Container, _health.State == HealthState.Gone, changes.ToImmutable(), _health.Recovering);
        Now = Now.AddMilliseconds(1);
        (Trail, var changed) = IncidentLog.Follow(Trail, "10.0.0.1", [.. facts], report, Now);
        foreach (var incident in changed)
        {
            Xunit.Assert.Equal(_revisions.LastOrDefault(known => known.Id == incident.Id)?.Revision + 1 ?? 1, incident.Revision);
            _revisions.Add(incident);
        }
        return this;
    }

    /// <summary>The node is killed and comes back after a while: of the container it knows nothing but what it has written down.</summary>
    public IncidentStory NodeRestarts(double after)
    {
        After(after);
        _health = ContainerHealth.Fresh;
        Policy = Policy with { Adopted = true };
        Trail = IncidentLog.Resume(Last, Now);
        return this;
    }
}
