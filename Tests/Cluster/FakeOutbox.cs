using System.Collections.Concurrent;
using System.Collections.Immutable;
using HmsOrleans.Grains.Incidents;

namespace HmsOrleans.Tests.Cluster;

/// <summary>Keeps what is put into it, and tells nobody.</summary>
internal sealed class FakeOutbox : IIncidentOutbox
{
    private readonly ConcurrentQueue<Incident> _put = new();

    /// <summary>All that was put, in order.</summary>
    public IReadOnlyCollection<Incident> Revisions => _put;

    public void Put(Incident incident) => _put.Enqueue(incident);

    public Task<ImmutableArray<Incident>> GetUnfinishedAsync(string host, CancellationToken cancellationToken) =>
        Task.FromResult(Of(host).Where(incident => !incident.IsOver).ToImmutableArray());

    /// <summary>The incidents of a host as they are now, oldest first.</summary>
    public ImmutableArray<Incident> Of(string host) =>
        [.. _put.Where(incident => incident.Host == host).GroupBy(incident => incident.Id).Select(revisions => revisions.MaxBy(incident => incident.Revision)!).OrderBy(incident => incident.FaultAt)];
}
