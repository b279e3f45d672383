using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Xunit;

namespace HmsOrleans.Tests.Cli;

/// <summary>What is asked for, as the API gets to hear it. A server of ours writes that down and answers what the API would.</summary>
public sealed class ChangesTests : IAsyncLifetime
{
    private const string Notifications = """
        {"channels":[],"mutes":[{"host":"10.0.0.1","container":"web","until":null},{"host":"10.0.0.2","container":"db","until":"2999-01-02T12:00:00Z"}],
        "windows":[{"id":"5f0a1d5e","host":null,"from":"2026-01-02T12:00:00Z","until":"2999-01-02T12:00:00Z"}]}
        """;

    private const string Window = """{"id":"5f0a1d5e","host":"10.0.0.1","from":"2026-01-02T12:00:00Z","until":"2999-01-02T12:00:00Z"}""";

    private const string Fleet = """
        [{"address":"10.0.0.1","state":"updated","lastHeartbeat":null,"status":null,"containers":[{"id":"3f00","shortId":"3f00","name":"web","image":"nginx","host":"10.0.0.1",
        "containerState":"running","serviceState":"up","health":"healthy","packetLoss":0,"rtt":null,"memory":null,"threshold":60,"restarts":0,"lastFault":null,"details":"running","staleSince":null}]}]
        """;

    private readonly List<string> _asked = [];
    private readonly WebApplication _server;

    public ChangesTests()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        _server = builder.Build();
        _server.Urls.Add("http://127.0.0.1:0");
        _server.MapFallback(async (HttpContext http) =>
        {
            if (http.Request.Path == "/containers")
            {
                return Results.Text(Fleet, "application/json");
            }
            using var body = new StreamReader(http.Request.Body);
            _asked.Add($"{http.Request.Method} {http.Request.Path} {await body.ReadToEndAsync(http.RequestAborted)}".TrimEnd());
            return Results.Text(http.Request.Path.Value switch { "/notifications/maintenance" => Window, "/test" => "[]", _ => Notifications }, "application/json");
        });
    }

    private Uri Url => new(_server.Urls.Single());

    public async ValueTask InitializeAsync() => await _server.StartAsync(TestContext.Current.CancellationToken);

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory]
    [InlineData("mute web", "PUT /notifications/mutes/10.0.0.1/web")]
    [InlineData("mute 3f", "PUT /notifications/mutes/10.0.0.1/3f00")]
    [InlineData("mute 10.0.0.1/web --for 2999-01-02T12:00Z", """PUT /notifications/mutes/10.0.0.1/web {"until":"2999-01-02T12:00:00.000Z"}""")]
    [InlineData("unmute web", "DELETE /notifications/mutes/10.0.0.1/web")]
    [InlineData("unmute 10.0.0.9/gone", "DELETE /notifications/mutes/10.0.0.9/gone")]
    [InlineData("maintenance begin 2999-01-02T12:00Z", """POST /notifications/maintenance {"until":"2999-01-02T12:00:00.000Z"}""")]
    [InlineData("maintenance begin 2999-01-02T12:00Z --host 10.0.0.1", """POST /notifications/maintenance {"until":"2999-01-02T12:00:00.000Z","host":"10.0.0.1"}""")]
    [InlineData("maintenance end 5f0a1d5e", "DELETE /notifications/maintenance/5f0a1d5e")]
    [InlineData("test start", "PUT /test")]
    [InlineData("test start --heavy 25 --frequency 0.5 --seed 7 --kind stop --kind loss", """PUT /test {"heavy":25,"frequency":0.5,"seed":7,"kinds":["stop","loss"]}""")]
    public async Task Each_change_is_asked_for_once(string line, string asked)
    {
        (await Hms.RunAsync(Url, line.Split(' '))).MustSucceed();

        Assert.Equal([asked], _asked);
    }

    [Fact]
    public async Task What_is_quiet_is_shown()
    {
        Assert.Equal(
            ["HOST      CONTAINER  UNTIL (UTC)", "10.0.0.1  web        for good", "10.0.0.2  db         2999-01-02 12:00:00"],
            (await Hms.RunAsync(Url, "mute")).MustSucceed().Lines);
        Assert.Equal(
            ["ID        HOST  FROM (UTC)           UNTIL (UTC)", "5f0a1d5e  all   2026-01-02 12:00:00  2999-01-02 12:00:00"],
            (await Hms.RunAsync(Url, "maintenance")).MustSucceed().Lines);
        Assert.Equal(2, (await Hms.RunAsync(Url, "mute", "-o", "json")).MustSucceed().Json.GetArrayLength());
    }
}
