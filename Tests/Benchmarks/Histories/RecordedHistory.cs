using System.IO.Compression;
using HmsOrleans.Antagonist.Campaigns;
using HmsOrleans.Grains.Containers;
using HmsOrleans.Grains.Health;

namespace HmsOrleans.Benchmarks.Histories;

/// <summary>A minute of each of the report's scenarios on five hosts of five containers, as a campaign has recorded it at a window of 0.1 s.</summary>
internal static class RecordedHistory
{
    /// <summary>Of all of them; nobody needs to know when it was.</summary>
    public static DateTimeOffset Start { get; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static CellHistory Read(string scenario, double window)
    {
        using var packed = typeof(RecordedHistory).Assembly.GetManifestResourceStream($"{scenario}.csv.gz")
            ?? throw new InvalidOperationException($"there is no history of {scenario}");
        using var text = new StreamReader(new GZipStream(packed, CompressionMode.Decompress));
        var views = CellFolder.ReadViews(text);
        return new(
            new()
            {
                Scenario = scenario,
                Window = window,
                Repetition = 1,
                Arm = CampaignArm.Healing,
                IsCalm = false,
                Attack = ReportScenario.Of(scenario).ToAttack(isCalm: false, seed: 1),
                Start = Start,
                Length = 60,
                SamplePeriod = CellSampler.Period,
                Threshold = 60,
                Hosts = [.. views.Select(view => view.Host).Distinct().Order(StringComparer.Ordinal)],
                Containers = [],
                Machine = CellMachine.Here,
            },
            [], [], views, []);
    }

    /// <summary>The container as its host told of it.</summary>
    /// <param name="view">As it was recorded.</param>
    /// <param name="last">As it was before; null when that is not known.</param>
    public static ContainerView AsTold(CellHistory.View view, ContainerView? last)
    {
        var fault = view is { Cause: { } cause, FaultAt: { } at } ? new Fault(cause, Start.AddMilliseconds(Math.Round(at * 1000)), "") : null;
        if (fault is not null)
        {
            // The evidence was not recorded, but it is in the sentence when the fault is new.
            var (open, close) = (view.Details.IndexOf('(', StringComparison.Ordinal), view.Details.LastIndexOf(')'));
            fault = last?.LastFault is { } known && known.At == fault.At ? known
                : fault with { Evidence = open >= 0 && close > open ? view.Details[(open + 1)..close] : "exit code 143" };
        }
        return new()
        {
            Id = view.ContainerId,
            ShortId = view.ContainerId[..12],
            Name = view.Container,
            Image = view.Image,
            Host = view.Host,
            Addresses = view.Address.Length > 0 ? [view.Address] : [],
            ContainerState = view.State,
            ServiceState = view.Service,
            Health = view.Health,
            PacketLoss = view.Loss,
            Rtt = view.Rtt,
            Memory = view.Memory,
            Threshold = 60,
            Restarts = view.Restarts,
            LastFault = fault,
            Details = view.Details,
        };
    }
}
