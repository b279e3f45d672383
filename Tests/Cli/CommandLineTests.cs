using HmsOrleans.Tests.Engine;
using HmsOrleans.Tests.Node;
using Xunit;

namespace HmsOrleans.Tests.Cli;

/// <summary>The command line against a real node and engine.</summary>
[Collection<EngineCollection>]
public sealed class CommandLineTests : NodeStory, IClassFixture<CommandLineTests.Keyed>
{
    private const string Viewer = "viewer-of-the-tests-0123";
    private const string Operator = "operator-of-the-tests-0123";

    public CommandLineTests(Keyed fixture) : base(fixture)
    {
        Node.Http.DefaultRequestHeaders.Authorization = new("Bearer", Operator);
    }

    private Task<HmsRun> RunAsync(params string[] args) => Hms.RunAsync(Hms.Program, Node.Http.BaseAddress, [("HMS_KEY", Operator)], args);

    [Fact]
    public async Task Ps_and_hosts_show_what_there_is()
    {
        await RunHealthyAsync("web");
        await RunHealthyAsync("left");
        Assert.Equal($"left on {NodeProcess.Host}: ignored\n", (await RunAsync("ignore", "left")).MustSucceed().Out);

        var ps = (await RunAsync("ps")).MustSucceed();
        Assert.StartsWith("CONTAINER  STATE", ps.Lines[0], StringComparison.Ordinal);
        Assert.Contains(ps.Lines, line => line.StartsWith("web        healthy", StringComparison.Ordinal) && line.EndsWith("running", StringComparison.Ordinal));
        Assert.DoesNotContain(ps.Lines, line => line.StartsWith("left", StringComparison.Ordinal));
        Assert.DoesNotContain('\e', ps.Out);
        Assert.Contains("left", (await RunAsync("ps", "--all")).MustSucceed().Out, StringComparison.Ordinal);
        Assert.Equal(["left"], Names((await RunAsync("ps", NodeProcess.Host, "--state", "ignored", "-o", "json")).MustSucceed()));
        Assert.Empty(Names((await RunAsync("ps", "--trouble", "-o", "json")).MustSucceed()));
        Assert.Equal(64, (await RunAsync("ps", "-o", "json")).Json[0].GetProperty("id").GetString()!.Length);

        var hosts = (await RunAsync("hosts")).MustSucceed();
        Assert.StartsWith(NodeProcess.Host, hosts.Lines[1], StringComparison.Ordinal);
        Assert.Equal(NodeProcess.Host, (await RunAsync("hosts", "-o", "json")).MustSucceed().Json[0].GetProperty("address").GetString());
    }

    [Fact]
    public async Task Explain_says_why_and_what_comes_next()
    {
        await RunHealthyAsync("why", "--label", "hms.threshold=70", "--label", "hms.restart=on-failure");

        var why = (await RunAsync("explain", "why")).MustSucceed().Out;

        Assert.StartsWith($"why on {NodeProcess.Host}: healthy for ", why, StringComparison.Ordinal);
        Assert.All(["threshold        70 % of 20 probes (its label)", "restarts         onFailure (its label)", "engine         says running", "What happens next", "if it ends by itself with an exit code other than 0"],
            text => Assert.Contains(text, why, StringComparison.Ordinal));
        var json = (await RunAsync("explain", "why", "-o", "json")).MustSucceed().Json;
        Assert.Equal(("label", 70), (json.GetProperty("policy").GetProperty("thresholdBy").GetString(), json.GetProperty("policy").GetProperty("threshold").GetDouble()));
    }

    [Fact]
    public async Task One_that_is_ignored_is_left_alone_until_it_is_supervised_again()
    {
        await RunHealthyAsync("sick", "--restart=no");
        Assert.Equal(0, (await RunAsync("ps", "--check")).ExitCode);
        (await RunAsync("ignore", "sick")).MustSucceed();
        await Host.Docker(Token, "kill", "sick");
        await Node.UntilContainerAsync("sick", view => Text(view, "containerState") == "exited", Token);

        // Ignored, it is nobody's trouble.
        Assert.Equal(0, (await RunAsync("ps", "--check")).ExitCode);
        Assert.Contains("A person put it on the ignored list", (await RunAsync("explain", "sick")).MustSucceed().Out, StringComparison.Ordinal);

        Assert.Contains($"sick on {NodeProcess.Host}: restarting, was stopped", (await RunAsync("supervise", "sick")).MustSucceed().Out, StringComparison.Ordinal);
        await Node.UntilContainerAsync("sick", view => Text(view, "health") == "healthy", Token);
    }

