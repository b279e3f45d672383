using System.Collections.Immutable;

namespace HmsOrleans.Grains.Incidents;

/// <summary>What is to be told to the history: kept on this host until it is, and over the end of its node.</summary>
public interface IIncidentOutbox
{
    /// <summary>Takes in an incident as it is now. Nobody waits: it is written down and told behind the caller's back.</summary>
    void Put(Incident incident);

    /// <summary>The host's own incidents and those of its containers that were not over when the node ended.</summary>
    Task<ImmutableArray<Incident>> GetUnfinishedAsync(string host, CancellationToken cancellationToken);
}
