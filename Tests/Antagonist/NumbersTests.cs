using System.CommandLine;
using HmsOrleans.Antagonist.CommandLine;
using Xunit;

namespace HmsOrleans.Tests.Antagonist;

/// <summary>Numbers on the antagonist's command line.</summary>
public sealed class NumbersTests
{
    [Theory]
    [InlineData("--loss", "ten", "--loss is ten; it must be a number from 0 to 100 (percent)")]
    [InlineData("--loss", "101", "--loss is 101; it must be a number from 0 to 100 (percent)")]
    [InlineData("--heavy", "-1", "--heavy is -1; it must be a number from 0 to 100 (percent)")]
    [InlineData("--loss", "NaN", "--loss is NaN; it must be a number from 0 to 100 (percent)")]
    [InlineData("--loss", "99.5", null)]
    public void One_of_a_scenario(string option, string value, string? error) =>
        Check(PlanCommand.Create(), ["--host", "h1", "--containers", "web", option, value], error);

    [Theory]
    [InlineData("0", "--max-share is 0; it must be a number above 0 and up to 100 (percent)")]
    [InlineData("half", "--max-share is half; it must be a number above 0 and up to 100 (percent)")]
    [InlineData("100", null)]
    public void The_share_of_an_agent(string value, string? error) => Check(AgentCommand.Create(), ["--host", "h1", "--max-share", value], error);

    [Theory]
    [InlineData("1.5", "--repetitions is 1.5; it must be a whole number from 1 to 99")]
    [InlineData("100", "--repetitions is 100; it must be a whole number from 1 to 99")]
    [InlineData("30", null)]
    public void The_repetitions_of_a_campaign(string value, string? error) => Check(CampaignCommand.Create(), ["run", "--out", "/tmp/none", "--repetitions", value], error);

    private static void Check(Command command, string[] given, string? error) =>
        Assert.Equal(error is null ? [] : [error], command.Parse(given).Errors.Select(one => one.Message));
}
