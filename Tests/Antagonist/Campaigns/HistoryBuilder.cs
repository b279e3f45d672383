using HmsOrleans.Antagonist.Campaigns;
using HmsOrleans.Grains.Antagonist;
using HmsOrleans.Grains.Containers;
using HmsOrleans.Grains.Engine;
using HmsOrleans.Grains.Health;
using HmsOrleans.Grains.Hosts;

namespace HmsOrleans.Tests.Antagonist.Campaigns;

/// <summary>A history made by hand: one host, and one container unless there is told of others.</summary>
internal sealed class HistoryBuilder(double length = 20, double window = 1)
{
    public const string Host = "10.0.0.1";

    private readonly List<CellHistory.Record> _records = [];
    private readonly List<CellHistory.View> _views = [];
    private readonly List<CellHistory.Sample> _samples = [];
    private readonly List<CellHistory.Count> _traffic = [];
    private readonly SortedSet<string> _containers = ["web"];

    public HistoryBuilder Engine(double at, string action, string container = "web") => Add(new(at, Host, _records.Count, AttackEvent.Engine, Named(container), container, null, null, null, action));

    public HistoryBuilder Begun(double at, AttackKind kind, int fault, double? loss = null, string container = "web") =>
        Add(new(at, Host, _records.Count, AttackEvent.Begun, Named(container), container, Id(fault), kind, loss, null));

    public HistoryBuilder Ended(double at, AttackKind kind, int fault, string? why = null, string container = "web") =>
        Add(new(at, Host, _records.Count, AttackEvent.Ended, Named(container), container, Id(fault), kind, null, why));

    public HistoryBuilder View(
        double at, HealthState health, ContainerState state = ContainerState.Running, FaultCause? cause = null, double? faultAt = null, double? loss = 0, long? memory = null, string container = "web")
    {
        _views.Add(new(at, Host, Named(container), container, "idle", "172.17.0.2", state, ServiceState.Up, health, loss, null, memory, 0, cause, faultAt, "running, \"so far\"\nand well"));
        return this;
    }

    public HistoryBuilder Sample(double at, HostState? state, long? held, long? truth, long? stateTruth = null)
    {
        _samples.Add(new(at, state is not null, [new(state, held, truth, stateTruth ?? truth)]));
        return this;
    }

    public HistoryBuilder Count(double at, long fetches, long bytes, long updates = 0)
    {
        _traffic.Add(new(at, fetches, fetches, bytes, null, updates));
        return this;
    }

    public CellHistory Build(string scenario = "low_low", int repetition = 1, CampaignArm arm = CampaignArm.Healing) => new(
        new()
        {
            Scenario = scenario,
            Window = window,
            Repetition = repetition,
            Arm = arm,
            IsCalm = false,
            Attack = ReportScenario.Of(scenario).ToAttack(isCalm: false, seed: repetition),
            Start = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
            Length = length,
            SamplePeriod = 0.25,
            Threshold = 60,
            Hosts = [Host],
            Containers = [.. _containers.Select(container => new CellContainer(Host, container, container))],
            Machine = CellMachine.Here,
        },
        [.. _samples], [.. _records], [.. _views], [.. _traffic]);

    public static Guid Id(int fault) => new(fault, 0, 0, new byte[8]);

    private string Named(string container)
    {
        _containers.Add(container);
        return container;
    }

    private HistoryBuilder Add(CellHistory.Record record)
    {
        _records.Add(record);
        return this;
    }
}
