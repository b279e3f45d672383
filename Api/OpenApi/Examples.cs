using HmsOrleans.Api.Antagonist;
using HmsOrleans.Api.Hosts;
using HmsOrleans.Api.Incidents;
using HmsOrleans.Api.Readiness;
using HmsOrleans.Api.Settings;
using HmsOrleans.Grains.Antagonist;
using HmsOrleans.Grains.Containers;
using HmsOrleans.Grains.Engine;
using HmsOrleans.Grains.Health;
using HmsOrleans.Grains.Hosts;
using HmsOrleans.Grains.Incidents;
using HmsOrleans.Grains.Notifications;
using HmsOrleans.Grains.Probing;

namespace HmsOrleans.Api.OpenApi;

/// <summary>Examples in the documentation: one small fleet, the same everywhere.</summary>
internal static class Examples
{
    private const string Address = "10.0.0.1";

    private static readonly DateTimeOffset Noon = new(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);

    private static readonly HostView View = new(
        Address, HostState.Updated, Noon,
        new HostStatus
        {
            EngineAnswers = true,
            EngineSince = Noon.AddHours(-3),
            Prober = new ProberStatus(ProberMode.Raw),
            Supervised = true,
            Threshold = 60,
            Ready = true,
        },
        [Container]);

    public static object ThresholdRequest { get; } = new { threshold = 60 };

    public static object SettingsRequest { get; } = new { threshold = 60, aggregationWindow = 0.5 };

    public static ContainerView Container => new()
    {
        Id = "3f4c5b6a7d8e9f00112233445566778899aabbccddeeff001122334455667788",
        ShortId = "3f4c5b6a7d8e",
        Name = "web",
        Image = "nginx:1.29",
        Host = Address,
        Addresses = ["172.17.0.2"],
        ContainerState = ContainerState.Running,
        ServiceState = ServiceState.Up,
        Health = HealthState.Healthy,
        PacketLoss = 0,
        Rtt = 0.041,
        Memory = 12_582_912,
        Threshold = 60,
        Restarts = 1,
        LastFault = new Fault(FaultCause.Died, Noon.AddMinutes(-10), "exit code 137"),
        Details = "healthy since 11:50:11",
    };

    public static ContainerView Restarting { get; } = Container with { ServiceState = ServiceState.Unknown, Health = HealthState.Restarting, Details = "being restarted, as asked" };

    public static ContainerView Ignored { get; } = Container with
    {
        ServiceState = ServiceState.Unknown,
        Health = HealthState.Ignored,
        PacketLoss = null,
        Rtt = null,
        Details = "ignored",
    };

    public static ContainerExplanation Explanation { get; } = new()
    {
        Host = Address,
        Id = Container.Id,
        Name = Container.Name,
        At = Noon,
        Health = HealthState.BackingOff,
        Since = Noon.AddSeconds(-3),
        Details = "died by itself (exit code 1); failed 3 times in a row, next attempt at 12:00:01 UTC",
        Rule = "It died by itself (exit code 1), before it had been healthy for 10 s since the last recovery. That makes 3 failed recoveries in a row, after which the next attempt waits 4 s: 1 s, doubled each time, at most 60 s.",
        Facts = new()
        {
            ContainerState = ContainerState.Exited,
            EngineSaidAt = Noon.AddSeconds(-3),
            ExitCode = 1,
            LastFault = new Fault(FaultCause.Died, Noon.AddSeconds(-3), "exit code 1"),
            Restarts = 3,
            EnginePolicy = "no",
        },
        Policy = new()
        {
            Supervised = true,
            SupervisedBy = RuleSource.Default,
            Threshold = 80,
            ThresholdBy = RuleSource.Label,
            Restart = RestartMode.Always,
            RestartBy = RuleSource.Default,
            ProbeCount = 20,
            StartGrace = 2,
            RecoveredAfter = 10,
            BackOff = 1,
            MaxBackOff = 60,
            QuarantineAfter = 10,
            QuarantineWindow = 600,
            FailedRecoveries = 3,
        },
        Next = [new(Noon.AddSeconds(1), "started again"), new(null, "left to a person after 7 further failed recoveries within 10 min")],
    };

