using System.Text.Json;
using HmsOrleans.Antagonist.Campaigns;
using HmsOrleans.Grains.Antagonist;
using HmsOrleans.Grains.Engine;
using HmsOrleans.Grains.Health;
using HmsOrleans.Grains.Hosts;
using Xunit;

namespace HmsOrleans.Tests.Antagonist.Campaigns;

public sealed class CellFolderTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("hms-campaign-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private static CellHistory Some(int repetition = 1, CampaignArm arm = CampaignArm.Healing) => new HistoryBuilder(length: 12)
        .View(0, HealthState.Healthy, memory: 1 << 20).Begun(5, AttackKind.Stop, 1).Engine(5.2, "die")
        .View(5.25, HealthState.Restarting, ContainerState.Exited, FaultCause.Stopped, 5.2, loss: null).Engine(6, "start").Ended(6, AttackKind.Stop, 1, "somebody else, \"it\" said,\nstarted it")
        .Begun(7, AttackKind.Loss, 2, 81.5).Ended(9, AttackKind.Loss, 2)
        .Sample(0, HostState.Updated, 1, 1).Sample(0.25, null, null, 2).Count(0, 1, 100, 7).Count(1, 3, 400, 9).Build(repetition: repetition, arm: arm);

    [Fact]
    public void What_is_written_is_read_again()
    {
        var (folder, history) = (new CellFolder(_directory), Some());

        folder.Write(new("low_low", 1, 1), history);
        var read = folder.Read("low_low-1s-01");

        Assert.Equal(history.Records, read.Records);
        Assert.Equal(history.Views, read.Views);
        Assert.Equal(history.Traffic, read.Traffic);
        Assert.Equal(history.Samples.Select(sample => (sample.At, sample.IsAnswered, sample.Hosts[0])), read.Samples.Select(sample => (sample.At, sample.IsAnswered, sample.Hosts[0])));
        Assert.Equal(JsonSerializer.Serialize(history.Info, CellFolder.Json), JsonSerializer.Serialize(read.Info, CellFolder.Json));
    }

    [Fact]
    public void A_cell_is_complete_once_the_mark_is_there_that_is_written_last()
    {
        var settings = new CampaignSettings { Directory = _directory, Scenarios = ["low_low", "high_low"], Windows = [0.1, 1], Repetitions = 2 };
        var folder = new CellFolder(_directory);
        folder.Write(settings.Cells[0], Some());
        folder.Write(settings.Cells[1], Some());
        File.Delete(Path.Combine(_directory, settings.Cells[1].Name, "complete"));

        Assert.Equal(8, settings.Cells.Length);
        Assert.Equal(["low_low-0.1s-01"], folder.Complete);
        Assert.Equal(settings.Cells[1], settings.Cells.First(cell => !folder.IsComplete(cell)));
    }

    [Fact]
    public void The_page_is_made_of_the_raw_data_of_both_arms()
    {
        var control = Directory.CreateDirectory(Path.Combine(_directory, "control")).FullName;
        var healing = Path.Combine(_directory, "healing");
        new CellFolder(healing).Write(new("low_low", 1, 1), Some());
        new CellFolder(healing).Write(new("low_low", 1, 2), Some(2));
        new CellFolder(control).Write(new("low_low", 1, 1), Some(arm: CampaignArm.Control));

        var page = File.ReadAllText(CampaignReport.Write([healing, control]));

        Assert.Contains("low_low, 1 s, not healed", page, StringComparison.Ordinal);
        Assert.Contains("data:image/png;base64,iVBOR", page, StringComparison.Ordinal);
        Assert.DoesNotContain("http", page, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(healing, "figure-17.png")));
        var tables = File.ReadAllText(Path.Combine(healing, "tables.md"));
        Assert.Contains("\n| low_low, 1 s, not healed | ", tables, StringComparison.Ordinal);
        Assert.All(tables.Split("\n\n", StringSplitOptions.RemoveEmptyEntries), table => Assert.Single(table.Trim().Split('\n').Select(line => line.Count(sign => sign == '|')).Distinct()));
        using var results = JsonDocument.Parse(File.ReadAllText(Path.Combine(healing, "results.json")));
        Assert.Equal(2, results.RootElement.GetArrayLength());
        Assert.Equal(2, results.RootElement[0].GetProperty("cells").GetInt32());
        Assert.Equal(Some().Info.Start, results.RootElement[0].GetProperty("start").GetDateTimeOffset());
        Assert.Equal((12, 1, Environment.ProcessorCount), (
            results.RootElement[0].GetProperty("length").GetInt32(), results.RootElement[0].GetProperty("seed").GetInt32(),
            results.RootElement[0].GetProperty("machine").GetProperty("cores").GetInt32()));
    }
}
