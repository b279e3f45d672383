using System.Collections.Immutable;
using System.Runtime.InteropServices;
using HmsOrleans.Grains.Antagonist;

namespace HmsOrleans.Antagonist.Campaigns;

/// <summary>How a cell was played, and where.</summary>
internal sealed record CellInfo
{
    public required string Scenario { get; init; }

    /// <summary>Aggregation window in seconds.</summary>
    public required double Window { get; init; }

    public required int Repetition { get; init; }

    public required CampaignArm Arm { get; init; }

    public required bool IsCalm { get; init; }

    public required AttackScenario Attack { get; init; }

    /// <summary>When the antagonists were told to start (UTC): the zero of all times in the cell's files.</summary>
    public required DateTimeOffset Start { get; init; }

    /// <summary>Seconds that were asked for; null where that was not written down.</summary>
    public double? PlannedLength { get; init; }

    /// <summary>Seconds until they were told to halt.</summary>
    public required double Length { get; init; }

    /// <summary>Seconds between two samples.</summary>
    public required double SamplePeriod { get; init; }

    /// <summary>Percent of lost probes above which a container counts as ill.</summary>
    public required double Threshold { get; init; }

    public required ImmutableArray<string> Hosts { get; init; }

    public required ImmutableArray<CellContainer> Containers { get; init; }

    public required CellMachine Machine { get; init; }

    /// <summary>What a reader of the figures has to know: an agent that was started anew, for instance.</summary>
    public ImmutableArray<string> Notes { get; init; } = [];
}

/// <summary>A container that was attacked.</summary>
internal sealed record CellContainer(string Host, string Id, string Name);

/// <summary>The machine that the campaign ran on; in a lab the hosts do, too.</summary>
internal sealed record CellMachine(int Cores, string Kernel, string Runtime, long MemoryBytes)
{
    public static CellMachine Here => new(
        Environment.ProcessorCount, Environment.OSVersion.VersionString, RuntimeInformation.FrameworkDescription, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
}
