using System.Collections.Immutable;
using System.Globalization;
using CsCheck;
using HmsOrleans.Grains.Containers;
using HmsOrleans.Grains.Engine;
using HmsOrleans.Grains.Health;
using HmsOrleans.Grains.Hosts;
using HmsOrleans.Grains.Probing;
using HmsOrleans.Tests.Api;

namespace HmsOrleans.Tests.News;

/// <summary>Anything that may happen on a host, and to the news of it.</summary>
internal static class NewsWalk
{
    private static readonly Gen<string> Text = Gen.OneOf<string>(
        Gen.OneOf("", "running", "0", "007", "at 12:05:09 UTC", "é\u20ac\U0001F600", "\u0001 and \u0003", "13 of 19 probes lost to 172.17.0.2", "172.17.0.25", "999999999999"),
        Gen.Select(Gen.Int[0, 2000], Gen.Int[0, 99], (a, b) => string.Create(CultureInfo.InvariantCulture, $"exit code {a}, {b:00} of 172.17.0.2 (out of memory)")));

    private static readonly Gen<string> Id = Gen.OneOf<string>(
        Gen.Int[0, 5].Select(i => i.ToString("x64", CultureInfo.InvariantCulture)),
        Gen.OneOf("a", "ABC", "not hexadecimal", ""));

    private static readonly Gen<Grains.Health.Fault?> Fault = Gen.Select(Gen.Enum<FaultCause>(), Gen.Int[-100_000, 100_000_000], Text, Gen.Bool,
        (cause, at, evidence, any) => any ? new Grains.Health.Fault(cause, Samples.Noon.AddMilliseconds(at).AddTicks(77), evidence) : null);

    private static readonly Gen<ContainerView> View =
        from id in Id
        from texts in Text.Array[4]
        from addresses in Gen.OneOf<string>("172.17.0.2", "172.17.0.25", "fd00::2").Array[0, 2]
        from container in Gen.Enum<ContainerState>()
        from service in Gen.Enum<ServiceState>()
        from health in Gen.Enum<HealthState>()
        from numbers in Gen.Double[0, 100].Array[2]
        from memory in Gen.Long[0, 1L << 40]
        from known in Gen.Bool.Array[3]
        from restarts in Gen.Int[0, 3]
        from fault in Fault
        select new ContainerView
        {
            Id = id,
            ShortId = id[..Math.Min(12, id.Length)],
            Name = texts[0],
            Image = texts[1],
            Host = Samples.Address,
            Addresses = [.. addresses],
            ContainerState = container,
            ServiceState = service,
            Health = health,
            PacketLoss = known[0] ? numbers[0] : null,
            Rtt = known[1] ? numbers[1] : null,
            Memory = known[2] ? memory : null,
            Threshold = numbers[1],
            Restarts = restarts,
            LastFault = fault,
            Details = fault is { } told ? $"{texts[2]} ({told.Evidence}); {texts[3]}" : texts[2],
        };

    private static readonly Gen<HostStatus> Status =
        from texts in Text.Null().Array[4]
        from flags in Gen.Bool.Array[3]
        from mode in Gen.Enum<ProberMode>()
        from number in Gen.Int[0, 100]
        select new HostStatus
        {
            EngineAnswers = flags[0],
            EngineSince = Samples.Noon.AddTicks(number),
            EngineSilence = texts[0],
            NoEvents = texts[3],
            Prober = new(mode, texts[1], number),
            Supervised = flags[1],
            Threshold = number / 3.0,
            UnsavedBecause = texts[2],
            Ready = flags[2],
        };

    private static readonly Gen<Func<ContentLog, HostStatus, HostStatus>> What = Gen.Frequency(
        (6, View.Array[1, 3].Select<ContainerView[], Func<ContentLog, HostStatus, HostStatus>>(views => (log, status) =>
        {
            foreach (var view in views)
            {
                log.Put(view);
            }
            return status;
        })),
        // One that is there does a little better or worse.
        (6, Gen.Select(Gen.Int[0, 9], Gen.Int[0, 100], Gen.Enum<HealthState>()).Select<(int, int, HealthState), Func<ContentLog, HostStatus, HostStatus>>(change => (log, status) =>
        {
            if (log.Views.ElementAtOrDefault(change.Item1) is { } known)
            {
                log.Put(known with { PacketLoss = change.Item2, Health = change.Item3 });
            }
            return status;
        })),
        (2, Id.Select<string, Func<ContentLog, HostStatus, HostStatus>>(id => (log, status) =>
        {
            log.Remove(id);
            return status;
        })),
        (1, Gen.Int[1, 50].Select<int, Func<ContentLog, HostStatus, HostStatus>>(times => (log, status) =>
        {
            for (var i = 0; i < times; i++)
            {
                log.Touch();
            }
            return status;
        })),
        (1, Status.Select<HostStatus, Func<ContentLog, HostStatus, HostStatus>>(next => (log, _) =>
        {
            log.Touch();
            return next;
        })));

    public static Gen<ImmutableArray<NewsStep>> Any { get; } =
        Gen.Select(What, Gen.Frequency((6, Gen.Const(NewsWay.Read)), (4, Gen.Enum<NewsWay>())), (what, way) => new NewsStep(what, way)).Array[1, 25].Select(steps => steps.ToImmutableArray());
}

/// <summary>Something happens, and a news of it is written.</summary>
/// <param name="Do">What happens.</param>
/// <param name="Way">What becomes of the news.</param>
internal sealed record NewsStep(Func<ContentLog, HostStatus, HostStatus> Do, NewsWay Way);

/// <summary>What becomes of a news.</summary>
internal enum NewsWay
{
    Read,
    Twice,

    /// <summary>Its writer knows that it may be lost.</summary>
    Lost,
    LostUnnoticed,

    /// <summary>It is read later, after others.</summary>
    Late,

    /// <summary>It is read, and then all that are late.</summary>
    WithLate,

    /// <summary>It is read; then the reader begins a life that knows nothing.</summary>
    ReaderMoved,
}
