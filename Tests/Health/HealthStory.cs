using System.Collections.Immutable;
using System.Net;
using HmsOrleans.Grains.Engine;
using HmsOrleans.Grains.Health;
using Xunit;

namespace HmsOrleans.Tests.Health;

/// <summary>
/// Tells the machine one fact after another, and checks what it makes of them. Every call tells its fact a millisecond after
/// the one before; <see cref="After"/> and <see cref="At"/> move the time (seconds). An action that no check asks for fails the story.
/// </summary>
internal sealed class HealthStory
{
    public const string Home = "172.17.0.3";
    public const string Side = "10.1.0.3";

    private static readonly DateTimeOffset _start = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly List<HealthAction> _actions = [];
    private DateTimeOffset _now = _start;
    private Observation? _last;

    public HealthStory(Func<HealthPolicy, HealthPolicy>? policy = null, Func<EngineContainer, EngineContainer>? container = null)
    {
        Policy = policy?.Invoke(new()) ?? new();
        Engine = new()
        {
            Id = new('a', 64),
            Name = "web",
            Image = "nginx",
            State = ContainerState.Running,
            StartedAt = _start,
            Pid = 4711,
            NetworkMode = "bridge",
            Addresses = [new("bridge", IPAddress.Parse(Home), 16), new("side", IPAddress.Parse(Side), 16)],
            Networks = [Seat("bridge"), Seat("side")],
        };
        Engine = container?.Invoke(Engine) ?? Engine;
    }

    public ContainerHealth Health { get; private set; } = ContainerHealth.Fresh;

    public DateTimeOffset Now => _now;

    /// <summary>What the engine would say if it were asked.</summary>
    public EngineContainer Engine { get; private set; }

    public HealthPolicy Policy { get; set; }

    /// <summary>A container that has been healthy for an hour.</summary>
    public static HealthStory OfHealthy(Func<HealthPolicy, HealthPolicy>? policy = null, Func<EngineContainer, EngineContainer>? container = null) =>
        new HealthStory(policy, container).At(3600).Seen().Then(HealthState.Healthy);

    /// <summary>A container that was killed from outside and started again: its recovery is not confirmed yet.</summary>
    public static HealthStory OfRecovering(Func<HealthPolicy, HealthPolicy>? policy = null, Func<EngineContainer, EngineContainer>? container = null) =>
        OfHealthy(policy, container).Died().Then(HealthState.Restarting, HealthAction.Start).Recovers().Then(HealthState.Starting);

    public HealthStory At(double seconds) => Move(_start.AddSeconds(seconds));

    public HealthStory After(double seconds) => Move(_now.AddSeconds(seconds));

    /// <summary>The rules change; the next fact meets the new ones.</summary>
    public HealthStory Under(Func<HealthPolicy, HealthPolicy> change)
    {
        Policy = change(Policy);
        return this;
    }

    /// <summary>The engine describes the container, after it has changed unseen where <paramref name="change"/> says so.</summary>
    public HealthStory Seen(Func<EngineContainer, EngineContainer>? change = null)
    {
        Engine = change?.Invoke(Engine) ?? Engine;
        return Tell(new Observation.Seen(_now, Engine));
    }

    public HealthStory SeenExited(int exitCode = 1) => Seen(engine => Stopped(engine, exitCode));

    public HealthStory SeenRestarting() => Seen(engine => engine with { State = ContainerState.Restarting });

    public HealthStory Started()
    {
        Engine = Running(Engine, _now);
        return Tell(new Observation.Started(_now));
    }

    public HealthStory Died(int exitCode = 137)
    {
        Engine = Stopped(Engine, exitCode);
        return Tell(new Observation.Died(_now, exitCode));
    }

    /// <summary><c>docker stop</c>.</summary>
    public HealthStory StoppedByPerson() => Signalled(15).After(0.3).Died(0);

    /// <summary>A fact that leaves the container as it is.</summary>
    public HealthStory Tells(Func<DateTimeOffset, Observation> fact) => Tell(fact(_now));

    public HealthStory Signalled(int signal) => Tell(new Observation.Signalled(_now, signal));

    public HealthStory Paused()
    {
        Engine = Engine with { State = ContainerState.Paused };
        return Tell(new Observation.Paused(_now));
    }

    public HealthStory Resumed()
    {
        Engine = Engine with { State = ContainerState.Running };
        return Tell(new Observation.Resumed(_now));
    }

    /// <summary><c>docker network disconnect</c>.</summary>
    public HealthStory Disconnected(params string[] networks)
    {
        foreach (var network in networks)
        {
            Engine = Engine with { Networks = Engine.Networks.RemoveAll(seat => seat.Name == network), Addresses = Engine.Addresses.RemoveAll(address => address.Network == network) };
            Tell(new Observation.Disconnected(_now, $"id of {network}"));
        }
        return this;
    }

    /// <summary><c>docker network connect</c>, as the next description shows it.</summary>
    public HealthStory SeenConnected(params string[] networks) => Seen(engine => engine with
    {
        Networks = [.. engine.Networks, .. networks.Select(Seat)],
        Addresses = [.. engine.Addresses, .. networks.Select(network => new ContainerAddress(network, IPAddress.Parse(Home), 16))],
    });

    public HealthStory OutOfMemory()
    {
        Engine = Engine with { OutOfMemory = true };
        return Tell(new Observation.OutOfMemory(_now));
    }

    public HealthStory Checked(HealthCheck verdict)
    {
        Engine = Engine with { HealthCheck = verdict };
        return Tell(new Observation.HealthChecked(_now, verdict));
    }

    public HealthStory Removed() => Tell(new Observation.Removed(_now));

