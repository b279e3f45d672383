using HmsOrleans.Grains.Engine;
using HmsOrleans.Grains.Health;
using HmsOrleans.Grains.Hosts;
using HmsOrleans.Grains.Incidents;
using HmsOrleans.Tests.Cluster;
using Xunit;

namespace HmsOrleans.Tests.Hosts;

/// <summary>What a host's grain puts into the outbox, and what it does with what another life of it has left there. Each test has a silo of its own: they move its time.</summary>
public sealed class HostIncidentTests : IAsyncLifetime
{
    private readonly TestSilo _silo = new();
    private readonly string _address;
    private readonly IHostManagerGrain _host;

    public HostIncidentTests()
    {
        _address = _silo.NewHost();
        _host = _silo.Grains.GetGrain<IHostManagerGrain>(_address);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private DateTimeOffset Now => _silo.Time.GetUtcNow();

    public ValueTask InitializeAsync() => _silo.InitializeAsync();

    public ValueTask DisposeAsync() => _silo.DisposeAsync();

    [Fact]
    public async Task A_death_is_told_from_the_fault_to_the_end_with_what_was_said_last()
    {
        var web = await SeenAsync("web");
        await TellAsync(web, new Observation.Measured(Now, 4096));
        await TellAsync(web, new Observation.Died(Now, 7));

        await UntilAsync("it runs again, and was looked at", incident => incident.RunningAgainAt is not null && RevisionsOf(incident).Exists(revision => revision.Capture is not null));
        var incident = Assert.Single(_silo.Outbox.Of(_address));
        Assert.Equal((web, IncidentCause.Died, RestartOutcome.Done), (incident.ContainerId, incident.Cause, Assert.Single(incident.Attempts).Outcome));
        var revisions = RevisionsOf(incident);
        Assert.Equal(Enumerable.Range(1, revisions.Count), revisions.Select(revision => revision.Revision));
        var capture = Assert.Single(revisions, revision => revision.Capture is not null).Capture!;
        Assert.Equal(($"last words of {web}", 7, 4096), (Assert.Single(capture.Log), capture.ExitCode, capture.Memory));

        _silo.Time.Shift(TimeSpan.FromSeconds(11));
        await UntilAsync("it is over", incident => incident.Outcome == IncidentOutcome.Recovered);
    }

    [Fact]
    public async Task One_that_dies_again_is_looked_at_again_once_a_run()
    {
        var web = await SeenAsync("web");
        foreach (var exitCode in (int[])[7, 8])
        {
            var dead = (await _silo.Engine.InspectAsync(web, Token))! with { State = ContainerState.Exited, ExitCode = exitCode, FinishedAt = Now };
            _silo.Engine.Put(dead);
            await TellAsync(web, new Observation.Died(Now, exitCode), new Observation.Seen(Now, dead));
            // The second time it waits for a second.
            _silo.Time.Shift(TimeSpan.FromSeconds(exitCode - 6));
            await UntilAsync("it was started, and its end seen", incident => incident.RunningAgainAt is not null && incident.Attempts.Length == exitCode - 6 && SeenEndsOf(incident).Contains(exitCode));
        }

        Assert.Equal([7, 8], SeenEndsOf(Assert.Single(_silo.Outbox.Of(_address))));
    }

    [Fact]
    public async Task Another_life_of_the_host_goes_on_with_what_was_open()
    {
        var (web, db, gone) = (await SeenAsync("web"), await SeenAsync("db"), await SeenAsync("gone"));
        foreach (var id in (string[])[web, db, gone])
        {
            await TellAsync(id, new Observation.Died(Now, 7));
        }
        await TestSilo.UntilAsync("all run again", () => _silo.Outbox.Of(_address).Count(incident => incident.RunningAgainAt is not null) == 3);
        var before = _silo.Outbox.Of(_address);
        var life = await _host.Observe(new(Now, null, IsComplete: false, []), Token);
        await TestSilo.EndAsync(_host);
        foreach (var id in (string[])[web, db, gone])
        {
            await TestSilo.EndAsync(_silo.Grains.GetGrain<Grains.Containers.IContainerGrain>($"{_address}/{id}"));
        }

        // web runs, db has died again, and gone was removed.
        var dead = (await _silo.Engine.InspectAsync(db, Token))! with { State = ContainerState.Exited, ExitCode = 1, FinishedAt = Now };
        _silo.Engine.Put(dead);
        await TestSilo.UntilAsync("it has another life", async () => await _host.Observe(new(Now, null, IsComplete: false, []), Token) != life);
        // Long enough for web to have stayed well, should its grain remember that it was ill.
        _silo.Time.Shift(TimeSpan.FromSeconds(15));
        await _host.Observe(
            new(Now, null, IsComplete: true, [new(web, new Observation.Seen(Now, (await _silo.Engine.InspectAsync(web, Token))!)), new(db, new Observation.Seen(Now, dead))]), Token);

        await TestSilo.UntilAsync("each has gone its way", () => _silo.Outbox.Of(_address) is var now
            && now.Single(incident => incident.ContainerId == web).Outcome == IncidentOutcome.Recovered
            && now.Single(incident => incident.ContainerId == gone).Outcome == IncidentOutcome.Removed
            && now.Single(incident => incident.ContainerId == db) is { Attempts.Length: 2, RunningAgainAt: not null });
        Assert.Equal(before.Select(incident => incident.Id).Order(), _silo.Outbox.Of(_address).Select(incident => incident.Id).Order());
    }

    [Fact]
    public async Task A_silent_engine_is_one_incident_however_it_is_silent()
    {
        await SeenAsync("web");
        await _host.Observe(new(Now, "no answer within 1 s", IsComplete: false, []), Token);
        await _host.Observe(new(Now, "there is no socket", IsComplete: false, []), Token);
        var open = Assert.Single(_silo.Outbox.Of(_address));
        Assert.Equal((IncidentCause.EngineSilent, "no answer within 1 s", null, IncidentOutcome.Open), (open.Cause, open.Evidence, open.ContainerId, open.Outcome));

        await TestSilo.EndAsync(_host);
        await TestSilo.UntilAsync("another life answers", async () => await _host.Observe(new(Now, null, IsComplete: false, []), Token) != Guid.Empty);
        var over = Assert.Single(_silo.Outbox.Of(_address));
        Assert.Equal((open.Id, IncidentOutcome.Recovered, 2), (over.Id, over.Outcome, over.Revision));
    }

    [Fact]
    public async Task The_history_is_told_which_containers_are_watched()
    {
        var (web, ignored) = (await SeenAsync("web"), await SeenAsync("ignored"));
        await _host.Ignore("ignored", Token);
        await _host.Observe(new(Now, null, IsComplete: true, [new(web, new Observation.Seen(Now, Container("web"))), new(ignored, new Observation.Seen(Now, Container("ignored")))]), Token);
        var history = _silo.Grains.GetGrain<IHistoryGrain>(IHistoryGrain.Key);
        await TestSilo.UntilAsync("it is told", async () => (await history.GetAvailability(_address, web, Token))[0].Watched > TimeSpan.Zero);

        // It goes on until it is told otherwise; of the ignored one there was a moment.
        _silo.Time.Shift(TimeSpan.FromMinutes(2));
        await TestSilo.UntilAsync("it goes on", async () => (await history.GetAvailability(_address, "web", Token))[0].Watched > TimeSpan.FromMinutes(2));
        Assert.InRange((await history.GetAvailability(_address, ignored, Token))[0].Watched, TimeSpan.Zero, TimeSpan.FromMinutes(1));
    }

    private List<Incident> RevisionsOf(Incident incident) => [.. _silo.Outbox.Revisions.Where(revision => revision.Id == incident.Id)];

    private List<int?> SeenEndsOf(Incident incident) => [.. RevisionsOf(incident).Where(revision => revision.Capture is not null).Select(revision => revision.Capture!.ExitCode)];

    private Task UntilAsync(string what, Func<Incident, bool> wanted) => TestSilo.UntilAsync(what, () => _silo.Outbox.Of(_address) is [.., { } last] && wanted(last));

    private EngineContainer Container(string name) => new()
    {
        Id = Convert.ToHexStringLower(System.Text.Encoding.ASCII.GetBytes($"{_address}/{name}")).PadRight(64, '0'),
        Name = name,
        Image = "image",
        State = ContainerState.Running,
        StartedAt = Now.AddHours(-1),
        NetworkMode = "bridge",
    };

    private async Task<string> SeenAsync(string name)
    {
        var container = Container(name);
        _silo.Engine.Put(container);
        await TellAsync(container.Id, new Observation.Seen(Now, container));
        return container.Id;
    }

    private Task<Guid> TellAsync(string id, params Observation[] facts) =>
        _host.Observe(new(Now, null, IsComplete: false, [.. facts.Select(fact => new ContainerFact(id, fact))]), Token);
}
