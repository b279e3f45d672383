using System.Collections.Immutable;
using HmsOrleans.Grains.Incidents;
using HmsOrleans.Grains.Notifications;
using Xunit;

namespace HmsOrleans.Tests.Notifications;

/// <summary>A story of incidents, second by second, and what people are told of it.</summary>
internal sealed class NotificationStory(NotificationOptions? options = null)
{
    public const string Host = "10.0.0.1";

    public static readonly DateTimeOffset Start = new(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);

    private readonly NotificationOptions _options = options ?? new();
    private readonly Dictionary<string, Incident> _incidents = [];
    private double _second;

    public NotificationBook Book { get; set; } = new();

    public DateTimeOffset Now => Start.AddSeconds(_second);

    /// <summary>Everything that was told, in order.</summary>
    public List<Notice> Told { get; } = [];

    public IEnumerable<string> Titles => Told.Select(notice => notice.Title);

    /// <summary>Time goes on, and what is due in it is told.</summary>
    public NotificationStory At(double second)
    {
        for (; _second < second; _second = Math.Min(second, Math.Floor(_second) + 1))
        {
            Tell();
        }
        Tell();
        return this;
    }

    public NotificationStory Died(string name, string host = Host) => Changed(Id(name, host), _ => Container(name, host, Now));

    /// <summary>The node or the engine of a host is gone.</summary>
    public NotificationStory Lost(string host, IncidentCause cause = IncidentCause.HostOffline) => Changed(Id("", host), _ => new()
    {
        Id = Id("", host),
        Revision = 1,
        Host = host,
        Cause = cause,
        Evidence = "no sign of life for 30 s",
        FaultAt = Now,
    });

    public NotificationStory RunsAgain(string name, string host = Host) => Changed(Id(name, host), incident => incident! with { RunningAgainAt = Now });

    public NotificationStory FailsAgain(string name, string host = Host) => Changed(Id(name, host), incident => incident! with { RunningAgainAt = null });

    public NotificationStory Ended(string name, IncidentOutcome outcome = IncidentOutcome.Recovered, string host = Host) =>
        Changed(Id(name, host), incident => incident! with { EndedAt = Now, Outcome = outcome });

    public NotificationStory Back(string host) => Ended("", IncidentOutcome.Recovered, host);

    /// <summary>The history says again what it has said.</summary>
    public NotificationStory Repeated()
    {
        foreach (var incident in _incidents.Values)
        {
            Take(incident);
        }
        return this;
    }

    public NotificationStory Changed(string id, Func<Incident?, Incident> change)
    {
        var known = _incidents.GetValueOrDefault(id);
        Take(_incidents[id] = change(known) with { Revision = (known?.Revision ?? 0) + 1 });
        return this;
    }

    public void MustHaveTold(params string[] titles) => Assert.Equal(titles, Titles);

    public static string Id(string name, string host = Host) => $"{host}/{name}";

    public static Incident Container(string name, string host, DateTimeOffset at) => new()
    {
        Id = Id(name, host),
        Revision = 1,
        Host = host,
        ContainerId = $"id-of-{name}",
        Container = name,
        Image = "nginx",
        Cause = IncidentCause.Died,
        Evidence = "exit code 7",
        FaultAt = at,
    };

    private void Take(Incident incident) => Book = NotificationRules.Take(Book, incident, Now, _options);

    private void Tell()
    {
        (Book, var notices) = NotificationRules.Tell(Book, Now, _options);
        Told.AddRange(notices);
    }
}
