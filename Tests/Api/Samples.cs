using HmsOrleans.Grains.Containers;
using HmsOrleans.Grains.Engine;
using HmsOrleans.Grains.Health;
using HmsOrleans.Grains.Hosts;
using HmsOrleans.Grains.Probing;

namespace HmsOrleans.Tests.Api;

internal static class Samples
{
    public const string Address = "10.0.0.1";

    public static readonly DateTimeOffset Noon = new(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);

    public static readonly ContainerView Web = Container("3f4c", "web");

    public static readonly ContainerView Db = Container("3fa9", "db");

    public static readonly ContainerView Cache = Container("b0b0", "cache");

    public static ContainerView Container(string prefix, string name, HealthState health = HealthState.Healthy) => new()
    {
        Id = prefix + new string('0', 64 - prefix.Length),
        ShortId = prefix + new string('0', 12 - prefix.Length),
        Name = name,
        Image = "busybox:1",
        Host = Address,
        Addresses = ["172.17.0.2"],
        ContainerState = ContainerState.Running,
        ServiceState = ServiceState.Up,
        Health = health,
        PacketLoss = 5,
        Rtt = 0.04,
        Memory = 1_048_576,
        Threshold = 60,
        Restarts = 2,
        LastFault = new Grains.Health.Fault(FaultCause.OutOfMemory, Noon, "exit code 137"),
        Details = "healthy since 12:00:10",
    };

    public static ContainerExplanation Explanation(ContainerView view) => new()
    {
        Host = Address,
        Id = view.Id,
        Name = view.Name,
        At = Noon,
        Health = view.Health,
        Since = Noon,
        Details = view.Details,
        Rule = "It runs and answers its probes: nothing speaks against it.",
        Facts = new()
        {
            ContainerState = view.ContainerState,
            EngineSaidAt = Noon,
            Probes = [new("172.17.0.2", Noon, 20, 1, 0.04)],
            EnginePolicy = "no",
        },
        Policy = new()
        {
            Supervised = true,
            SupervisedBy = RuleSource.Default,
            Threshold = 60,
            ThresholdBy = RuleSource.Label,
            Restart = RestartMode.OnFailure,
            RestartBy = RuleSource.Label,
            ProbeCount = 20,
            StartGrace = 2,
            RecoveredAfter = 10,
            BackOff = 1,
            MaxBackOff = 60,
            QuarantineAfter = 10,
            QuarantineWindow = 600,
            FailedRecoveries = 0,
        },
        Next = [new(Noon.AddSeconds(5), "counts as recovered"), new(null, "if it stops, it is started at once")],
    };

    public static HostStatus Status { get; } = new()
    {
        EngineAnswers = true,
        EngineSince = Noon,
        Prober = new ProberStatus(ProberMode.Raw),
        Supervised = true,
        Threshold = 60,
        Ready = true,
    };
}
