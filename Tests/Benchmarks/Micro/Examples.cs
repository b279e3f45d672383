using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using HmsOrleans.Grains.Containers;
using HmsOrleans.Grains.Engine;
using HmsOrleans.Grains.Health;
using HmsOrleans.Grains.Hosts;
using HmsOrleans.Grains.Probing;

namespace HmsOrleans.Benchmarks.Micro;

/// <summary>Typical facts and views.</summary>
internal static class Examples
{
    public const string Address = "172.17.0.3";

    /// <summary>When all examples happen; benchmarks need no clock.</summary>
    public static DateTimeOffset Start { get; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>A container that has been healthy for an hour.</summary>
    public static ContainerHealth Healthy(HealthPolicy policy)
    {
        var container = new EngineContainer
        {
            Id = Id(1),
            Name = "web",
            Image = "nginx:latest",
            State = ContainerState.Running,
            StartedAt = Start,
            Pid = 4711,
            NetworkMode = "bridge",
            Addresses = [new("bridge", IPAddress.Parse(Address), 16)],
        };
        var health = HealthMachine.Decide(ContainerHealth.Fresh, new Observation.Seen(Start.AddHours(1), container), policy).Next;
        return HealthMachine.Decide(health, Probed(Start.AddHours(1).AddSeconds(1)), policy).Next;
    }

    public static Observation Probed(DateTimeOffset at) => new Observation.Probed(at, at.AddSeconds(-5), Address, 20, 0, TimeSpan.FromMicroseconds(60));

    public static ImmutableArray<ContainerView> Views(int count, int restarts = 0) => [.. Enumerable.Range(0, count).Select(i => new ContainerView
    {
        Id = Id(i),
        ShortId = Id(i)[..12],
        Name = string.Create(CultureInfo.InvariantCulture, $"container-{i:0000}"),
        Image = "nginx:latest",
        Host = "10.0.0.1",
        Addresses = [string.Create(CultureInfo.InvariantCulture, $"172.17.{i / 250}.{(i % 250) + 2}")],
        ContainerState = ContainerState.Running,
        ServiceState = ServiceState.Up,
        Health = HealthState.Healthy,
        PacketLoss = 0,
        Rtt = 0.06,
        Memory = 50_000_000,
        Threshold = 60,
        Restarts = restarts,
        Details = "running",
    })];

    public static HostStatus Status { get; } = new()
    {
        EngineAnswers = true,
        EngineSince = Start,
        Prober = new(ProberMode.Raw),
        Supervised = true,
        Threshold = 60,
        Ready = true,
    };

    private static string Id(int number) => number.ToString("x64", CultureInfo.InvariantCulture);
}
