using System.Net;
using System.Net.Sockets;
using Xunit;

namespace HmsOrleans.Tests.Cli;

/// <summary>What the program says and how it ends where there is nothing to ask.</summary>
public sealed class UsageTests
{
    [Fact]
    public async Task Without_arguments_it_tells_what_there_is()
    {
        var help = (await Hms.RunAsync(null)).MustSucceed();

        Assert.All(["ps", "hosts", "watch", "explain", "incidents", "availability", "ignore", "supervise", "restart", "threshold", "settings", "test", "notify", "mute", "unmute", "maintenance", "completion"],
            command => Assert.Contains($"\n  {command} ", help.Out, StringComparison.Ordinal));
        Assert.Contains("Exit codes:", help.Out, StringComparison.Ordinal);
        (await Hms.RunAsync(null, "explain", "--help")).MustSucceed();
    }

    [Theory]
    [InlineData("pz", "pz")]
    [InlineData("ps --bogus", "--bogus")]
    [InlineData("ps --state bogus", "bogus")]
    [InlineData("explain", "explain")]
    [InlineData("explain a b", "b")]
    [InlineData("threshold 101", "0 to 100")]
    [InlineData("threshold ten", "ten")]
    [InlineData("threshold --reset", "--reset needs --host or --container")]
    [InlineData("threshold 5 --host a --container b", "cannot be given together")]
    [InlineData("incidents --since yesterday", "90s, 30m, 2h or 7d")]
    [InlineData("incidents --host a --container b/c", "cannot be given together")]
    [InlineData("incidents --limit 0", "from 1 to 100000")]
    [InlineData("incidents --limit ten", "'ten' is not a number")]
    [InlineData("mute a --for ever", "90s, 30m, 2h or 7d")]
    [InlineData("maintenance begin soon", "TIME is 'soon'")]
    [InlineData("maintenance end", "'end'")]
    [InlineData("test start --heavy 101", "from 0 to 100 (percent)")]
    [InlineData("test start --kind bomb", "bomb")]
    [InlineData("settings --aggregation-window 100", "from 0.05 to 60")]
    [InlineData("ps -o xml", "xml")]
    [InlineData("ps --timeout 0", "from 0.001")]
    [InlineData("ps --timeout soon", "'soon' is not a number")]
    [InlineData("ps --url ftp://example.com", "no URL of an API")]
    [InlineData("completion tcsh", "tcsh")]
    public async Task A_wrong_command_line_is_told_what_is_wrong(string line, string complaint)
    {
        var run = await Hms.RunAsync(null, line.Split(' '));

        Assert.Equal(2, run.ExitCode);
        Assert.Contains(complaint, run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_is_not_there_or_does_not_answer_is_not_reachable()
    {
        (await Hms.RunAsync(new("http://127.0.0.1:1"), "ps")).MustFail(3, "cannot be reached: Connection refused");
        (await Hms.RunAsync(new("http://no-such-host.invalid"), "watch")).MustFail(3, "cannot be reached");

        using var deaf = new TcpListener(IPAddress.Loopback, 0);
        deaf.Start();
        (await Hms.RunAsync(new($"http://{deaf.LocalEndpoint}"), "hosts", "--timeout", "0.3")).MustFail(3, "does not answer within 0.3 s");
    }

    [Fact]
    public async Task Output_that_cannot_be_written_is_a_failure()
    {
        (await Hms.RunAsync("/bin/sh", null, [], "-c", "\"$0\" completion bash > /dev/full", Hms.Program)).MustFail(1, "the output cannot be written: No space left on device");
    }

    [Fact]
    public async Task A_reader_that_has_seen_enough_is_no_failure()
    {
        // The program begins when its reader has gone, which the shell learns by writing to it.
        var run = await Hms.RunAsync("/bin/sh", null, [], "-c", "( trap '' PIPE; while echo; do :; done 2>/dev/null; \"$0\" completion bash; echo \"exit code $?\" >&2 ) | :", Hms.Program);

        Assert.Equal("exit code 0\n", run.Error);
    }

    [Fact]
    public async Task News_that_break_off_before_the_first_are_a_failure()
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        var run = Hms.RunAsync(new($"http://{server.LocalEndpoint}"), "watch");
        using (var client = await server.AcceptTcpClientAsync(TestContext.Current.CancellationToken))
        {
            using var request = new StreamReader(client.GetStream(), leaveOpen: true);
            while (await request.ReadLineAsync(TestContext.Current.CancellationToken) is { Length: > 0 })
            {
            }
            await client.GetStream().WriteAsync("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
        }

        (await run).MustFail(1, "broke off its news before the first");
    }

    [Theory, InlineData("bash"), InlineData("sh")]
    public async Task The_script_for_bash_is_one(string shell)
    {
        var script = (await Hms.RunAsync(null, "completion", "bash")).MustSucceed().Out;

        // sh, to see that -n does look: it does not know <( ).
        var check = await Hms.RunAsync($"/bin/{shell}", null, [], "-n", "-c", script);

        Assert.Equal(shell == "bash", check.ExitCode == 0);
    }
}
