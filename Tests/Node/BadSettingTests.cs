using Xunit;

namespace HmsOrleans.Tests.Node;

/// <summary>A node with a bad setting does not start: it ends with code 1 and a message that names the setting.</summary>
public sealed class BadSettingTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("", "Orleans:Clustering:ConnectionString is missing")]
    [InlineData("nonsense", "Orleans:Clustering:ConnectionString cannot be read")]
    public Task A_cluster_needs_a_connection_string(string connectionString, string message) => RefusedAsync(
        message,
        ("Orleans:Clustering:ProviderType", "AdoNet"), ("Orleans:Clustering:Invariant", "Npgsql"), ("Orleans:Clustering:ConnectionString", connectionString));

    [Theory]
    [InlineData("Hms:Health:Threshold", "101", "Hms:Health:Threshold is 101; it must be 0 to 100")]
    [InlineData("Hms:Docker:Endpoint", "nonsense", "Hms:Docker:Endpoint (or DOCKER_HOST) is 'nonsense'")]
    [InlineData("Hms:Docker:Endpoint", "tcp://10.0.0.1:2375", "unix:///var/run/docker.sock")]
    [InlineData("Hms:Controller:Heartbeat", "0", "Hms:Controller:Heartbeat is 00:00:00; it must be at least 00:00:01")]
    [InlineData("Hms:Host:Address", "not an address", "Hms:Host:Address is 'not an address'")]
    [InlineData("Hms:Probe:Count", "0", "Hms:Probe:Count")]
    [InlineData("Hms:Health:BackOff", "soon", "Hms:Health:BackOff")]
    [InlineData("Hms:Hosts:AutoRegister", "ja", "Hms:Hosts:AutoRegister")]
    [InlineData("Hms:History:Retention", "00:30:00", "Hms:History:Retention is 00:30:00; it must be 01:00:00 to 1830.00:00:00")]
    [InlineData("Hms:RabbitMq:Uri", "http://user:secret@broker", "Hms:RabbitMq: Uri is wrong; it must be amqp://host")]
    [InlineData("Hms:RabbitMq:Uri", "", "Hms:RabbitMq: Uri is wrong")]
    [InlineData("Hms:RabbitMq:ReportDialect", "perhaps", "Hms:RabbitMq:ReportDialect")]
    [InlineData("Hms:Notifications:After", "-1", "Hms:Notifications:After is")]
    [InlineData("Hms:Notifications:Channels:0:Type", "sms", "Hms:Notifications:Channels:0:Type is 'sms'; it has to be one of webhook, slack, discord, ntfy, gotify, email")]
    [InlineData("Orleans:Clustering:ProviderType", "Redis", "Orleans:Clustering is of a kind that is not supported")]
    [InlineData("Orleans:Endpoints:SiloPort", "abc", "Orleans:Endpoints:SiloPort is 'abc'; it must be a TCP port")]
    [InlineData("Orleans:Endpoints:GatewayPort", "70000", "Orleans:Endpoints:GatewayPort is '70000'; it must be a TCP port")]
    [InlineData("ASPNETCORE_URLS", "http://0.0.0.0:8099", "Hms:Api:Keys")]
    public Task It_ends_with_code_1_and_names_the_setting(string key, string value, string message) => RefusedAsync(message, (key, value));

    /// <summary>A node with these settings ends with code 1 and says so.</summary>
    internal static async Task RefusedAsync(string message, params (string Key, string Value)[] settings)
    {
        await using var node = NodeProcess.Start("unix:///run/hms-test/nobody.sock", settings);
        await node.UntilAsync("the node has ended", () => Task.FromResult(node.HasExited), Token);

        Assert.Equal(1, node.ExitCode);
        Assert.Contains(message, node.Log, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", node.Log, StringComparison.Ordinal); // no stack trace
    }
}
