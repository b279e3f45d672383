using System.Net;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace HmsOrleans.Tests.Api;

/// <summary>What a command is answered with when the setting holds, but is not saved.</summary>
public sealed class SavingTests
{
    public static TheoryData<string, string, string?> HostCommands => new()
    {
        { "PUT", "/containers/10.0.0.1/web", null },
        { "DELETE", "/containers/10.0.0.1/web", null },
        { "POST", "/containers/10.0.0.1/web", """{"threshold": 60}""" },
        { "POST", "/containers/10.0.0.1", """{"threshold": 60}""" },
    };

    public static TheoryData<string, string, string?> FleetCommands => new()
    {
        { "PUT", "/containers/10.0.0.1", null },
        { "DELETE", "/containers/10.0.0.1", null },
        { "POST", "/containers", """{"threshold": 60}""" },
        { "POST", "/settings", """{"threshold": 60}""" },
    };

    [Theory, MemberData(nameof(HostCommands))]
    public async Task A_hosts_setting_that_is_not_saved_is_accepted_with_the_reason(string method, string path, string? body)
    {
        await using var node = await ApiNode.Start();
        var saved = await node.Send(method, path, body);
        node.Fleet.Host.Unsaved = "disk full\n(code 13): größer";

        var unsaved = await node.Send(method, path, body);

        saved.MustBe(HttpStatusCode.OK);
        Assert.False(saved.Headers.ContainsKey("Hms-Unsaved"));
        unsaved.MustBe(HttpStatusCode.Accepted);
        Assert.Equal(saved.Text, unsaved.Text);
        Assert.Equal("applied, saving is retried: disk full (code 13): gr  er", unsaved.Headers["Hms-Unsaved"]);
    }

    [Theory, MemberData(nameof(FleetCommands))]
    public async Task A_fleets_setting_that_is_not_saved_is_accepted_with_the_reason(string method, string path, string? body)
    {
        await using var node = await ApiNode.Start();
        node.Fleet.Controller.Unsaved = "the database does not answer";

        var unsaved = await node.Send(method, path, body);

        unsaved.MustBe(HttpStatusCode.Accepted);
        Assert.Equal("applied, saving is retried: the database does not answer", unsaved.Headers["Hms-Unsaved"]);
    }

    [Fact]
    public async Task Saving_is_waited_for_two_seconds()
    {
        var time = new FakeTimeProvider(Samples.Noon);
        var silence = new Silence();
        await using var node = await ApiNode.Start(time: time);
        node.Fleet.Host.SaveGate = silence.Fault;

        var reply = node.Send("DELETE", "/containers/10.0.0.1/web");
        await silence.Asked;
        time.Advance(TimeSpan.FromSeconds(1.9));
        Assert.False(reply.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(0.2));

        (await reply).MustBe(HttpStatusCode.Accepted);
        Assert.Equal("applied, saving is retried: not confirmed within 2 s", (await reply).Headers["Hms-Unsaved"]);
    }
}
