using System.Globalization;

namespace HmsOrleans.Tests.Cluster;

/// <summary>The table of a cluster whose silos are all in this process: none of them is special, so that each may leave.</summary>
internal sealed class MembershipInMemory : IMembershipTable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<SiloAddress, (MembershipEntry Entry, string Etag)> _rows = [];
    private int _version;

    public Task InitializeMembershipTable(bool tryInitTableVersion) => Task.CompletedTask;

    public Task DeleteMembershipTableEntries(string clusterId) => Task.CompletedTask;

    public Task CleanupDefunctSiloEntries(DateTimeOffset beforeDate) => Task.CompletedTask;

    public Task<MembershipTableData> ReadRow(SiloAddress key) => Task.FromResult(Read(silo => silo.Equals(key)));

    public Task<MembershipTableData> ReadAll() => Task.FromResult(Read(_ => true));

    public Task<bool> InsertRow(MembershipEntry entry, TableVersion tableVersion) => Task.FromResult(Write(entry, null, tableVersion));

    public Task<bool> UpdateRow(MembershipEntry entry, string etag, TableVersion tableVersion) => Task.FromResult(Write(entry, etag, tableVersion));

    public Task UpdateIAmAlive(MembershipEntry entry)
    {
        lock (_lock)
        {
            _rows[entry.SiloAddress].Entry.IAmAliveTime = entry.IAmAliveTime;
        }
        return Task.CompletedTask;
    }

    private MembershipTableData Read(Predicate<SiloAddress> isWanted)
    {
        lock (_lock)
        {
            return new(
                [.. _rows.Where(row => isWanted(row.Key)).Select(row => Tuple.Create(Copy(row.Value.Entry), row.Value.Etag))],
                new(_version, _version.ToString(CultureInfo.InvariantCulture)));
        }
    }

    private bool Write(MembershipEntry entry, string? etag, TableVersion version)
    {
        lock (_lock)
        {
            if (version.VersionEtag != _version.ToString(CultureInfo.InvariantCulture) || _rows.GetValueOrDefault(entry.SiloAddress).Etag != etag)
            {
                return false;
            }
            _rows[entry.SiloAddress] = (Copy(entry), Guid.NewGuid().ToString());
            _version++;
            return true;
        }
    }

    private static MembershipEntry Copy(MembershipEntry entry) => new()
    {
        SiloAddress = entry.SiloAddress,
        Status = entry.Status,
        SuspectTimes = entry.SuspectTimes is { } times ? [.. times] : null,
        ProxyPort = entry.ProxyPort,
        HostName = entry.HostName,
        SiloName = entry.SiloName,
        RoleName = entry.RoleName,
        UpdateZone = entry.UpdateZone,
        FaultZone = entry.FaultZone,
        StartTime = entry.StartTime,
        IAmAliveTime = entry.IAmAliveTime,
    };
}
