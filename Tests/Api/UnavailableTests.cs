using System.Net;
using HmsOrleans.Grains.Hosts;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace HmsOrleans.Tests.Api;

public sealed class UnavailableTests
{
    /// <summary>They begin by asking the controller, most of them by reading: a reading that is not answered is tried again after 1.5 seconds.</summary>
    private static readonly (string Method, string Path, string? Body)[] FleetCalls =
    [
        ("GET", "/containers", null),
        ("GET", "/containers/10.0.0.1", null),
        ("GET", "/containers/10.0.0.1/web", null),
        ("GET", "/containers/10.0.0.1/web/explanation", null),
        ("PUT", "/containers/10.0.0.1/web", null),
        ("DELETE", "/containers/10.0.0.1/web", null),
        ("POST", "/containers/10.0.0.1/web", """{"threshold": 60}"""),
        ("POST", "/containers/10.0.0.1/web/restart", null),
        ("POST", "/containers/10.0.0.1", """{"threshold": 60}"""),
        ("POST", "/containers", """{"threshold": 60}"""),
        ("PUT", "/containers/10.0.0.1", null),
        ("DELETE", "/containers/10.0.0.1", null),
        ("GET", "/hosts", null),
        ("GET", "/settings", null),
        ("POST", "/settings", """{"threshold": 60}"""),
    ];

    [Fact]
    public async Task A_controller_that_does_not_answer_is_given_up_after_five_seconds()
    {
        var time = new FakeTimeProvider(Samples.Noon);
        await using var node = await ApiNode.Start(time: time);

        foreach (var (method, path, body) in FleetCalls)
        {
            var silence = new Silence();
            node.Fleet.Controller.Gate = silence.Fault;
            var reply = node.Send(method, path, body);
            await silence.Asked;
            time.Advance(TimeSpan.FromSeconds(1.4));
            Assert.False(reply.IsCompleted);
            time.Advance(TimeSpan.FromSeconds(3.7));

            (await reply).MustBeProblem(HttpStatusCode.ServiceUnavailable, "fleet-unavailable");
            Assert.Equal("5", (await reply).Headers["Retry-After"]);
        }
    }

    [Fact]
    public async Task A_controller_is_given_five_seconds_for_a_change()
    {
        var time = new FakeTimeProvider(Samples.Noon);
        var silence = new Silence();
        await using var node = await ApiNode.Start(time: time);
        node.Fleet.Controller.Gate = silence.Fault;

        var reply = node.Send("POST", "/settings", """{"threshold": 60}""");
        await silence.Asked;
        time.Advance(TimeSpan.FromSeconds(4.9));
        Assert.False(reply.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(0.2));

        (await reply).MustBeProblem(HttpStatusCode.ServiceUnavailable, "fleet-unavailable");
    }

    [Fact]
    public async Task A_host_that_does_not_answer_is_given_up_after_five_seconds()
    {
        var time = new FakeTimeProvider(Samples.Noon);
        var silence = new Silence();
        await using var node = await ApiNode.Start(time: time);
        node.Fleet.Host.Gate = silence.Fault;

        var reply = node.Send("PUT", "/containers/10.0.0.1/web");
        await silence.Asked;
        time.Advance(TimeSpan.FromSeconds(5.1));

        (await reply).MustBeProblem(HttpStatusCode.ServiceUnavailable, "host-unavailable");
    }

    [Fact]
    public async Task A_slow_grain_hears_that_nobody_waits_any_more()
    {
        var heard = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var node = await ApiNode.Start();
        node.Fleet.Controller.Gate = async token =>
        {
            await using var registration = token.Register(heard.SetResult);
            asked.SetResult();
            await heard.Task;
            token.ThrowIfCancellationRequested();
        };
        using var abort = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);

        var reply = node.Http.GetAsync(new Uri("/containers", UriKind.Relative), abort.Token);
        await asked.Task;
        await abort.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reply);
        await heard.Task.WaitAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_fault_of_the_program_is_a_problem_without_its_stack()
    {
        await using var node = await ApiNode.Start();
        node.Fleet.Controller.Gate = Faults.Throws(new InvalidOperationException("secret"));

        var reply = await node.Get("/containers");

        reply.MustBeProblem(HttpStatusCode.InternalServerError, "internal");
        Assert.DoesNotContain("secret", reply.Text, StringComparison.Ordinal);
        Assert.Equal("nosniff", reply.Headers["X-Content-Type-Options"]);
    }

    [Fact]
    public async Task A_controller_on_a_lost_host_is_not_a_missing_node()
    {
        await using var node = await ApiNode.Start();
        node.Fleet.Controller.Gate = Faults.Throws(new TimeoutException());

        (await node.Send("PUT", "/containers/10.0.0.1")).MustBeProblem(HttpStatusCode.ServiceUnavailable, "fleet-unavailable");
        node.Fleet.Controller.Gate = Faults.Throws(new HostUnavailableException(Samples.Address, "it left"));
        (await node.Get("/hosts")).MustBeProblem(HttpStatusCode.ServiceUnavailable, "fleet-unavailable");
    }
}
