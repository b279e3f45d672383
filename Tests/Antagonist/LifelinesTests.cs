using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using HmsOrleans.Antagonist.Agent;
using HmsOrleans.Antagonist.Engine;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace HmsOrleans.Tests.Antagonist;

/// <summary>Which containers the cluster itself lives on.</summary>
public sealed class LifelinesTests
{
    private const string Database = "Orleans:Clustering:ConnectionString";
    private const string Broker = "Hms:RabbitMq:Uri";

    [Theory]
    [InlineData(Database, "Host=172.17.0.9;Database=hms;Username=hms", "172.17.0.9", 0, true)]
    [InlineData(Database, "Host=172.17.0.9;Database=hms;Username=hms", "172.17.0.8", 5432, false)]
    [InlineData(Database, "Host=127.0.0.1;Database=hms", "172.17.0.9", 5432, true)]
    [InlineData(Database, "Host=127.0.0.1;Port=6000;Database=hms", "172.17.0.9", 5432, false)]
    [InlineData(Database, "Host=192.0.2.1,127.0.0.1:6000;Database=hms", "172.17.0.9", 6000, true)]
    [InlineData(Database, "Host=192.0.2.1;Database=hms", "172.17.0.9", 5432, false)]
    [InlineData(Broker, "amqp://guest:guest@127.0.0.1", "172.17.0.9", 5672, true)]
    [InlineData(Broker, "amqps://127.0.0.1/hms", "172.17.0.9", 5671, true)]
    [InlineData(Broker, "amqps://127.0.0.1/hms", "172.17.0.9", 5672, false)]
    [InlineData(Broker, "amqp://[fd00::9]:1234", "fd00::9", 0, true)]
    [InlineData("Hms:Host:Address", "172.17.0.9", "172.17.0.9", 5432, false)]
    public async Task They_are_recognised_by_address_or_published_port(string setting, string value, string address, int port, bool expected)
    {
        var lifelines = await FindAsync(setting, value);

        Assert.Empty(lifelines.Unknown);
        Assert.Equal(expected, lifelines.Include(Container(address, port)));
    }

    [Fact]
    public async Task One_whose_address_is_not_known_is_told_of()
    {
        var lifelines = await FindAsync(Database, "Host=nobody.invalid;Database=hms");

        Assert.Equal(["nobody.invalid"], lifelines.Unknown);
        Assert.False(lifelines.Include(Container("172.17.0.9", 5432)));
    }

    [Fact]
    public async Task One_that_has_got_another_address_is_recognised_and_one_that_cannot_be_found_out_stays_what_it_was()
    {
        string? address = "172.17.0.9";
        var lifelines = await Lifelines.FindAsync(
            new ConfigurationBuilder().AddInMemoryCollection([new(Database, "Host=database;Database=hms")]).Build(), Token,
            (_, _) => address is null ? throw new SocketException() : Task.FromResult<IPAddress[]>([IPAddress.Parse(address)]));

        address = "172.17.0.8";
        await lifelines.RefreshAsync(Token);
        Assert.Equal((false, true), (lifelines.Include(Container("172.17.0.9", 0)), lifelines.Include(Container("172.17.0.8", 0))));
        address = null;
        await lifelines.RefreshAsync(Token);
        Assert.True(lifelines.Include(Container("172.17.0.8", 0)));
    }

    [Fact]
    public async Task A_setting_that_cannot_be_read_is_refused_without_its_secrets()
    {
        var refused = await Assert.ThrowsAsync<FormatException>(() => FindAsync(Database, "Host=127.0.0.1;Pasword=secret"));

        Assert.Contains(Database, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", refused.Message, StringComparison.Ordinal);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static Task<Lifelines> FindAsync(string setting, string value) => Lifelines.FindAsync(
        new ConfigurationBuilder().AddInMemoryCollection([new(setting, value)]).Build(), Token);

    private static ListedContainer Container(string address, int port) =>
        new("1", "one", ImmutableSortedDictionary<string, string>.Empty, true, "bridge", [IPAddress.Parse(address)], port > 0 ? [port] : []);
}
