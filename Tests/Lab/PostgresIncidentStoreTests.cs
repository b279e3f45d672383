using HmsOrleans.Silo.Cluster;
using HmsOrleans.Silo.History;
using HmsOrleans.Tests.Incidents;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Xunit;

namespace HmsOrleans.Tests.Lab;

/// <summary>The history of a cluster. Its database is one that was prepared before there was a history: the tables are made when they are missed.</summary>
[Collection<LabCollection>]
public sealed class PostgresIncidentStoreTests(LabFixture fixture) : IncidentStoreStory
{
    private readonly string _schema = $"history_{Guid.NewGuid():N}";

    public override async ValueTask DisposeAsync() => await DoAsync($"DROP SCHEMA {_schema} CASCADE", CancellationToken.None);

    [Fact]
    public async Task Nodes_that_miss_the_tables_at_the_same_time_make_them_once()
    {
        await DoAsync($"DROP SCHEMA {_schema} CASCADE; CREATE SCHEMA {_schema}", Token);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => new IncidentTable(Database(), IncidentTable.History).KeepAsync([SampleIncidents.Healed()], SampleIncidents.Noon, Token)));
        Assert.Equal(8, (await new IncidentTable(Database(), IncidentTable.History).FindAsync(new(), Token)).Incidents.Length);
    }

    [Fact]
    public async Task One_that_may_not_make_them_says_what_to_do()
    {
        await DoAsync($"DROP SCHEMA {_schema} CASCADE", Token); // where there is no schema, nobody may make a table
        try
        {
            var error = await Assert.ThrowsAsync<InvalidOperationException>(() => new IncidentTable(Database(), IncidentTable.History).GetCursorAsync(Token));
            Assert.EndsWith("apply deploy/cluster-store.sql to it", error.Message, StringComparison.Ordinal);
        }
        finally
        {
            await DoAsync($"CREATE SCHEMA {_schema}", Token);
        }
    }

    private protected override async Task<IHistoryDatabase> OpenAsync()
    {
        await DoAsync($"CREATE SCHEMA {_schema}", Token);
        return Database();
    }

    private PostgresHistory Database() => new(new ClusterDatabase($"{fixture.Lab.DatabaseOf("hms")};Search Path={_schema}"), NullLogger<PostgresHistory>.Instance);

    private async Task DoAsync(string sql, CancellationToken token)
    {
        await using var connection = new NpgsqlConnection($"{fixture.Lab.DatabaseOf("hms")};Pooling=false");
        await connection.OpenAsync(token);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(token);
    }
}
