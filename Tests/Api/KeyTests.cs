using System.Net;
using HmsOrleans.Api.Security;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using Xunit;

namespace HmsOrleans.Tests.Api;

public sealed class KeyTests
{
    private const string Threshold = """{"threshold": 61}""";

    public static TheoryData<string, string, string?> Reads => new()
    {
        { "GET", "/containers", null },
        { "GET", "/containers/10.0.0.1", null },
        { "GET", "/containers/10.0.0.1/web", null },
        { "GET", "/hosts", null },
        { "GET", "/settings", null },
        { "GET", "/notifications", null },
        { "GET", "/metrics", null },
        { "GET", "/openapi/v1.json", null },
        { "GET", "/scalar/", null },
        { "GET", "/dashboard/", null },
        { "GET", "/dashboard/version", null },
        { "GET", "/", null },
    };

    public static TheoryData<string, string, string?> Commands => new()
    {
        { "PUT", "/containers/10.0.0.1/web", null },
        { "DELETE", "/containers/10.0.0.1/web", null },
        { "POST", "/containers/10.0.0.1/web", Threshold },
        { "POST", "/containers/10.0.0.1", Threshold },
        { "POST", "/containers", Threshold },
        { "PUT", "/containers/10.0.0.1", null },
        { "DELETE", "/containers/10.0.0.1", null },
        { "POST", "/settings", Threshold },
        { "PUT", "/notifications/mutes/10.0.0.1/web", null },
        { "DELETE", "/notifications/mutes/10.0.0.1/web", null },
        { "POST", "/notifications/maintenance", """{"until": "2999-01-01T00:00:00Z", "from": "2998-12-31T00:00:00Z"}""" },
        { "POST", "/notifications/test", null },
    };

    [Theory, MemberData(nameof(Reads)), MemberData(nameof(Commands))]
    public async Task Without_a_key_nothing_is_answered(string method, string path, string? body)
    {
        await using var node = await ApiNode.Start(keys: true);

        var reply = await node.Send(method, path, body);

        reply.MustBeProblem(HttpStatusCode.Unauthorized, "key-required");
        Assert.StartsWith("Bearer", reply.Headers["WWW-Authenticate"], StringComparison.Ordinal);
    }

    public static TheoryData<string, string> WrongKeys => new()
    {
        { "X-Api-Key", "wrong-key-0123456789" },
        { "X-Api-Key", "" },
        { "X-Api-Key", ApiNode.OperatorKey[..^1] },
        { "X-Api-Key", ApiNode.OperatorKey + "0" },
        { "X-Api-Key", "OPERATOR-KEY-0123456789" },
        { "Authorization", "Bearer wrong-key-0123456789" },
        { "Authorization", "Bearer " },
        { "Authorization", "Basic " + ApiNode.OperatorKey },
        { "Authorization", ApiNode.OperatorKey },
    };

    [Theory, MemberData(nameof(WrongKeys))]
    public async Task A_wrong_key_is_refused(string header, string value)
    {
        await using var node = await ApiNode.Start(keys: true);

        (await node.Get("/containers", (header, value))).MustBeProblem(HttpStatusCode.Unauthorized, "key-required");
        (await node.Get("/nothing", (header, value))).MustBeProblem(HttpStatusCode.Unauthorized, "key-required");
    }

    [Theory, MemberData(nameof(Reads))]
    public async Task A_viewer_reads(string method, string path, string? body)
    {
        await using var node = await ApiNode.Start(keys: true);

        Assert.Equal(HttpStatusCode.OK, (await node.Send(method, path, body, headers: ("X-Api-Key", ApiNode.ViewerKey))).Status);
    }