    [Fact]
    public async Task One_is_restarted_when_it_is_asked_for()
    {
        await RunHealthyAsync("again");

        Assert.Equal($"again on {NodeProcess.Host}: restarting, being restarted, as asked\n", (await RunAsync("restart", "again")).MustSucceed().Out);
        await UntilHealedAsync("again");
        (await RunAsync("ignore", "again")).MustSucceed();
        (await RunAsync("restart", "again")).MustFail(1, "again is ignored");
    }

    [Fact]
    public async Task Where_nobody_is_told_there_is_nothing_to_test()
    {
        Assert.StartsWith("CHANNEL", Assert.Single((await RunAsync("notify")).MustSucceed().Lines), StringComparison.Ordinal);
        (await RunAsync("notify", "test")).MustFail(2, "No channel is configured");
    }

    [Fact]
    public async Task Trouble_is_an_exit_code()
    {
        await RunHealthyAsync("lost", "--label", "hms.restart=never", "--label", "hms.threshold=60");
        await Host.DropPacketsAsync("lost", 1, Token);
        await Node.UntilContainerAsync("lost", view => Text(view, "health") == "suspect", Token);

        Assert.Equal(5, (await RunAsync("ps", "--check")).ExitCode);
        Assert.Equal(["lost"], Names(await RunAsync("ps", "--trouble", "-o", "json")));
        Assert.Contains("it is watched and not touched", (await RunAsync("explain", "lost")).MustSucceed().Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_threshold_is_set_for_one_or_all_and_taken_back()
    {
        await RunHealthyAsync("limit");

        Assert.Equal($"limit on {NodeProcess.Host}: 42.5 %\n", (await RunAsync("threshold", "42.5", "--container", "limit")).MustSucceed().Out);
        Assert.Equal($"{NodeProcess.Host}: 43 %\n", (await RunAsync("threshold", "43", "--host", NodeProcess.Host)).MustSucceed().Out);
        Assert.Equal($"limit on {NodeProcess.Host}: 43 %\n", (await RunAsync("threshold", "--reset", "--container", "limit")).MustSucceed().Out);
        Assert.Equal("all hosts: 61 %\n", (await RunAsync("threshold", "61")).MustSucceed().Out);
        Assert.Equal("all hosts: 61 %\n", (await RunAsync("threshold")).MustSucceed().Out);
        Assert.Equal(61, (await RunAsync("settings", "-o", "json")).MustSucceed().Json.GetProperty("threshold").GetDouble());
        Assert.Contains("aggregation window  0.4 s", (await RunAsync("settings", "--aggregation-window", "0.4")).MustSucceed().Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_not_one_container_is_refused()
    {
        (await RunAsync("explain", "nobody")).MustFail(2, "No container is called 'nobody'");
        (await RunAsync("ignore", $"{NodeProcess.Host}/nobody")).MustFail(2, "'hms ps --all' lists them");
        (await RunAsync("ps", "10.9.9.9")).MustFail(2, "No host 10.9.9.9");
        (await RunAsync("threshold", "50", "--host", "10.9.9.9")).MustFail(2, "No host 10.9.9.9");

        var ids = new List<string>();
        while (ids.DistinctBy(id => id[0]).Count() == ids.Count)
        {
            ids.Add(await Host.Docker(Token, "create", "--name", $"twin{ids.Count}", DockerHost.IdleImage));
        }
        await Node.UntilAsync("all are known", async () => ids.TrueForAll((await RunAsync("ps", "--all", "-o", "json")).Out.Contains), Token);
        var digit = ids.GroupBy(id => id[..1]).Single(group => group.Count() > 1).Key;
        var ambiguous = (await RunAsync("explain", digit)).MustFail(2, $"'{digit}' can mean ");
        Assert.All(ids.Where(id => id.StartsWith(digit, StringComparison.Ordinal)), id => Assert.Contains(id[..12], ambiguous.Error, StringComparison.Ordinal));
        (await RunAsync("explain", ids[0][..20])).MustSucceed();
    }

    [Fact]
    public async Task A_key_is_needed_and_has_to_permit_it()
    {
        var url = Node.Http.BaseAddress;
        (await Hms.RunAsync(url, "ps")).MustFail(4, "A key is needed");
        (await Hms.RunAsync(url, "ps", "--key", "not-one-of-the-keys-0123")).MustFail(4, "none of those of Hms:Api:Keys");
        (await Hms.RunAsync(url, "ps", "--key", Viewer)).MustSucceed();
        (await Hms.RunAsync(url, "threshold", "50", "--key", Viewer)).MustFail(4, "has the role viewer");

        var file = Path.Combine(Path.GetTempPath(), $"hms-key-{Environment.ProcessId}");
        await File.WriteAllTextAsync(file, Operator + "\n", Token);
        try
        {
            (await Hms.RunAsync(null, "ps", "--url", url!.ToString(), "--key-file", file)).MustSucceed();
        }
        finally
        {
            File.Delete(file);
        }
        (await Hms.RunAsync(url, "ps", "--key-file", file)).MustFail(2, "The key cannot be read");
    }

    [Fact]
    public async Task A_watch_prints_changes_as_lines_and_ends_with_its_reader()
    {
        using var watch = Hms.Start("/bin/sh", Node.Http.BaseAddress, [("HMS_KEY", Operator)], "-c", "\"$0\" watch | grep -m 1 ' new -> '", Hms.Program);
        try
        {
            // Its first news may come after the first containers, and of its reader's end it learns when it tells of the next.
            var line = watch.StandardOutput.ReadLineAsync(Token).AsTask();
            for (var number = 0; !line.IsCompleted || !watch.HasExited; number++)
            {
                await Host.Docker(Token, "create", "--name", $"next{number}", DockerHost.IdleImage);
                await Node.UntilContainerAsync($"next{number}", view => view.TryGetProperty("id", out _), Token);
            }
            Assert.Matches($"  {NodeProcess.Host}/next[0-9]+  new -> unknown  created, never started$", await line);
            Assert.Equal("", await watch.StandardError.ReadToEndAsync(Token));
        }
        finally
        {
            if (!watch.HasExited)
            {
                watch.Kill(entireProcessTree: true);
            }
        }
    }

    [Fact]
    public async Task A_shell_completes_commands_and_names()
    {
        await RunHealthyAsync("webshop");
        var script = (await RunAsync("completion", "bash")).MustSucceed().Out;

        Assert.Equal("explain", await CompleteAsync(script, "hms exp"));
        Assert.Equal("webshop", await CompleteAsync(script, "hms explain websh"));
        Assert.Equal(NodeProcess.Host, await CompleteAsync(script, "hms ps 127"));
        Assert.Equal("quarantined", await CompleteAsync(script, "hms ps --state quar"));
        Assert.Equal("--aggregation-window", await CompleteAsync(script, "hms settings --agg"));
        Assert.Equal("", await CompleteAsync(script, "hms explain nobod"));
    }

    private async Task<string> CompleteAsync(string script, string line)
    {
        var run = await Hms.RunAsync("/bin/bash", Node.Http.BaseAddress, [("HMS_KEY", Operator), ("PATH", $"{AppContext.BaseDirectory}:{Environment.GetEnvironmentVariable("PATH")}")],
            "-c", script + "\nCOMP_LINE=$1 COMP_POINT=${#1}; _hms; printf '%s\\n' \"${COMPREPLY[@]}\"", "bash", line);
        return run.MustSucceed().Out.Trim();
    }

    private static string[] Names(HmsRun run) => [.. run.Json.EnumerateArray().Select(container => container.GetProperty("name").GetString()!)];

    public sealed class Keyed(EngineFixture engine) : NodeFixture(engine)
    {
        private protected override (string Key, string Value)[] Settings =>
        [
            .. Brisk,
            ("Hms:Api:Keys:0:Name", "looks"), ("Hms:Api:Keys:0:Key", Viewer), ("Hms:Api:Keys:0:Role", "viewer"),
            ("Hms:Api:Keys:1:Name", "acts"), ("Hms:Api:Keys:1:Key", Operator), ("Hms:Api:Keys:1:Role", "operator"),
        ];
    }
}
