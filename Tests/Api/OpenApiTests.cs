using System.Net;
using System.Text.Json.Nodes;
using HmsOrleans.Api.Problems;
using Xunit;

namespace HmsOrleans.Tests.Api;

public sealed class OpenApiTests
{
    [Fact]
    public async Task The_document_is_of_version_3_1_and_has_every_path()
    {
        var document = await Document();

        Assert.StartsWith("3.1.", (string?)document["openapi"], StringComparison.Ordinal);
        Assert.Equal(
            [
                "/containers/{address}/{container}/availability: get",
                "/containers/{address}/{container}/badge.svg: get",
                "/containers/{address}/{container}/explanation: get",
                "/containers/{address}/{container}/restart: post",
                "/containers/{address}/{container}: delete get post put",
                "/containers/{address}: delete get post put",
                "/containers: get post",
                "/events: get",
                "/healthz: get",
                "/hosts/{address}/availability: get",
                "/hosts/{address}/watched: get",
                "/hosts: get",
                "/incidents/{id}: get",
                "/incidents: get",
                "/notifications/maintenance/{window}: delete",
                "/notifications/maintenance: post",
                "/notifications/mutes/{address}/{container}: delete put",
                "/notifications/test: post",
                "/notifications: get",
                "/readyz: get",
                "/settings: get post",
                "/test/{address}: delete get post put",
                "/test: delete get post put",
            ],
            document["paths"]!.AsObject()
                .Select(path => $"{path.Key}: {string.Join(' ', path.Value!.AsObject().Select(operation => operation.Key).Order(StringComparer.Ordinal))}")
                .Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Every_operation_says_what_it_does_with_examples()
    {
        foreach (var (name, operation) in Operations(await Document()))
        {
            Assert.All(["operationId", "summary", "description"], field => Assert.False(string.IsNullOrWhiteSpace((string?)operation[field]), $"{name} {field}"));
            Assert.NotEmpty(operation["tags"]!.AsArray());
            Assert.All(operation["parameters"]?.AsArray() ?? [], parameter => Assert.True(parameter!["description"] is not null && parameter["example"] is not null, name));
            if (name.StartsWith("post", StringComparison.Ordinal) && name != "post /notifications/test" && !name.EndsWith("/restart", StringComparison.Ordinal))
            {
                Assert.NotNull(operation["requestBody"]!["content"]!["application/json"]!["example"]);
                Assert.True((bool)operation["requestBody"]!["required"]!, name);
            }
            var success = operation["responses"]!.AsObject().Where(response => response.Key[0] == '2').ToList();
            Assert.NotEmpty(success);
            Assert.All(success, response => Assert.True(response.Value!["content"]!.AsObject().Single().Value!["example"] is not null, name));
        }
    }

    [Fact]
    public async Task Every_error_is_documented_with_its_problem_types()
    {
        var types = new HashSet<string>();
        foreach (var (name, operation) in Operations(await Document()))
        {
            var failures = operation["responses"]!.AsObject().Where(response => response.Key[0] is '4' or '5').ToDictionary();
            foreach (var (status, response) in failures)
            {
                foreach (var (type, example) in response!["content"]!["application/problem+json"]?["examples"]!.AsObject() ?? [])
                {
                    Assert.Equal(("urn:hms:problem:" + type, status), ((string?)example!["value"]!["type"], example["value"]!["status"]!.ToString()));
                    types.Add(type);
                }
            }
            Assert.Contains("500", failures.Keys);
            Assert.Equal(!name.EndsWith('z'), failures.ContainsKey("401"));
            Assert.Equal(name.Contains("{address}", StringComparison.Ordinal) || name == "get /incidents", failures.ContainsKey("400") && failures["400"]!.ToJsonString().Contains("address-malformed", StringComparison.Ordinal));
            Assert.Equal(operation["requestBody"] is not null, failures.ContainsKey("413") && failures.ContainsKey("415"));
        }
        // Those that belong to no path are in the introduction.
        var general = new[] { ProblemType.PathUnknown, ProblemType.MethodNotAllowed, ProblemType.RequestInvalid };
        Assert.Equal(ProblemType.All.Except(general).Select(type => type.Name).Order(StringComparer.Ordinal), types.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_introduction_lists_every_problem_type()
    {
        var text = (string?)(await Document())["info"]!["description"];

        Assert.All(ProblemType.All, type => Assert.Contains($"| {type.Status} | `{type.Uri}` |", text, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_problem_type_is_in_the_list_once()
    {
        var declared = typeof(ProblemType).GetFields().Where(field => field.FieldType == typeof(ProblemType)).Select(field => ((ProblemType)field.GetValue(null)!).Uri);

        Assert.Equal(declared.Order(StringComparer.Ordinal), ProblemType.All.Select(type => type.Uri).Order(StringComparer.Ordinal));
        Assert.Equal(ProblemType.All.Count, ProblemType.All.DistinctBy(type => type.Uri).Count());
    }

    [Fact]
    public async Task Commands_document_that_a_setting_may_not_be_saved_yet()
    {
        var commands = Operations(await Document()).Where(operation => !operation.Name.StartsWith("get", StringComparison.Ordinal) && !operation.Name.Contains("/test", StringComparison.Ordinal)).ToList();

        Assert.Equal(13, commands.Count);
        Assert.All(commands, command => Assert.NotNull(command.Operation["responses"]!["202"]!["headers"]!["Hms-Unsaved"]));
    }

    [Fact]
    public async Task Schemas_have_descriptions_ranges_and_plain_numbers()
    {
        var schemas = (await Document())["components"]!["schemas"]!;

        Assert.Equal((0, 100), ((int)schemas["FleetThresholdRequest"]!["properties"]!["threshold"]!["minimum"]!, (int)schemas["FleetThresholdRequest"]!["properties"]!["threshold"]!["maximum"]!));
        Assert.Equal("number", (string?)schemas["Container"]!["properties"]!["threshold"]!["type"]);
        Assert.NotNull(schemas["Container"]!["properties"]!["details"]!["description"]);
        Assert.NotNull(schemas["Host"]!["properties"]!["address"]!["description"]);
        Assert.Equal("string", (string?)schemas["HealthState"]!["type"]);
    }

    [Fact]
    public async Task The_reference_page_loads_nothing_from_elsewhere()
    {
        await using var node = await ApiNode.Start();

        var page = await node.Get("/scalar/");

        Assert.Equal(HttpStatusCode.OK, page.Status);
        Assert.DoesNotContain("https://", page.Text, StringComparison.Ordinal);
        Assert.Contains("default-src 'self'", page.Headers["Content-Security-Policy"], StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await node.Get("/scalar/scalar.js")).Status);
    }

    private static async Task<JsonNode> Document()
    {
        await using var node = await ApiNode.Start();
        return (await node.Get("/openapi/v1.json")).MustBe(HttpStatusCode.OK);
    }

    private static IEnumerable<(string Name, JsonNode Operation)> Operations(JsonNode document) =>
        from path in document["paths"]!.AsObject()
        from operation in path.Value!.AsObject()
        select ($"{operation.Key} {path.Key}", operation.Value);
}
