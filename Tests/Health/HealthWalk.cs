using System.Net;
using CsCheck;
using HmsOrleans.Grains.Engine;
using HmsOrleans.Grains.Health;

namespace HmsOrleans.Tests.Health;

/// <summary>A random life of a container: facts true and false, in time, late, and twice, under rules that change.</summary>
/// <param name="Policy">The rules at its beginning; a step may switch supervision off and on.</param>
/// <param name="Container">What the engine first says of it.</param>
/// <param name="Steps">What happens.</param>
internal sealed record HealthWalk(HealthPolicy Policy, EngineContainer Container, HealthWalk.Step[] Steps)
{
    private static readonly DateTimeOffset _start = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly Gen<HealthPolicy> _policies = Gen.Select(
        Gen.Frequency((8, RestartMode.Always), (1, RestartMode.OnFailure), (1, RestartMode.Never)),
        Gen.OneOf(60.0, 60, 30, 0, 100),
        Gen.OneOf(0.0, 2, 2, 10),
        Gen.OneOf(1.0, 10, 10),
        Gen.OneOf((0.1, 60.0), (1, 60), (1, 60), (30, 30)),
        Gen.OneOf((1, 600.0), (3, 600), (3, 5), (10, 600)),
        Gen.Bool,
        (restart, threshold, grace, recovered, backOff, quarantine, adopted) => new HealthPolicy
        {
            Restart = restart,
            Threshold = threshold,
            StartGrace = TimeSpan.FromSeconds(grace),
            RecoveredAfter = TimeSpan.FromSeconds(recovered),
            BackOff = TimeSpan.FromSeconds(backOff.Item1),
            MaxBackOff = TimeSpan.FromSeconds(backOff.Item2),
            QuarantineAfter = quarantine.Item1,
            QuarantineWindow = TimeSpan.FromSeconds(quarantine.Item2),
            Adopted = adopted,
        });

    private static readonly Gen<EngineContainer> _containers = Gen.Select(
        Gen.OneOf(ContainerState.Running, ContainerState.Running, ContainerState.Running, ContainerState.Exited, ContainerState.Created, ContainerState.Paused),
        Gen.OneOf("no", "no", "no", "always", "on-failure"),
        Gen.OneOf(HealthCheck.None, HealthCheck.None, HealthCheck.Starting, HealthCheck.Healthy),
        Gen.Int[0, 9],
        (state, restartPolicy, check, rare) => new EngineContainer
        {
            Id = new('a', 64),
            Name = "web",
            Image = "nginx",
            State = state,
            StartedAt = state == ContainerState.Created ? null : _start.AddMinutes(-rare),
            HealthCheck = check,
            RestartPolicy = restartPolicy,
            AutoRemove = rare == 0,
            NetworkMode = rare == 1 ? "host" : "bridge",
            Addresses = [new("bridge", IPAddress.Parse(HealthStory.Home), 16), new("side", IPAddress.Parse(HealthStory.Side), 16)],
            Networks = [HealthStory.Seat("bridge")],
        });

    private static readonly Gen<Step> _steps = Gen.Select(
        Gen.Frequency(
            (16, Kind.Probed), (12, Kind.Carried), (9, Kind.Died), (7, Kind.Due), (6, Kind.Seen),
            (5, Kind.Started), (5, Kind.Ticked), (4, Kind.Signalled), (4, Kind.Checked), (3, Kind.Paused),
            (4, Kind.Resumed), (2, Kind.NotProbed), (2, Kind.Ended), (2, Kind.Silenced), (2, Kind.Repeated),
            (1, Kind.OutOfMemory), (1, Kind.Measured), (1, Kind.Adopted), (1, Kind.Supervised), (1, Kind.Changed),
            (1, Kind.Removed), (1, Kind.Asked), (3, Kind.Disconnected), (1, Kind.Connected)),
        Gen.OneOf(1, 1, 50, 250, 250, 1000, 3000, 11_000, 61_000),
        Gen.Frequency((27, 0), (1, 100), (1, 2000), (1, 20_000)),
        Gen.Int[0, 999],
        (kind, wait, late, choice) => new Step(kind, wait, late, choice));

