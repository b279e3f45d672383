using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Xunit;

namespace HmsOrleans.Tests.Cli;

/// <summary>What the history answers, as people and programs get to see it. A server of ours says what it is asked and answers what the API would.</summary>
public sealed class IncidentsTests : IAsyncLifetime
{
    private const string Died = """
        {"id":"b","revision":4,"host":"10.0.0.1","containerId":"3f","container":"web","image":"nginx","cause":"died","evidence":"exit code 1","downSince":"2026-01-02T11:59:59Z",
        "faultAt":"2026-01-02T12:00:00Z","attempts":[{"number":1,"at":"2026-01-02T12:00:00Z","action":"start","cause":"died","evidence":"exit code 1","endedAt":"2026-01-02T12:00:01.5Z","outcome":"done","detail":null}],
        "runningAgainAt":"2026-01-02T12:00:02Z","endedAt":"2026-01-02T12:00:12Z","outcome":"recovered","timeToDetect":1,"timeToHeal":2
        """;

    private const string Offline = """
        {"id":"a","revision":1,"host":"10.0.0.2","containerId":null,"container":null,"image":null,"cause":"hostOffline","evidence":"no sign of life","downSince":null,
        "faultAt":"2026-01-02T11:00:00Z","attempts":[],"runningAgainAt":null,"endedAt":null,"outcome":"open","timeToDetect":null,"timeToHeal":null}
        """;

    private const string Windows = """{"windows":[{"window":"24h","availability":99.9871,"observed":86400,"down":11.5,"incidents":2,"restarts":3,"timeToHeal":0.81},{"window":"7d","availability":null,"observed":0,"down":0,"incidents":0,"restarts":0,"timeToHeal":null}]}""";

    private readonly List<string> _asked = [];
    private readonly WebApplication _server;

    public IncidentsTests()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        _server = builder.Build();
        _server.Urls.Add("http://127.0.0.1:0");
        _server.MapFallback((HttpContext http) =>
        {
            _asked.Add(http.Request.Path + http.Request.QueryString);
            var json = http.Request.Path.Value switch
            {
                "/incidents" => http.Request.Query.ContainsKey("before") ? $$"""{"incidents":[{{Offline}}],"next":null}""" : $$"""{"incidents":[{{Died}}}],"next":"b"}""",
                "/incidents/b" => Died + ""","capture":{"at":"2026-01-02T12:00:00Z","log":["last words","\u001b[2Jgone"],"healthOutput":null,"exitCode":1,"outOfMemory":false,"memory":1048576}}""",
                "/hosts" => """[{"address":"10.0.0.1","state":"updated","lastHeartbeat":null,"status":null,"containers":null}]""",
                "/hosts/10.0.0.1/availability" => Windows,
                _ => null,
            };
            return json is null
                ? Results.Problem("No incident has the id 'c'.", statusCode: 404, title: "No such incident", type: "urn:hms:problem:incident-not-found")
                : Results.Text(json, "application/json");
        });
    }

    private Uri Url => new(_server.Urls.Single());

    public async ValueTask InitializeAsync() => await _server.StartAsync(TestContext.Current.CancellationToken);

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task A_list_is_asked_for_page_by_page_with_what_was_wished()
    {
        var list = (await Hms.RunAsync(Url, "incidents", "--host", "10.0.0.1", "--cause", "died", "--cause", "hostOffline", "--limit", "3")).MustSucceed();

        Assert.Equal(["/incidents?host=10.0.0.1&cause=died&cause=hostOffline&limit=3", "/incidents?host=10.0.0.1&cause=died&cause=hostOffline&before=b&limit=2"], _asked);
        Assert.Equal(
            [
                "ID  WHEN (UTC)           HOST      CONTAINER  CAUSE        OUTCOME    DETECTED  HEALED  ATTEMPTS  EVIDENCE",
                "b   2026-01-02 12:00:00  10.0.0.1  web        died         recovered       1 s     2 s         1  exit code 1",
                "a   2026-01-02 11:00:00  10.0.0.2  -          hostOffline  open              -       -         0  no sign of life",
            ],
            list.Lines);
        Assert.Equal(["b", "a"], (await Hms.RunAsync(Url, "incidents", "-o", "json")).MustSucceed().Json.EnumerateArray().Select(incident => incident.GetProperty("id").GetString()));
        Assert.Single((await Hms.RunAsync(Url, "incidents", "-o", "json", "--limit", "1")).MustSucceed().Json.EnumerateArray());
    }

    [Fact]
    public async Task Those_of_a_container_on_a_host_are_asked_for_by_both()
    {
        (await Hms.RunAsync(Url, "incidents", "--container", "10.0.0.1/web", "--limit", "1")).MustSucceed();
        (await Hms.RunAsync(Url, "incidents", "--container", "web", "--limit", "1")).MustSucceed();

        Assert.Equal(["/incidents?host=10.0.0.1&container=web&limit=1", "/incidents?container=web&limit=1"], _asked);
    }

    [Fact]
    public async Task One_is_told_with_all_that_was_found()
    {
        var one = (await Hms.RunAsync(Url, "incidents", "b")).MustSucceed().Out;

        Assert.StartsWith("web on 10.0.0.1: recovered\n", one, StringComparison.Ordinal);
        Assert.All(["cause          died: exit code 1", "fault found    2026-01-02 12:00:00 UTC, 1 s later", "healed in 2 s", "start for died (exit code 1): done after 1.5 s", "  last words\n", "memory     1.0 MiB"],
            text => Assert.Contains(text, one, StringComparison.Ordinal));
        Assert.Contains("  ?[2Jgone\n", one, StringComparison.Ordinal);
        Assert.Equal("last words", (await Hms.RunAsync(Url, "incidents", "b", "-o", "json")).MustSucceed().Json.GetProperty("capture").GetProperty("log")[0].GetString());
        (await Hms.RunAsync(Url, "incidents", "c")).MustFail(2, "No such incident: No incident has the id 'c'.");
    }

    [Fact]
    public async Task Availability_is_told_for_each_host()
    {
        Assert.Equal(
            [
                "HOST      LAST  AVAILABLE    DOWN  OBSERVED  INCIDENTS  RESTARTS  HEALED IN",
                "10.0.0.1  24h    99.987 %  11.5 s      24 h          2         3     0.81 s",
                "10.0.0.1  7d            -     0 s       0 s          0         0          -",
            ],
            (await Hms.RunAsync(Url, "availability")).MustSucceed().Lines);
        Assert.Equal("10.0.0.1", (await Hms.RunAsync(Url, "availability", "-o", "json")).MustSucceed().Json[0].GetProperty("host").GetString());
    }
}
