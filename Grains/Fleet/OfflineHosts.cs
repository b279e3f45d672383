using System.Collections.Immutable;
using HmsOrleans.Grains.Hosts;
using HmsOrleans.Grains.Incidents;

namespace HmsOrleans.Grains.Fleet;

/// <summary>
/// The incidents of hosts that are offline, and those of silent engines that nobody else ends. The controller may have moved since one began,
/// or be on the wrong side of a cut: an incident is opened only after the history was asked for those that are open already. Used from one
/// grain's turns only.
/// </summary>
internal sealed class OfflineHosts(IIncidentOutbox outbox)
{
    /// <summary>A node that is started anew is back sooner.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>How often the history is asked for what others may have told it.</summary>
    private static readonly TimeSpan AskPeriod = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan ShortestAskPeriod = TimeSpan.FromSeconds(5);

    /// <summary>More than there are hosts.</summary>
    private const int MostRemembered = 1000;

    private readonly Dictionary<string, DateTimeOffset> _offlineSince = [];
    private readonly Dictionary<string, Incident> _open = [];

    /// <summary>Those that were ended here; the history may not know it yet.</summary>
    private readonly Queue<string> _ended = new();
    private DateTimeOffset _toldAt = DateTimeOffset.MinValue;
    private DateTimeOffset _askAgainAt = DateTimeOffset.MinValue;

    /// <summary>Whether the history should be asked for the incidents of this kind that are open.</summary>
    public bool IsToAsk(DateTimeOffset now)
    {
        if (now < _askAgainAt || (now - _toldAt < AskPeriod && !_offlineSince.Any(host => _toldAt < host.Value && !_open.ContainsKey(host.Key))))
        {
            return false;
        }
        _askAgainAt = now + ShortestAskPeriod;
        return true;
    }

    /// <summary>What the history answered.</summary>
    /// <param name="open">The open incidents of this kind.</param>
    /// <param name="askedAt">When it was asked.</param>
    public void Take(ImmutableArray<Incident> open, DateTimeOffset askedAt)
    {
        foreach (var incident in open.Where(incident => !_ended.Contains(incident.Id)))
        {
            if (!_open.TryGetValue(incident.Host, out var known))
            {
                _open[incident.Host] = incident;
            }
            else if (known.Id != incident.Id)
            {
                // Two controllers have come to the same end; the earlier incident stands for both.
                var (first, second) = string.CompareOrdinal(known.Id, incident.Id) < 0 ? (known, incident) : (incident, known);
                _open[incident.Host] = first;
                End(second, IncidentOutcome.Recovered, askedAt);
            }
        }
        _toldAt = askedAt;
    }

    /// <summary>
    /// Ends those incidents of silent engines that nobody else ends: a host does it itself, unless it was removed, or has lost its memory.
    /// </summary>
    /// <param name="silent">The open incidents of this kind, as the history has them.</param>
    /// <param name="hosts">What each host that the fleet knows says of itself; null: nothing yet.</param>
    /// <param name="now">The time (UTC).</param>
    public void EndForgotten(ImmutableArray<Incident> silent, IReadOnlyDictionary<string, HostStatus?> hosts, DateTimeOffset now)
    {
        foreach (var incident in silent.Where(incident => incident.FaultAt < now - AskPeriod && !_ended.Contains(incident.Id)))
        {
            if (!hosts.TryGetValue(incident.Host, out var status))
            {
                End(incident, IncidentOutcome.Removed, now);
            }
            else if (status is { EngineAnswers: true } && status.EngineSince > incident.FaultAt && status.EngineSince < now - AskPeriod)
            {
                End(incident, IncidentOutcome.Recovered, now);
            }
        }
    }

    /// <summary>Looks at the hosts that the fleet knows.</summary>
    public void Look(IReadOnlyCollection<(string Address, bool IsOffline, DateTimeOffset? LastHeartbeat)> hosts, DateTimeOffset now)
    {
        foreach (var (address, isOffline, lastHeartbeat) in hosts)
        {
            if (!isOffline)
            {
                _offlineSince.Remove(address);
                if (_open.Remove(address, out var over))
                {
                    End(over, IncidentOutcome.Recovered, now);
                }
                continue;
            }
            _offlineSince.TryAdd(address, now);
            if (!_open.ContainsKey(address) && now - _offlineSince[address] >= Patience && _toldAt >= _offlineSince[address])
            {
                outbox.Put(_open[address] = IncidentLog.OfHost(
                    address, IncidentCause.HostOffline,
                    lastHeartbeat is { } last ? FormattableString.Invariant($"no sign of life since {last:yyyy-MM-dd HH:mm:ss} UTC") : "no sign of life", lastHeartbeat, now));
            }
        }
        foreach (var gone in _open.Keys.Except(hosts.Select(host => host.Address)).ToList())
        {
            _offlineSince.Remove(gone);
            _open.Remove(gone, out var incident);
            End(incident!, IncidentOutcome.Removed, now);
        }
    }

    private void End(Incident incident, IncidentOutcome outcome, DateTimeOffset now)
    {
        _ended.Enqueue(incident.Id);
        if (_ended.Count > MostRemembered)
        {
            _ended.Dequeue();
        }
        outbox.Put(IncidentLog.End(incident, outcome, now));
    }
}