    public static Gen<HealthWalk> Any { get; } = Gen.Select(_policies, _containers, _steps.Array[1, 80], (policy, container, steps) => new HealthWalk(policy, container, steps));

    public enum Kind
    {
        Seen,
        Changed,
        Started,
        Died,
        Signalled,
        Paused,
        Resumed,
        Disconnected,

        /// <summary>A description shows it on its network again.</summary>
        Connected,
        OutOfMemory,
        Checked,
        Removed,
        Silenced,
        Probed,
        NotProbed,
        Measured,
        Adopted,
        Ticked,

        /// <summary>Time passes until the next deadline.</summary>
        Due,

        /// <summary>The order under way ends, after a description, as a host would tell it.</summary>
        Carried,

        /// <summary>An order ends that is none of ours.</summary>
        Ended,

        /// <summary>An earlier fact comes once more.</summary>
        Repeated,

        /// <summary>Supervision is switched off or on.</summary>
        Supervised,

        /// <summary>A person wants it restarted.</summary>
        Asked,
    }

    /// <summary>Every fact with the decision on it. The first is a description.</summary>
    public IEnumerable<Turn> Turns()
    {
        var (health, policy, engine, now) = (ContainerHealth.Fresh, Policy, Container, _start);
        var told = new List<Observation>();
        foreach (var step in Steps.Prepend(new(Kind.Seen, 0, 0, 0)))
        {
            now = now.AddMilliseconds(step.Wait);
            if (step.Kind == Kind.Due && HealthMachine.NextDeadline(health, policy) is { } due && due > now)
            {
                now = due;
            }
            policy = step.Kind == Kind.Supervised ? policy with { Supervised = !policy.Supervised } : policy;
            foreach (var seen in Facts(step, now.AddMilliseconds(-step.Late), engine, health, told))
            {
                engine = After(engine, seen);
                var decision = HealthMachine.Decide(health, seen, policy);
                told.Add(seen);
                yield return new(health, seen, policy, decision.Next, decision.Action);
                health = decision.Next;
            }
        }
    }

    public override string ToString() => $"{Policy}\n{Container}\n" + string.Join('\n', Turns());

    private static Observation[] Facts(Step step, DateTimeOffset at, EngineContainer engine, ContainerHealth health, List<Observation> told) => step.Kind switch
    {
        Kind.Seen => [new Observation.Seen(at, engine)],
        Kind.Changed => [new Observation.Seen(at, engine with { State = (ContainerState)(step.Choice % 7), StartedAt = step.Choice % 2 == 0 ? engine.StartedAt : at })],
        Kind.Started => [new Observation.Started(at)],
        Kind.Died => [new Observation.Died(at, step.Choice % 3 == 2 ? 137 : step.Choice % 3)],
        Kind.Signalled => [new Observation.Signalled(at, step.Choice % 4 == 0 ? 1 : 15)],
        Kind.Paused => [new Observation.Paused(at)],
        Kind.Resumed => [new Observation.Resumed(at)],
        Kind.Disconnected => [new Observation.Disconnected(at, "id of bridge")],
        Kind.Connected => [new Observation.Seen(at, engine with { Networks = [HealthStory.Seat("bridge")] })],
        Kind.OutOfMemory => [new Observation.OutOfMemory(at)],
        Kind.Checked => [new Observation.HealthChecked(at, (HealthCheck)(step.Choice % 4))],
        Kind.Removed => step.Choice % 5 == 0 ? [new Observation.Removed(at)] : [],
        Kind.Silenced => [new Observation.Silenced(at, "socket gone")],
        Kind.Probed => [Probes(step.Choice, at)],
        Kind.NotProbed => [new Observation.NotProbed(at, "the bridge is down")],
        Kind.Measured => [new Observation.Measured(at, step.Choice)],
        Kind.Adopted => [new Observation.Adopted(at)],
        Kind.Asked => [new Observation.RestartAsked(at)],
        Kind.Carried when health.State == HealthState.Restarting => Carried(step.Choice, at, engine, health),
        Kind.Ended => [new Observation.RestartEnded(at, step.Choice % 5, (RestartOutcome)(step.Choice % 4))],
        Kind.Repeated when told.Count > 0 => [told[step.Choice % told.Count]],
        _ => [new Observation.Ticked(at)],
    };

