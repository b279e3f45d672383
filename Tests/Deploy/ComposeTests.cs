using HmsOrleans.Tests.Engine;
using Xunit;

namespace HmsOrleans.Tests.Deploy;

/// <summary>deploy/compose.yaml, read by the docker-compose that this machine has.</summary>
public sealed class ComposeTests
{
    private static readonly string[] Settings = ["HMS_HOST_ADDRESS=192.0.2.1", "HMS_DB_PASSWORD=of-the-test", "DOCKER_GID=4711"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_is_a_site_with_what_stands_in_the_environment_file()
    {
        var site = await ReadAsync(Settings);
        Assert.All(
            ["postgres:", "hms-orleans:latest", "/opt/hms-orleans/api/HmsOrleans.Api", "Password=of-the-test", "Hms__Host__Address: 192.0.2.1", "4711", "NET_RAW"],
            wanted => Assert.Contains(wanted, site, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("HMS_HOST_ADDRESS")]
    [InlineData("HMS_DB_PASSWORD")]
    [InlineData("DOCKER_GID")]
    public async Task What_is_missing_is_named(string name)
    {
        var refusal = await Assert.ThrowsAsync<InvalidOperationException>(() => ReadAsync([.. Settings.Where(setting => !setting.StartsWith(name, StringComparison.Ordinal))]));
        Assert.Contains(name, refusal.Message, StringComparison.Ordinal);
        Assert.Contains("set it in deploy/.env", refusal.Message, StringComparison.Ordinal);
    }

    private static async Task<string> ReadAsync(string[] settings)
    {
        var directory = Directory.CreateTempSubdirectory("hms-compose-");
        try
        {
            File.Copy(SourceTree.File("deploy/compose.yaml"), Path.Combine(directory.FullName, "compose.yaml"));
            await File.WriteAllLinesAsync(Path.Combine(directory.FullName, ".env"), settings, Token);
            return await Command.RunAsync(
                "/bin/sh", Token, "-c", "cd \"$0\" && if command -v docker-compose >/dev/null; then docker-compose config; else docker compose config; fi", directory.FullName);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }
}
