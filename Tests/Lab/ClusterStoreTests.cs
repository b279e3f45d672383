using HmsOrleans.Silo.Cluster;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Xunit;

namespace HmsOrleans.Tests.Lab;

/// <summary>
/// What <c>deploy/cluster-store.sql</c> promises beyond what the nodes of the lab ask of it all the time: Orleans' own provider of
/// reminders works with it.
/// </summary>
[Collection<LabCollection>]
public sealed class ClusterStoreTests(LabFixture fixture)
{
    private static readonly GrainId _near = GrainId.Create("nobody", "near");
    private static readonly GrainId _far = GrainId.Create("nobody", "far");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Reminders_are_kept_found_by_grain_and_by_hash_and_removed()
    {
        using var host = Host.CreateApplicationBuilder().UseOrleans(silo => silo.UseLocalhostClustering(serviceId: $"{Guid.NewGuid()}").UseAdoNetReminderService(options =>
            (options.Invariant, options.ConnectionString) = (ClusterDatabase.Invariant, $"{fixture.Lab.DatabaseOf("hms")};Pooling=false"))).Build();
        var table = host.Services.GetRequiredService<IReminderTable>(); // the silo itself is not started
        await table.StartAsync(Token);
        try
        {
            var made = (await table.UpsertRow(Entry(_near, "daily", TimeSpan.FromDays(1)), Token))!;
            await table.UpsertRow(Entry(_near, "hourly", TimeSpan.FromHours(1)), Token);
            await table.UpsertRow(Entry(_far, "daily", TimeSpan.FromDays(1)), Token);

            var changed = (await table.UpsertRow(Entry(_near, "daily", TimeSpan.FromDays(2)), Token))!;
            Assert.NotEqual(made, changed);
            var read = (await table.ReadRow(_near, "daily", Token))!;
            Assert.Equal((_near, "daily", TimeSpan.FromDays(2), changed), (read.GrainId, read.ReminderName, read.Period, read.ETag));
            Assert.Equal(Entry(_near, "daily", TimeSpan.FromDays(2)).StartAt, read.StartAt);
            Assert.Equal(["daily", "hourly"], (await table.ReadRows(_near, Token)).Reminders.Select(row => row.ReminderName).Order());
            Assert.Null(await table.ReadRow(_far, "hourly", Token));

            var (low, high) = (Math.Min(_near.GetUniformHashCode(), _far.GetUniformHashCode()), Math.Max(_near.GetUniformHashCode(), _far.GetUniformHashCode()));
            var (lowest, highest) = low == _near.GetUniformHashCode() ? (_near, _far) : (_far, _near);
            Assert.Equal([highest], await GrainsInAsync(low, high)); // without its beginning, with its end
            Assert.Equal([lowest], await GrainsInAsync(high, low)); // past the highest
            Assert.Equal(2, (await GrainsInAsync(0, 0)).Length); // all around

            Assert.False(await table.RemoveRow(_near, "daily", made, Token)); // it is another by now
            Assert.True(await table.RemoveRow(_near, "daily", changed, Token));
            Assert.Null(await table.ReadRow(_near, "daily", Token));
        }
        finally
        {
            await table.TestOnlyClearTable(CancellationToken.None);
        }
        Assert.Empty((await table.ReadRows(_near, Token)).Reminders);

        async Task<GrainId[]> GrainsInAsync(uint begin, uint end) => [.. (await table.ReadRows(begin, end, Token)).Reminders.Select(row => row.GrainId).Distinct()];
    }

    private static ReminderEntry Entry(GrainId grain, string name, TimeSpan period) =>
        new() { GrainId = grain, ReminderName = name, StartAt = new(2026, 5, 1, 12, 0, 0, DateTimeKind.Utc), Period = period };
}