    /// <summary>Half of the bursts are lossy, some have noise, some took too long.</summary>
    private static Observation.Probed Probes(int choice, DateTimeOffset at)
    {
        var (sent, lost) = (choice % 8) switch
        {
            0 or 1 or 2 => (13, 13),
            3 => (20, 13),
            4 => (20, 4),
            5 => (0, 0),
            _ => (5, 0),
        };
        var span = choice / 8 % 5 == 0 ? 1500 : 200;
        return new(at, at.AddMilliseconds(-span), choice / 40 % 3 == 0 ? HealthStory.Side : HealthStory.Home, sent, lost, null);
    }

    /// <summary>Most orders succeed, into a run that lasts or one that has ended already.</summary>
    private static Observation[] Carried(int choice, DateTimeOffset at, EngineContainer engine, ContainerHealth health)
    {
        var outcome = (choice % 10) switch
        {
            0 => RestartOutcome.Refused,
            1 => RestartOutcome.Unanswered,
            2 => RestartOutcome.Withdrawn,
            _ => RestartOutcome.Done,
        };
        var ended = new Observation.RestartEnded(at.AddMilliseconds(1), health.Attempt, outcome, "port is taken");
        var run = health.Ordered == HealthAction.Connect
            ? engine with { Networks = [HealthStory.Seat("bridge")] }
            : After(engine, new Observation.Started(at.AddMilliseconds(-1)));
        return outcome switch
        {
            RestartOutcome.Done => [new Observation.Seen(at, choice % 10 < 6 ? After(run, new Observation.Died(at, 1)) : run), ended],
            RestartOutcome.Refused => [new Observation.Seen(at, engine), ended],
            _ => [ended],
        };
    }

    /// <summary>The engine as the fact leaves it.</summary>
    private static EngineContainer After(EngineContainer engine, Observation seen) => seen switch
    {
        Observation.Seen fact => fact.Container,
        Observation.Started => engine with { State = ContainerState.Running, StartedAt = seen.At, OutOfMemory = false, HealthCheck = engine.HealthCheck == HealthCheck.None ? HealthCheck.None : HealthCheck.Starting },
        Observation.Died died => engine with { State = ContainerState.Exited, ExitCode = died.ExitCode },
        Observation.Paused => engine with { State = ContainerState.Paused },
        Observation.Resumed => engine with { State = ContainerState.Running },
        Observation.Disconnected => engine with { Networks = [] },
        Observation.HealthChecked check => engine with { HealthCheck = check.Verdict },
        _ => engine,
    };

    /// <param name="Kind">What happens.</param>
    /// <param name="Wait">Milliseconds since the step before.</param>
    /// <param name="Late">Milliseconds by which the fact is told of late.</param>
    /// <param name="Choice">Decides the details.</param>
    internal readonly record struct Step(Kind Kind, int Wait, int Late, int Choice);

    /// <summary>One fact, and what was made of it.</summary>
    internal sealed record Turn(ContainerHealth Before, Observation Seen, HealthPolicy Policy, ContainerHealth Next, HealthAction Action)
    {
        /// <summary>The fact was too old to matter.</summary>
        public bool Dropped => ReferenceEquals(Before, Next);

        public override string ToString()
        {
            var fact = Seen is Observation.Seen { Container: var container } ? $"Seen {{ At = {Seen.At}, {container.State}, {container.HealthCheck}, started {container.StartedAt:T} }}" : Seen.ToString();
            return $"  {fact} -> {(Dropped ? "dropped" : $"{Next.State}")}{(Action == HealthAction.None ? "" : $", {Action}")}, {Next.Failures} failed";
        }
    }
}
