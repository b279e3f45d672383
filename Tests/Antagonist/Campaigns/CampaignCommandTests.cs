using System.CommandLine;
using HmsOrleans.Antagonist.CommandLine;
using Xunit;

namespace HmsOrleans.Tests.Antagonist.Campaigns;

public sealed class CampaignCommandTests
{
    [Theory]
    [InlineData("killsilo")]
    [InlineData("stop,1")]
    public void Kinds_that_are_none_of_containers_are_refused(string kinds) => Assert.Contains(
        "is not one of stop, kill, memory, loss, pause, freeze, disconnect, delay",
        Assert.Single(CampaignCommand.Create().Parse(["run", "--out", "results", "--kinds", kinds]).Errors).Message, StringComparison.Ordinal);

    [Fact]
    public async Task A_directory_that_another_campaign_plays_into_is_refused()
    {
        var directory = Directory.CreateTempSubdirectory("hms-campaign-");
        try
        {
            await using var other = new FileStream(Path.Combine(directory.FullName, "campaign.lock"), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);

            var error = await Assert.ThrowsAsync<CommandFailedException>(() => CampaignCommand.Create().Parse(["run", "--out", directory.FullName])
                .InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false }, TestContext.Current.CancellationToken));

            Assert.Contains($"Where another campaign plays into {directory.FullName}, wait until it ends", error.Message, StringComparison.Ordinal);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }
}
