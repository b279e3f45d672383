using Xunit;

namespace HmsOrleans.Tests.Deploy;

/// <summary>deploy/compose.yaml, read by the docker-compose that this machine has.</summary>
public sealed class ComposeTests
{
    private static readonly string[] Settings = ["HMS_HOST_ADDRESS=192.0.2.1", "HMS_DB_PASSWORD=of-the-test", "DOCKER_GID=4711"];

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
        using var site = new Site(new Dictionary<string, string>(), settings);
        return await site.ComposeAsync(TestContext.Current.CancellationToken, "config");
    }
}