    [Theory, MemberData(nameof(Commands))]
    public async Task A_viewer_commands_nothing_and_an_operator_everything(string method, string path, string? body)
    {
        await using var node = await ApiNode.Start(keys: true);

        var refused = (await node.Send(method, path, body, headers: ("X-Api-Key", ApiNode.ViewerKey)))
            .MustBeProblem(HttpStatusCode.Forbidden, "role-insufficient");
        Assert.Contains("'wall'", (string?)refused["detail"], StringComparison.Ordinal);
        Assert.Equal(60, node.Fleet.Controller.Settings.Threshold);
        Assert.Equal(3, node.Fleet.Host.Containers.Count(container => container.Health == Grains.Health.HealthState.Healthy));

        (await node.Send(method, path, body, headers: ("X-Api-Key", ApiNode.OperatorKey))).MustBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("Bearer " + ApiNode.OperatorKey)]
    [InlineData("bearer  " + ApiNode.OperatorKey)]
    public async Task A_key_can_come_as_bearer(string authorization)
    {
        await using var node = await ApiNode.Start(keys: true);

        (await node.Post("/containers", Threshold, ("Authorization", authorization))).MustBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task With_keys_the_node_answers_to_any_name()
    {
        await using var node = await ApiNode.Start(keys: true);

        (await node.Get("/containers", ("X-Api-Key", ApiNode.ViewerKey), ("Host", "monitor.example.org"))).MustBe(HttpStatusCode.OK);
    }

    public static TheoryData<string, string> WrongSettings => new()
    {
        { "Hms:Api:Proxies=10.0.0.5, 10.0.0.0/33", "Hms:Api:Proxies has '10.0.0.0/33', which is neither an address nor a network" },
        { "Hms:Api:Keys=operator-key-0123456789", "has to be a list" },
        { "Hms:Api:Keys:0:Key=short;Hms:Api:Keys:0:Name=a;Hms:Api:Keys:0:Role=viewer", "Hms:Api:Keys:0:Key has 5 characters; give at least 16" },
        { "Hms:Api:Keys:0:Key=operator key 0123456789;Hms:Api:Keys:0:Name=a;Hms:Api:Keys:0:Role=viewer", "Hms:Api:Keys:0:Key has a space" },
        { "Hms:Api:Keys:0:Key=operator-key-0123456789;Hms:Api:Keys:0:Name=a;Hms:Api:Keys:0:Role=root", "Hms:Api:Keys:0:Role is 'root'; it has to be 'viewer'" },
        { "Hms:Api:Keys:0:Key=operator-key-0123456789;Hms:Api:Keys:0:Role=viewer", "Hms:Api:Keys:0:Name is missing" },
        { "Hms:Api:Keys:0:Name=a;Hms:Api:Keys:0:Role=viewer", "Hms:Api:Keys:0:Key has 0 characters" },
        { "Hms:Api:Keys:0:Key=operator-key-0123456789;Hms:Api:Keys:0:Name=a;Hms:Api:Keys:0:Role=viewer;Hms:Api:Keys:1:Key=operator-key-0123456789;Hms:Api:Keys:1:Name=b;Hms:Api:Keys:1:Role=operator", "'a' and 'b' have the same key" },
        { "Hms:Api:Keys:0:Key=operator-key-0123456789;Hms:Api:Keys:0:Name=a;Hms:Api:Keys:0:Role=viewer;Hms:Api:Keys:1:Key=operator-key-9876543210;Hms:Api:Keys:1:Name=a;Hms:Api:Keys:1:Role=operator", "the name 'a' occurs 2 times" },
    };

    [Theory, MemberData(nameof(WrongSettings))]
    public async Task Wrong_keys_keep_the_node_from_starting_and_no_key_is_printed(string settings, string message)
    {
        (string, string)[] pairs = [.. settings.Split(';').Select(pair => pair.Split('=')).Select(pair => (pair[0], pair[1]))];

        var failure = await Assert.ThrowsAsync<OptionsValidationException>(() => ApiNode.Start(settings: pairs));

        Assert.Contains(message, failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("0123456789", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Keys_are_a_list_in_the_configuration()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(ApiNode.Keys.ToDictionary(pair => pair.Key, string? (pair) => pair.Value)).Build();
        var options = new ApiOptions();
        configuration.GetSection(ApiOptions.Section).Bind(options);

        Assert.Equal(["admin", "wall", "monkey"], options.Keys.Select(key => key.Name));
    }
}