    private static readonly Incident Died = new()
    {
        Id = "019b7e37a9b27c0f8a3c1d6e5f4a3b2c",
        Revision = 4,
        Host = Address,
        ContainerId = Container.Id,
        Container = Container.Name,
        Image = Container.Image,
        Cause = IncidentCause.Died,
        Evidence = "exit code 1",
        DownSince = Noon.AddMinutes(-10),
        FaultAt = Noon.AddMinutes(-10).AddMilliseconds(4),
        Attempts = [new(1, Noon.AddMinutes(-10).AddMilliseconds(4), HealthAction.Start, IncidentCause.Died, "exit code 1", Noon.AddMinutes(-10).AddSeconds(0.61), RestartOutcome.Done)],
        RunningAgainAt = Noon.AddMinutes(-10).AddSeconds(0.58),
        EndedAt = Noon.AddMinutes(-10).AddSeconds(10.6),
        Outcome = IncidentOutcome.Recovered,
        Outages = [new(Noon.AddMinutes(-10), Noon.AddMinutes(-10).AddSeconds(0.58))],
        Capture = new(Noon.AddMinutes(-10).AddMilliseconds(4), ["listening on 80", "cannot open /etc/web.conf"], null, 1, false, 12_582_912),
    };

    public static IncidentDetailReply Incident { get; } = IncidentDetailReply.From(Died);

    public static IncidentPageReply Incidents { get; } = new([IncidentReply.From(Died)], null);

    public static AvailabilityReply Availability { get; } = new(
    [
        new("1h", 99.9839, 3600, 0.58, 1, 1, 0.576), new("24h", 99.9993, 86_400, 0.58, 1, 1, 0.576),
        new("7d", 99.9998, 268_200, 0.58, 1, 1, 0.576), new("30d", 99.9998, 268_200, 0.58, 1, 1, 0.576),
    ]);

    public static WatchedReply Watched { get; } = new([new(Container.Id, Container.Name, Noon.AddDays(-3), Noon)]);

    public static string Badge { get; } = Api.Incidents.Badge.Of(Container).ToString();

    public static HostReply Host { get; } = HostReply.From(View);

    public static HostReply[] Hosts { get; } = [Host];

    public static HostSummary Summary { get; } = HostSummary.From(View);

    public static HostSummary[] Summaries { get; } = [Summary];

    public static string Events { get; } =
        "retry: 1000\n\n"
        + "id: 5f0a1d5e-41\nevent: snapshot\ndata: {\"hosts\":[...]}\n\n"
        + "id: 5f0a1d5e-42\nevent: delta\ndata: {\"hosts\":[],\"changed\":[{\"host\":\"10.0.0.1\",\"name\":\"web\",\"health\":\"restarting\",...}],\"removed\":[]}\n\n";

    public static RemovedReply Removed { get; } = RemovedReply.Of(Address);

    public static SettingsReply Settings { get; } = new(60, 0.5, 10, 30);

    public static FleetThresholdReply FleetThreshold { get; } =
        new(60, [new(Address, true, null), new("10.0.0.2", false, "no silo for 10.0.0.2 is in the cluster")]);

    public static object Scenario { get; } = new { heavy = 25, balance = 70, loss = 80, frequency = 1, duration = 5, seed = 1, kinds = new[] { "stop", "loss" } };

    public static AntagonistReply Antagonist { get; } = new(
        Address, AntagonistState.Running, null, Noon, new AttackScenario { Seed = 1 },
        new(Noon.AddHours(-1), [AttackKind.Stop, AttackKind.Kill, AttackKind.Loss, AttackKind.Pause, AttackKind.Freeze, AttackKind.Disconnect], "iptables", 50, false),
        [new(Guid.Parse("5f0a1d5e-6a5c-4d0c-9c50-0f5d1d1f7a3e"), AttackKind.Loss, Container.Name, Container.Id, Noon.AddSeconds(3), Noon.AddSeconds(8), 82)]);

    public static AntagonistReply[] Antagonists { get; } = [Antagonist];

    public static MaintenanceWindow Maintenance { get; } = new("5f0a1d5e", Address, Noon, Noon.AddHours(2));

    public static object MaintenanceRequest { get; } = new { host = Address, from = Noon, until = Noon.AddHours(2) };

    public static object MuteRequest { get; } = new { until = Noon.AddHours(8) };

    public static NotificationView Notifications { get; } = new(
        [new("night-watch", "ntfy", 0, 0, Noon, null, null, null), new("chat", "slack", 3, 0, Noon.AddHours(-1), "hooks.slack.com answers 503 ServiceUnavailable", Noon.AddMinutes(-1), Noon.AddSeconds(32))],
        [new(Address, Container.Name, Noon.AddHours(8))],
        [Maintenance]);

    public static ChannelTest[] ChannelTests { get; } = [new("night-watch", true, null), new("chat", false, "hooks.slack.com answers 503 ServiceUnavailable")];

    public static ReadinessReply Readiness { get; } = new()
    {
        Ready = true,
        Status = ReadinessStatus.Ready,
        Host = Address,
        Engine = Host.Status!.Engine,
        Prober = Host.Status.Prober,
        Storage = Host.Status.Storage,
        Broker = new(true, Noon.AddHours(-3), null, 0, 0),
    };
}