    public HealthStory Silenced(double ago = 0) => Tell(new Observation.Silenced(_now.AddSeconds(-ago), "socket gone"));

    public HealthStory Adopted() => Tell(new Observation.Adopted(_now));

    public HealthStory RestartAsked() => Tell(new Observation.RestartAsked(_now));

    /// <summary>The machine's clock jumps; the engine remembers its own times as they were.</summary>
    public HealthStory ClockSet(double seconds)
    {
        _now = _now.AddSeconds(seconds);
        return Tell(new Observation.ClockSet(_now, TimeSpan.FromSeconds(seconds)));
    }

    public HealthStory Ticked() => Tell(new Observation.Ticked(_now));

    public HealthStory NotProbed() => Tell(new Observation.NotProbed(_now, "the bridge is down"));

    /// <summary>A burst of probes that closes after <paramref name="span"/> seconds.</summary>
    public HealthStory Probed(int lost, int of, string address = Home, double span = 0.2)
    {
        var since = _now;
        return After(span).Tell(new Observation.Probed(_now, since, address, of, lost, lost == of ? null : TimeSpan.FromMilliseconds(0.1)));
    }

    /// <summary>A burst that lost everything is over as soon as nothing can save it.</summary>
    public HealthStory Lossy(string address = Home) => Probed(13, of: 13, address);

    public HealthStory Fine(string address = Home) => Probed(0, of: 5, address);

    /// <summary>The ordered start or restart succeeds: the engine shows a new run, then answers.</summary>
    public HealthStory Recovers() => Seen(engine => Running(engine, _now)).Ended(RestartOutcome.Done);

    /// <summary>The ordered start succeeds, but before the engine has answered the container is dead again.</summary>
    public HealthStory CrashesAtOnce(int exitCode = 1) => Started().Died(exitCode).Seen().Ended(RestartOutcome.Done);

    public HealthStory Ended(RestartOutcome outcome, int? attempt = null) =>
        Tell(new Observation.RestartEnded(_now, attempt ?? Health.Attempt, outcome, outcome is RestartOutcome.Done or RestartOutcome.Withdrawn ? null : "port is taken"));

    /// <summary>The last fact arrives a second time.</summary>
    public HealthStory Again() => Tell(_last!);

    public HealthStory Then(HealthState state, HealthAction action = HealthAction.None)
    {
        Assert.Equal((state, action == HealthAction.None ? "" : $"{action}"), (Health.State, string.Join(", ", _actions)));
        _actions.Clear();
        return this;
    }

    public HealthStory Blames(FaultCause cause, string? evidence = null)
    {
        Assert.Equal(cause, Health.LastFault?.Cause);
        Assert.Equal(evidence ?? Health.LastFault!.Evidence, Health.LastFault!.Evidence);
        return this;
    }

    /// <summary>It is to get these networks back.</summary>
    public HealthStory Loses(params string[] networks)
    {
        Assert.Equal(networks, Health.LostSeats.Select(lost => lost.Seat.Name));
        return this;
    }

    public HealthStory Restarted(int times)
    {
        Assert.Equal(times, Health.Restarts);
        return this;
    }

    public HealthStory Failed(int times)
    {
        Assert.Equal(times, Health.Failures);
        return this;
    }

    /// <summary>The next attempt is due so many seconds after the last fact.</summary>
    public HealthStory WaitsFor(double seconds)
    {
        Assert.Equal(TimeSpan.FromSeconds(seconds), Health.RetryAt - _last!.At);
        // One that runs and loses packets waits for its next burst; a tick would find nothing out.
        var forBurst = Health is { IsRunning: true, LastFault.Cause: FaultCause.PacketLoss };
        Assert.Equal(forBurst ? null : Health.RetryAt, HealthMachine.NextDeadline(Health, Policy));
        return this;
    }

    /// <summary>Nothing happens until the back-off ends, then a tick brings the attempt.</summary>
    public HealthStory RetriesWhenDue(HealthAction action)
    {
        var due = HealthMachine.NextDeadline(Health, Policy)!.Value;
        return Move(due.AddMilliseconds(-1)).Ticked().Then(HealthState.BackingOff).Move(due).Ticked().Then(HealthState.Restarting, action);
    }

    /// <summary>Time until <see cref="HealthMachine.NextDeadline"/> passes, and a tick comes.</summary>
    public HealthStory TickedWhenDue() => Move(HealthMachine.NextDeadline(Health, Policy)!.Value).Ticked();

    /// <summary>A place on a network.</summary>
    public static NetworkSeat Seat(string network) => new($"id of {network}", network, ["front"], [], null, null, [], ImmutableSortedDictionary<string, string>.Empty);

    private static EngineContainer Running(EngineContainer engine, DateTimeOffset at) => engine with
    {
        State = ContainerState.Running,
        StartedAt = at,
        Pid = 4712,
        OutOfMemory = false,
        HealthCheck = engine.HealthCheck == HealthCheck.None ? HealthCheck.None : HealthCheck.Starting,
    };

    private static EngineContainer Stopped(EngineContainer engine, int exitCode) => engine with { State = ContainerState.Exited, ExitCode = exitCode, Pid = 0 };

    private HealthStory Move(DateTimeOffset to)
    {
        _now = to;
        return this;
    }

    private HealthStory Tell(Observation seen)
    {
        var decision = HealthMachine.Decide(Health, seen, Policy);
        (Health, _last, _now) = (decision.Next, seen, _now.AddMilliseconds(1));
        if (decision.Action != HealthAction.None)
        {
            _actions.Add(decision.Action);
        }
        return this;
    }
}
