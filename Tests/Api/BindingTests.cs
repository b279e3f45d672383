using HmsOrleans.Api.Security;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace HmsOrleans.Tests.Api;

/// <summary>Without keys the node listens to this machine only, in whatever way it was told where to listen.</summary>
public sealed class BindingTests
{
    [Theory]
    [InlineData("http://localhost:8080")]
    [InlineData("http://LOCALHOST:8080/")]
    [InlineData("http://127.0.0.1:8080")]
    [InlineData("http://127.8.8.8:8080")]
    [InlineData("https://[::1]:8443")]
    [InlineData("http://unix:/run/hms.sock")]
    public void Addresses_of_this_machine_need_no_key(string url) => ApiBinding.Validate([url], new ApiOptions());

    [Theory]
    [InlineData("http://0.0.0.0:8080")]
    [InlineData("http://*:8080")]
    [InlineData("http://+:8080")]
    [InlineData("http://[::]:8080")]
    [InlineData("http://10.0.0.1:8080")]
    [InlineData("https://monitor.example.org")]
    [InlineData("http://localhost.example.org:8080")]
    [InlineData("http://<file handle>")]
    [InlineData("nonsense")]
    public void Addresses_that_others_reach_need_one(string url)
    {
        var failure = Assert.Throws<ApiBindingException>(() => ApiBinding.Validate(["http://127.0.0.1:1", url], new ApiOptions()));

        Assert.All([url, "ASPNETCORE_URLS", "Hms:Api:Keys"], part => Assert.Contains(part, failure.Message, StringComparison.Ordinal));
        ApiBinding.Validate([url], new ApiOptions { Keys = { new ApiKey() } });
    }

    public static TheoryData<string> OpenSettings => new(
        "urls=http://0.0.0.0:0",
        "urls=http://127.0.0.1:0;http://[::]:0",
        "http_ports=0",
        "https_ports=0",
        "Kestrel:Endpoints:Open:Url=http://*:0",
        "urls=http://127.0.0.1:0|Kestrel:Endpoints:Open:Url=http://*:0",
        "urls=http://*:0|Kestrel:Endpoints:Closed:Url=http://127.0.0.1:0|preferHostingUrls=true");

    [Theory, MemberData(nameof(OpenSettings))]
    public async Task A_node_that_others_would_reach_does_not_start(string settings)
    {
        await using var app = ApiNode.Build(FakeFleet.WithOneHost(), Samples.Address, null, Split(settings));
        var bound = false;
        app.Lifetime.ApplicationStarted.Register(() => bound = true);

        var failure = await Assert.ThrowsAsync<ApiBindingException>(() => app.StartAsync(TestContext.Current.CancellationToken));

        Assert.Contains("Hms:Api:Keys", failure.Message, StringComparison.Ordinal);
        Assert.False(bound);
    }

    [Fact]
    public async Task Nor_when_code_told_it_where_to_listen()
    {
        await using var added = ApiNode.Build(FakeFleet.WithOneHost(), Samples.Address, null);
        added.Urls.Add("http://*:0");
        await Assert.ThrowsAsync<ApiBindingException>(() => added.StartAsync(TestContext.Current.CancellationToken));

        await using var listening = ApiNode.Build(
            FakeFleet.WithOneHost(), Samples.Address, null, services => services.Configure<KestrelServerOptions>(kestrel => kestrel.ListenAnyIP(0)));
        await Assert.ThrowsAsync<ApiBindingException>(() => listening.StartAsync(TestContext.Current.CancellationToken));
    }

    public static TheoryData<string> ClosedSettings => new(
        "urls=http://127.0.0.1:0",
        "urls=http://127.0.0.1:0|http_ports=8080",
        "Kestrel:Endpoints:Closed:Url=http://127.0.0.1:0|urls=http://*:8080");

    [Theory, MemberData(nameof(ClosedSettings))]
    public async Task A_setting_that_another_one_overrides_does_not_count(string settings)
    {
        await using var app = ApiNode.Build(FakeFleet.WithOneHost(), Samples.Address, null, Split(settings));

        await app.StartAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task With_keys_it_listens_wherever_it_is_told()
    {
        await using var app = ApiNode.Build(FakeFleet.WithOneHost(), Samples.Address, null, [("urls", "http://*:0"), .. ApiNode.Keys]);

        await app.StartAsync(TestContext.Current.CancellationToken);
    }

    private static (string, string)[] Split(string settings) =>
        [.. settings.Split('|').Select(pair => pair.Split('=', 2)).Select(pair => (pair[0], pair[1]))];
}
