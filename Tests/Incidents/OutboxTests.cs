using System.Collections.Immutable;
using HmsOrleans.Grains.Fleet;
using HmsOrleans.Grains.Incidents;
using HmsOrleans.Silo.History;
using HmsOrleans.Silo.Hosts;
using HmsOrleans.Silo.Storage;
using HmsOrleans.Tests.Cluster;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;
using static HmsOrleans.Tests.Incidents.SampleIncidents;

namespace HmsOrleans.Tests.Incidents;

/// <summary>The outbox of a node over its real database, and a real history that can be cut off.</summary>
public sealed class OutboxTests : IClassFixture<TestSilo>, IAsyncDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("hms-outbox-");
    private readonly List<IncidentOutbox> _lives = [];
    private readonly TestSilo _silo;
    private readonly string _host;
    private readonly IHistoryGrain _history;
    private readonly OutboxTable _table;

    public OutboxTests(TestSilo silo)
    {
        (_silo, _host) = (silo, silo.NewHost());
        _history = silo.Grains.GetGrain<IHistoryGrain>(IHistoryGrain.Key);
        GrainStore.Prepare(_directory.FullName);
        _table = new(new SqliteHistory(_directory.FullName), silo.Time);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        foreach (var life in _lives)
        {
            await life.StopAsync(CancellationToken.None);
            life.Dispose();
        }
        _directory.Delete(recursive: true);
    }

    [Fact]
    public async Task What_is_put_comes_into_the_history_and_leaves_the_outbox_when_it_is_over()
    {
        var outbox = await LiveAsync();
        var open = Open(_host) with { Capture = Capture };
        outbox.Put(open);
        await UntilKeptAsync(open);
        Assert.Equal(Text(open), Text(Assert.Single(await outbox.GetUnfinishedAsync(_host, Token))));

        var healed = Healed(_host) with { Id = open.Id, Capture = Capture };
        outbox.Put(healed);
        outbox.Put(open); // a turn that was late
        await UntilKeptAsync(healed);
        await TestSilo.UntilAsync("the outbox is empty", async () => (await outbox.GetUnfinishedAsync(_host, Token)).IsEmpty);
        Assert.Empty(await _table.GetUntoldAsync(10, Token));
    }

    [Fact]
    public async Task What_could_not_be_told_is_told_in_the_next_life_of_the_node()
    {
        // The node knows that the history is not its own: it tells nothing, and keeps all.
        var alone = await LiveAsync(new NodeMode("no database"));
        var (first, second) = (Healed(_host), Open(_host, "db", Noon.AddMinutes(1)));
        alone.Put(first);
        alone.Put(second);
        await TestSilo.UntilAsync("both are written", async () => (await _table.GetUntoldAsync(10, Token)).Length == 2);
        Assert.Equal(Ids([first, second]), Ids(await _table.GetUntoldAsync(10, Token)));
        Assert.Empty((await _history.Find(new(_host), Token)).Incidents);
        // Nothing is done at its end: that may come as a kill.

        var next = await LiveAsync();
        await UntilKeptAsync(first);
        await UntilKeptAsync(second);
        Assert.Equal(second.Id, Assert.Single(await next.GetUnfinishedAsync(_host, Token)).Id);
    }

    [Fact]
    public async Task A_history_that_is_away_gets_everything_later_and_the_last_revision_only()
    {
        var gate = $"{nameof(IHistoryGrain.Keep)} {IHistoryGrain.Key}";
        var silent = new TaskCompletionSource();
        _silo.Held[gate] = silent;
        var outbox = await LiveAsync();
        var open = Open(_host);
        outbox.Put(open);
        await TestSilo.UntilAsync("it is written", async () => !(await _table.GetUntoldAsync(10, Token)).IsEmpty);
        var healed = Healed(_host) with { Id = open.Id };
        outbox.Put(healed);
        await TestSilo.UntilAsync("so is its end", async () => (await _table.GetUntoldAsync(10, Token)).Single().Revision == healed.Revision);
        _silo.Held.TryRemove(gate, out _);
        silent.SetResult();

        await UntilKeptAsync(healed);
        await TestSilo.UntilAsync("the outbox is empty", async () => (await _table.GetUntoldAsync(10, Token)).IsEmpty);
    }

    [Fact]
    public async Task A_locked_database_is_waited_for()
    {
        var outbox = await LiveAsync();
        var incident = Healed(_host);
        await using (var other = new SqliteConnection($"Data Source={_directory.FullName}/hms.db"))
        {
            await other.OpenAsync(Token);
            await using var transaction = other.BeginTransaction(deferred: false);
            outbox.Put(incident);
            outbox.Put(Healed(_host, "db"));
            await Assert.ThrowsAsync<SqliteException>(() => _table.WriteAsync([incident], Token));
        }
        await UntilKeptAsync(incident);
        await TestSilo.UntilAsync("the other is there, too", async () => (await _history.Find(new(_host), Token)).Incidents.Length == 2);
    }

    [Fact]
    public async Task A_capture_outlives_a_later_revision_that_comes_before_it_is_written()
    {
        var outbox = await LiveAsync();
        var healed = Healed(_host);
        await using (var other = new SqliteConnection($"Data Source={_directory.FullName}/hms.db"))
        {
            await other.OpenAsync(Token);
            await using var transaction = other.BeginTransaction(deferred: false);
            outbox.Put(healed with { Revision = 1 });
            outbox.Put(healed with { Revision = 2, Capture = Capture });
            outbox.Put(healed);
        }
        await UntilKeptAsync(healed with { Capture = Capture });
    }

    [Fact]
    public async Task The_oldest_go_first_when_there_are_too_many()
    {
        var incidents = Enumerable.Range(0, 5).Select(minute => Healed(_host, at: Noon.AddMinutes(minute))).ToImmutableArray();
        await _table.WriteAsync(incidents, Token);
        Assert.Equal(0, await _table.TrimAsync(5, Token));
        Assert.Equal(2, await _table.TrimAsync(3, Token));
        Assert.Equal(Ids(incidents[2..]), Ids(await _table.GetUntoldAsync(10, Token)));
    }

    [Fact]
    public async Task An_incident_of_which_more_came_while_it_was_told_is_told_again()
    {
        var open = Open(_host);
        await _table.WriteAsync([open], Token);
        var healed = Healed(_host) with { Id = open.Id };
        await _table.WriteAsync([healed], Token);
        await _table.NoteToldAsync([open], Token);
        Assert.Equal(Text(healed), Text(Assert.Single(await _table.GetUntoldAsync(10, Token))));
        await _table.NoteToldAsync([healed], Token);
        Assert.Empty(await _table.GetUntoldAsync(10, Token));
    }

    [Fact]
    public async Task One_that_was_given_up_is_kept_until_it_runs()
    {
        var given = Healed(_host) with { Outcome = IncidentOutcome.Quarantined, RunningAgainAt = null };
        await _table.WriteAsync([given], Token);
        await _table.NoteToldAsync([given], Token);
        Assert.Equal(given.Id, Assert.Single(await _table.GetUnfinishedAsync(_host, Token)).Id);
        var runs = given with { Revision = 4, RunningAgainAt = Noon.AddHours(1) };
        await _table.WriteAsync([runs], Token);
        Assert.Empty(await _table.GetUnfinishedAsync(_host, Token));
    }

    private async Task<IncidentOutbox> LiveAsync(NodeMode? mode = null)
    {
        var start = new SiloStart();
        start.Participate(new ActiveAtOnce());
        var outbox = new IncidentOutbox(_table, _silo.Grains, start, mode ?? new NodeMode(), TimeProvider.System, NullLogger<IncidentOutbox>.Instance);
        _lives.Add(outbox);
        await outbox.StartAsync(Token);
        return outbox;
    }

    private Task UntilKeptAsync(Incident incident) =>
        TestSilo.UntilAsync($"{incident.Id} is kept", async () => Text(await _history.GetIncident(incident.Id, Token)) == Text(incident));

    /// <summary>A silo that has started.</summary>
    private sealed class ActiveAtOnce : ISiloLifecycle
    {
        public int HighestCompletedStage => ServiceLifecycleStage.Active;

        public int LowestStoppedStage => int.MaxValue;

        public IDisposable Subscribe(string observerName, int stage, ILifecycleObserver observer)
        {
            observer.OnStart(CancellationToken.None).GetAwaiter().GetResult();
            return new MemoryStream();
        }
    }
}
