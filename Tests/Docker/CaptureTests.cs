using HmsOrleans.Grains.Engine;
using HmsOrleans.Grains.Incidents;
using HmsOrleans.Silo.Docker;
using HmsOrleans.Tests.Engine;
using Microsoft.Extensions.Options;
using Xunit;

namespace HmsOrleans.Tests.Docker;

/// <summary>What a real engine tells of a container that is in trouble.</summary>
[Collection<EngineCollection>]
public sealed class CaptureTests(EngineFixture engine) : IAsyncLifetime
{
    private readonly DockerHost _host = engine.Host;
    private readonly DockerEngine _engine = new(Options.Create(new DockerOptions { Endpoint = engine.Host.Socket }));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        _engine.Dispose();
        await _host.RemoveAllAsync(CancellationToken.None);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_last_hundred_lines_of_both_streams_each_cut_when_it_is_long(bool hasTerminal)
    {
        var id = await RunToItsEndAsync("web", hasTerminal ? ["-t"] : [],
            "i=1; while [ $i -le 300 ]; do echo line $i; i=$((i+1)); done; sleep 2; echo 'ein schöner Fehler' >&2; sleep 2; head -c 3000 /dev/zero | tr '\\0' x; echo; exit 7");

        var capture = await CaptureAsync(id);
        Assert.Equal(100, capture.Log.Length);
        Assert.Equal(["line 203", "line 300", "ein schöner Fehler", new string('x', 1000)], [capture.Log[0], .. capture.Log[^3..]]);
        Assert.Equal((7, false, null, null), (capture.ExitCode, capture.OutOfMemory, capture.HealthOutput, capture.Memory));
    }

    [Fact]
    public async Task What_the_next_run_says_is_left_out()
    {
        var id = await RunToItsEndAsync("web", [], "test -f /tmp/second && echo second || echo first; touch /tmp/second; exit 1");
        // The engine reads what was said a little after the end of the run that said it.
        var known = TimeProvider.System.GetUtcNow();
        await _host.Docker(Token, "start", "-a", "web").ContinueWith(_ => { }, TaskScheduler.Default); // its exit code is 1
        Assert.Equal(["first", "second"], (await CaptureAsync(id)).Log);

        Assert.Equal(["first"], (await _engine.CaptureAsync(id, known, Token)).Log);
    }

    [Fact]
    public async Task What_its_health_check_said_last()
    {
        var id = await _host.RunContainerAsync("web", Token, "--health-cmd", "echo connection refused; false", "--health-interval", "200ms", "--health-retries", "1");
        while ((await _engine.InspectAsync(id, Token))!.HealthCheck != HealthCheck.Unhealthy)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Token);
        }
        var capture = await CaptureAsync(id);
        Assert.Equal(("connection refused", null), (capture.HealthOutput, capture.ExitCode));
        Assert.Empty(capture.Log);
    }

    [Fact]
    public async Task One_whose_output_is_not_kept_or_that_is_gone_is_refused()
    {
        var mute = await RunToItsEndAsync("mute", ["--log-driver", "none"], "echo unheard");
        await Assert.ThrowsAsync<EngineRefusedException>(() => CaptureAsync(mute));
        await Assert.ThrowsAsync<EngineRefusedException>(() => CaptureAsync(new string('a', 64)));
    }

    private Task<IncidentCapture> CaptureAsync(string id) => _engine.CaptureAsync(id, TimeProvider.System.GetUtcNow(), Token);

    private async Task<string> RunToItsEndAsync(string name, string[] options, string script)
    {
        var id = await _host.Docker(Token, ["run", "-d", "--name", name, .. options, DockerHost.IdleImage, "sh", "-c", script]);
        await _host.Docker(Token, "wait", name);
        return id;
    }
}
