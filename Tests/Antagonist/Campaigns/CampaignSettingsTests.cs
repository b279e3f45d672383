using HmsOrleans.Antagonist.Campaigns;
using HmsOrleans.Grains.Antagonist;
using Xunit;

namespace HmsOrleans.Tests.Antagonist.Campaigns;

public sealed class CampaignSettingsTests
{
    private static readonly CampaignSettings Settings = new() { Directory = "", Length = TimeSpan.FromSeconds(20) };

    private static readonly CellInfo Cell = new HistoryBuilder(length: 20.1).Build(repetition: 2).Info with { PlannedLength = 20 };

    [Fact]
    public void A_cell_that_was_played_as_it_would_be_now_differs_in_nothing()
    {
        Assert.Null(Difference(Settings));
        Assert.Null((Settings with { Length = TimeSpan.FromMinutes(5) }).DifferenceTo(Cell with { PlannedLength = null }, [HistoryBuilder.Host]));
    }

    [Fact]
    public void What_differs_is_said()
    {
        Assert.Equal("--arm healing, not control", Difference(Settings with { Arm = CampaignArm.Control }));
        Assert.Equal("without --calm", Difference(Settings with { IsCalm = true }));
        Assert.Equal("--seed 1, not 3", Difference(Settings with { Seed = 3 }));
        Assert.Equal("--length 20s, not 300s", Difference(Settings with { Length = TimeSpan.FromMinutes(5) }));
        Assert.Equal($"against {HistoryBuilder.Host}, not 10.0.0.2", Settings.DifferenceTo(Cell, ["10.0.0.2"]));
        Assert.EndsWith("Stop and Loss", Difference(Settings with { Kinds = [AttackKind.Kill] }), StringComparison.Ordinal);
        Assert.StartsWith("attacks of heavy 1 %", Settings.DifferenceTo(Cell with { Attack = Cell.Attack with { Heavy = 1 } }, [HistoryBuilder.Host]), StringComparison.Ordinal);
    }

    private static string? Difference(CampaignSettings settings) => settings.DifferenceTo(Cell, [HistoryBuilder.Host]);
}
