using System.Diagnostics;
using System.Text.Json;
using HmsOrleans.Tests.Engine;
using Xunit;

namespace HmsOrleans.Tests.Deploy;

/// <summary>deploy/up.sh --demo, as a newcomer calls it, but with an engine of ours.</summary>
[Collection<EngineCollection>]
public sealed class UpTests : IAsyncLifetime
{
    private const string Address = "127.0.0.1";
    private const string Url = "http://127.0.0.1:8095";

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("hms-up-test-");
    private readonly HttpClient _http = new() { BaseAddress = new Uri(Url), Timeout = TimeSpan.FromSeconds(10) };
    private readonly Dictionary<string, string> _environment;
    private readonly DockerHost _host;
    private Process? _up;

    public UpTests(EngineFixture engine)
    {
        _host = engine.Host;
        _environment = new(engine.Host.CommandLine)
        {
            ["HMS_RUN"] = Run,
            ["ASPNETCORE_URLS"] = Url,
            ["Hms__Host__Address"] = Address,
            ["Hms__DataDirectory"] = $"{_directory.FullName}/data",
            ["Hms__Health__StartGrace"] = "00:00:00.3",
            ["Orleans__Endpoints__SiloPort"] = "11195",
            ["Orleans__Endpoints__GatewayPort"] = "30195",
            ["MSBUILDDISABLENODEREUSE"] = "1",
        };
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static string Script => SourceTree.File("deploy/up.sh");

    private string Run => $"{_directory.FullName}/run";

    private string LogFile => $"{_directory.FullName}/log";

    /// <summary>It builds first.</summary>
    private Patient Patiently => new(() => File.ReadAllTextAsync(LogFile), TimeSpan.FromMinutes(3));

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        if (_up is { } up)
        {
            await Command.SignalAsync("TERM", [up.Id]);
            await up.WaitForExitAsync();
            up.Dispose();
        }
        await _host.RemoveAllAsync(CancellationToken.None);
        _directory.Delete(recursive: true);
    }

    [Fact]
    public async Task The_demo_is_healed_a_second_call_is_refused_and_ctrl_c_leaves_nothing()
    {
        var images = await ImagesAsync();
        var up = Start();
        await Patiently.UntilAsync("it is up", async () => (await File.ReadAllTextAsync(LogFile, Token)).Contains("Ctrl-C ends it.", StringComparison.Ordinal) || up.HasExited);
        var said = await File.ReadAllTextAsync(LogFile, Token);
        Assert.All([$"page       {Url}/", $"REST API   {Url}/scalar", $"dashboard  {Url}/dashboard", "docker kill demo-web-1"], text => Assert.Contains(text, said, StringComparison.Ordinal));

        Assert.Contains("<html", await _http.GetStringAsync(new Uri("/", UriKind.Relative), Token), StringComparison.Ordinal);
        await Patiently.UntilAsync(_http, "containers", hosts => hosts[0].GetProperty("containers").EnumerateArray().Count(view => Text(view, "health") == "healthy") == 5);
        await _host.Docker(Token, "kill", "demo-web-1");
        await Patiently.UntilAsync(_http, $"containers/{Address}/demo-web-1", view => Text(view, "health") == "healthy" && view.GetProperty("restarts").GetInt32() == 1);

        var refusal = await Assert.ThrowsAsync<InvalidOperationException>(() => Command.RunAsync(Script, _environment, Patient.Limit, Token));
        Assert.Contains($"exit code 1: up.sh: already running: process {up.Id}, {Url}", refusal.Message, StringComparison.Ordinal);

        var node = (await File.ReadAllTextAsync($"{Run}/node.pid", Token)).Trim();
        await Command.SignalAsync("INT", [up.Id]);
        await up.WaitForExitAsync(Token);
        Assert.Equal(0, up.ExitCode);
        Assert.False(Directory.Exists($"/proc/{node}"), "the node still runs");
        Assert.False(Directory.Exists(Run), "its own directory is left");
        Assert.Equal("", await _host.Docker(Token, "ps", "-aq"));
        Assert.Equal("", await _host.Docker(Token, "network", "ls", "-q", "--filter", "label=hms.demo"));
        Assert.Equal(images, await ImagesAsync());
    }

    /// <summary>By name: the engine lists those that were made in the same second in any order.</summary>
    private async Task<IEnumerable<string>> ImagesAsync() => (await _host.Docker(Token, "images", "-aq")).Split('\n').Order(StringComparer.Ordinal);

    private static string Text(JsonElement view, string property) => view.GetProperty(property).GetString()!;

    private Process Start()
    {
        // Through a shell because .NET can send output to a pipe only. The tests run in the background, where Ctrl-C is not heard: up.sh is to hear it.
        var start = new ProcessStartInfo("/bin/sh", ["-c", "exec env --default-signal=INT \"$@\" >>\"$0\" 2>&1 </dev/null", LogFile, Script, "--demo"]);
        foreach (var (name, value) in _environment)
        {
            start.Environment[name] = value;
        }
        File.WriteAllText(LogFile, "");
        return _up = Process.Start(start)!;
    }
}
