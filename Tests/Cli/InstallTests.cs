using HmsOrleans.Tests.Engine;
using Xunit;

namespace HmsOrleans.Tests.Cli;

/// <summary>The two commands of docs/cli.md that install the program, with the build that is there.</summary>
public sealed class InstallTests
{
    [Fact]
    public async Task It_is_packed_and_installed_as_a_tool()
    {
        var directory = Directory.CreateTempSubdirectory("hms-tool-").FullName;
        try
        {
            var token = TestContext.Current.CancellationToken;
            await Command.RunAsync("dotnet", token, "pack", SourceTree.File("Cli/Cli.csproj"), "-c", "Release", "--no-build", "-o", $"{directory}/package");
            await Command.RunAsync("dotnet", token, "tool", "install", "HmsOrleans.Cli", "--tool-path", $"{directory}/tool", "--source", $"{directory}/package");

            var run = await Hms.RunAsync($"{directory}/tool/hms", new("http://127.0.0.1:1"), [], "ps");

            run.MustFail(3, "Connection refused");
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }
}
